"""The sources of the recovery's events: a rule, and queues that are read in batches."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from lambda_src.recovery.work.work_row import ENDED_BADLY
from wild_rydes_saga.foundation.functions import Handler
from wild_rydes_saga.foundation.shared import Shared

_BATCH: Final = 100
_BATCHES_AT_ONCE: Final = 2
"""The lowest limit that SQS allows for the calls of a function at the same time."""


@dataclass(frozen=True, kw_only=True)
class RiddenMachine:
    """A machine whose executions are recovered.

    Attributes:
        name: Its name.
        arn: Its ARN, without a version or an alias; of an Express machine, how its executions' ARNs begin.
        timeout_seconds: How long an execution of it can run.
        express: Whether it is an Express machine: Step Functions answers nothing about its executions.
    """

    name: str
    arn: str
    timeout_seconds: int
    express: bool = False


def feed(
    scope: Construct,
    handler: Handler,
    source: sqs.Queue,
    shared: Shared,
    *,
    batch: int = _BATCH,
    at_once: int = _BATCHES_AT_ONCE,
) -> None:
    """Gives the queue's messages to the function in batches: the recovery's, as few at a time as SQS can limit."""
    handler.role.allow(
        "sqs:ReceiveMessage",
        "sqs:DeleteMessage",
        "sqs:ChangeMessageVisibility",
        "sqs:GetQueueAttributes",
        on=[source.queue_arn],
    )
    shared.encryption.allow_receiving(handler.role)
    lambda_.EventSourceMapping(
        scope,
        f"{source.node.id}Mapping",
        target=handler.function,
        event_source_arn=source.queue_arn,
        batch_size=batch,
        max_batching_window=shared.settings.recovery_delay if batch == _BATCH else None,
        max_concurrency=at_once,
        report_batch_item_failures=True,
    )


def rule_on_bad_ends(
    scope: Construct, machine_arns: Sequence[str], *, to: sqs.Queue, undelivered: sqs.Queue
) -> events.Rule:
    """Sends the ARN of each execution that ended badly to a queue, and no other part of its event."""
    rule = events.Rule(
        scope,
        "EndedBadly",
        description="Queues executions that ended badly, for somebody to see whether they left something to do",
        event_pattern=events.EventPattern(
            source=["aws.states"],
            detail_type=["Step Functions Execution Status Change"],
            detail={
                "stateMachineArn": [*machine_arns],
                "status": [*ENDED_BADLY],
            },
        ),
    )
    # CDK leaves the rule out of the condition for a queue under a key. Ours names it.
    to.add_to_resource_policy(
        iam.PolicyStatement(
            principals=[iam.ServicePrincipal("events.amazonaws.com")],
            actions=["sqs:SendMessage"],
            resources=[to.queue_arn],
            conditions={"ArnEquals": {"aws:SourceArn": rule.rule_arn}},
        )
    )
    rule.add_target(
        targets.SqsQueue(
            sqs.Queue.from_queue_arn(scope, "EndedQueueByArn", to.queue_arn),
            message=events.RuleTargetInput.from_object(
                {"executionArn": events.EventField.from_path("$.detail.executionArn")}
            ),
            dead_letter_queue=undelivered,
        )
    )
    return rule

"""Starts recoveries: from executions that ended badly, the record of messages, the sweep, and a schedule.

An execution that ended badly and left nothing to do costs no call of Step Functions.
"""

from collections.abc import Mapping, Sequence
from typing import Final

from aws_cdk import Duration
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from lambda_src import environment
from wild_rydes_saga.foundation.deployment import executions_of
from wild_rydes_saga.foundation.functions import Functions, Handler
from wild_rydes_saga.foundation.nag_rules import acknowledge, any_execution_of
from wild_rydes_saga.foundation.queues import queue
from wild_rydes_saga.foundation.shared import Shared
from wild_rydes_saga.machines.event_sources import RiddenMachine, feed, rule_on_bad_ends
from wild_rydes_saga.machines.outcomes import OPEN_INDEX, WORK_INDEX, Outcomes
from wild_rydes_saga.saga import SagaRecovery
from wild_rydes_saga.saga.express import LONGEST_SECONDS
from wild_rydes_saga.saga.machine import ALIAS
from wild_rydes_saga.services.fares import UNSETTLED_INDEX, Fares
from wild_rydes_saga.services.notifications import ATTRIBUTE, FAILED, UNNAMED, Notifications
from wild_rydes_saga.services.payments import Payments

SWEEP_EVERY: Final = Duration.minutes(5)
START_EVERY: Final = Duration.minutes(1)
SWEEP_TIMEOUT: Final = Duration.minutes(4)
"""Less than the time between two sweeps."""
_LEASE: Final = Duration.minutes(10)
_REPEAT: Final = Duration.minutes(2)
START_TIMEOUT: Final = Duration.seconds(55)
_SETTLE_MARGIN_SECONDS: Final = 120
OPEN_FOR_SECONDS: Final = LONGEST_SECONDS + _SETTLE_MARGIN_SECONDS
"""How long an Express ride may be open."""
_VISIBILITY: Final = Duration.seconds(120)
"""Six times a function's timeout (AWS, "Configuring an Amazon SQS queue for use with Lambda")."""
_RECEIVES: Final = 100
"""A message is received again for hours while AWS is busy; after that, the sweep finds its ride."""


class RecoveryTriggers:
    """Finds every ride that was left unfinished, and starts a limited number of recoveries at the same time.

    Attributes:
        undelivered_queue: Events that EventBridge could not deliver, and messages that a function could not work on.
        ended_queue: Executions that ended badly, with a delay.
        outcomes_queue: The messages of rides that failed or were refused.
        ended_badly: The rule on executions.
        sweep_rule: The sweep's schedule.
        start_rule: The schedule that starts recoveries.
    """

    def __init__(
        self,
        scope: Construct,
        *,
        machines: Sequence[RiddenMachine],
        recovery: SagaRecovery,
        recovery_name: str,
        outcomes: Outcomes,
        parked_queue: sqs.Queue,
        fares: Fares,
        payments: Payments,
        notifications: Notifications,
        functions: Functions,
        shared: Shared,
    ) -> None:
        self._scope = scope
        self._machines = machines
        self._recovery = recovery
        self._recovery_name = recovery_name
        self._outcomes = outcomes
        self._parked_queue = parked_queue
        self._fares, self._payments = fares, payments
        self._functions = functions
        self._shared = shared
        self.undelivered_queue = queue(scope, "UndeliveredQueue", shared)
        self.ended_queue = self._batched_queue("EndedQueue", delay=shared.settings.recovery_delay)
        self.outcomes_queue = self._batched_queue("OutcomesQueue")
        self.queue_function = self._queuer()
        self.record_function = self._recorder()
        self.sweep_function = self._sweeper()
        self.start_function = self._starter()
        self.ended_badly = rule_on_bad_ends(
            scope,
            [one.arn for one in self._standard],
            to=self.ended_queue,
            undelivered=self.undelivered_queue,
        )
        self._subscribe(notifications.topic)
        self.sweep_rule = self._schedule("Sweep", "Finds rides without an event", SWEEP_EVERY, self.sweep_function)
        self.start_rule = self._schedule("Start", "Starts recoveries that are due", START_EVERY, self.start_function)

    def _batched_queue(self, construct_id: str, *, delay: Duration | None = None) -> sqs.Queue:
        return queue(
            self._scope,
            construct_id,
            self._shared,
            delivery_delay=delay,
            visibility_timeout=_VISIBILITY,
            dead_letter_queue=sqs.DeadLetterQueue(queue=self.undelivered_queue, max_receive_count=_RECEIVES),
        )

    def _recorder(self) -> Handler:
        handler = self._handler(
            "RecordOutcomesFunction", "recovery.record_outcomes", {environment.MACHINE_ARNS: self._machine_arns}
        )
        handler.role.allow("dynamodb:UpdateItem", on=[self._outcomes.table.table_arn])
        feed(self._scope, handler, self.outcomes_queue, self._shared)
        return handler

    def _queuer(self) -> Handler:
        handler = self._handler(
            "QueueRecoveriesFunction",
            "recovery.queue_recoveries",
            {environment.MACHINE_ARNS: self._machine_arns, environment.RECOVERY_GRACE_SECONDS: self._grace},
        )
        handler.role.allow("dynamodb:BatchGetItem", "dynamodb:UpdateItem", on=[self._outcomes.table.table_arn])
        feed(self._scope, handler, self.ended_queue, self._shared)
        return handler

    def _sweeper(self) -> Handler:
        longest = max(machine.timeout_seconds for machine in self._standard)
        handler = self._handler(
            "SweepFaresFunction",
            "recovery.sweep_fares",
            {
                environment.FARES_TABLE: self._fares.table.table_name,
                environment.UNSETTLED_INDEX: UNSETTLED_INDEX,
                environment.UNSETTLED_AFTER_SECONDS: str(self._machines[0].timeout_seconds + _SETTLE_MARGIN_SECONDS),
                environment.LONGEST_EXECUTION_SECONDS: str(longest),
                environment.OPEN_INDEX: OPEN_INDEX,
                environment.OPEN_FOR_SECONDS: str(OPEN_FOR_SECONDS),
                environment.MACHINE_ARNS: _arns(self._standard),
                environment.RECOVERY_GRACE_SECONDS: self._grace,
            },
            timeout=SWEEP_TIMEOUT,
        )
        handler.role.allow("dynamodb:Scan", on=[self._outcomes.open_index_arn])
        handler.role.allow("dynamodb:Scan", on=[f"{self._fares.table.table_arn}/index/{UNSETTLED_INDEX}"])
        handler.role.allow("dynamodb:UpdateItem", on=[self._fares.table.table_arn])
        handler.role.allow(
            "dynamodb:BatchGetItem", "dynamodb:GetItem", "dynamodb:UpdateItem", on=[self._outcomes.table.table_arn]
        )
        handler.role.allow("states:ListExecutions", on=[one.arn for one in self._standard])
        return handler

    def _starter(self) -> Handler:
        handler = self._handler(
            "StartRecoveriesFunction",
            "recovery.start_recoveries",
            {
                environment.FARES_TABLE: self._fares.table.table_name,
                environment.MACHINE_ARNS: self._machine_arns,
                environment.OUTCOMES_QUEUE_URL: self.outcomes_queue.queue_url,
                environment.PARKED_QUEUE_URL: self._parked_queue.queue_url,
                environment.PAYMENTS_TABLE: self._payments.table.table_name,
                environment.RECOVERIES_AT_ONCE: str(self._shared.settings.recoveries_at_once),
                environment.RECOVERY_LEASE_SECONDS: str(_LEASE.to_seconds()),
                environment.RECOVERY_REPEAT_SECONDS: str(_REPEAT.to_seconds()),
                environment.RECOVERY_ARN: self._recovery.alias_arn,
            },
            timeout=START_TIMEOUT,
        )
        role, recovery = handler.role, self._recovery.state_machine
        role.allow("dynamodb:UpdateItem", on=[self._outcomes.table.table_arn, self._fares.table.table_arn])
        role.allow("dynamodb:Query", on=[self._outcomes.index_arn])
        role.allow("dynamodb:GetItem", on=[self._payments.table.table_arn])
        role.allow("sqs:GetQueueAttributes", on=[self.outcomes_queue.queue_arn])
        role.allow("sqs:SendMessage", on=[self._parked_queue.queue_arn])
        self._shared.encryption.allow_sending(role, "sqs")
        # Only by the alias: AWS checks the machine's ARN and the qualifier separately.
        role.allow(
            "states:StartExecution",
            on=[recovery.state_machine_arn],
            **{"ForAnyValue:StringEquals": {"states:StateMachineQualifier": [ALIAS]}},
        )
        role.allow("states:DescribeExecution", on=[executions_of(self._scope, self._recovery_name)])
        acknowledge(role, any_execution_of(self._recovery_name), "It asks whether recoveries still run")
        self._shared.encryption.allow_executions(role, self._recovery_name)
        return handler

    def _handler(
        self, construct_id: str, module: str, variables: Mapping[str, str], *, timeout: Duration | None = None
    ) -> Handler:
        """Makes a function that works with the outcomes table."""
        return self._functions.handler(
            self._scope,
            construct_id,
            service="recovery",
            module=module,
            variables={
                environment.OUTCOMES_TABLE: self._outcomes.table.table_name,
                environment.WORK_INDEX: WORK_INDEX,
                **variables,
            },
            timeout=timeout,
        )

    def _subscribe(self, topic: sns.Topic) -> None:
        topic.add_subscription(
            subscriptions.SqsSubscription(
                self.outcomes_queue,
                raw_message_delivery=True,
                filter_policy={ATTRIBUTE: sns.SubscriptionFilter.string_filter(allowlist=[FAILED, UNNAMED])},
                dead_letter_queue=self.undelivered_queue,
            )
        )

    def _schedule(self, construct_id: str, description: str, every: Duration, handler: Handler) -> events.Rule:
        rule = events.Rule(self._scope, construct_id, description=description, schedule=events.Schedule.rate(every))
        rule.add_target(
            targets.LambdaFunction(
                handler.function,
                event=events.RuleTargetInput.from_object({}),
                dead_letter_queue=self.undelivered_queue,
            )
        )
        return rule

    @property
    def _machine_arns(self) -> str:
        return _arns(self._machines)

    @property
    def _standard(self) -> list[RiddenMachine]:
        return [one for one in self._machines if not one.express]

    @property
    def _grace(self) -> str:
        return str(self._shared.settings.recovery_grace.to_seconds())


def _arns(machines: Sequence[RiddenMachine]) -> str:
    return ",".join(machine.arn for machine in machines)

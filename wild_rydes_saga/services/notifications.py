"""Notifications: a topic, a queue for success and one for failure, and the tasks that notify of an outcome."""

from typing import Any, Final

from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions
from aws_cdk import aws_sqs as sqs
from aws_cdk import aws_stepfunctions as sfn
from aws_cdk import aws_stepfunctions_tasks as tasks
from constructs import Construct

from lambda_src.fare_status import COMPLETED
from wild_rydes_saga.foundation.queues import queue
from wild_rydes_saga.foundation.shared import Shared
from wild_rydes_saga.foundation.timeouts import SERVICE_TASK_TIMEOUT_SECONDS, service_timeout
from wild_rydes_saga.saga import RetryPolicy, SagaTask
from wild_rydes_saga.saga.rollback import FAILURE, OUTCOME
from wild_rydes_saga.services.fare_input import RideSource, expression, fare_is_named, valid_fields

ATTRIBUTE: Final = "IsSuccessful"
SUCCEEDED: Final = "true"
FAILED: Final = "false"
UNNAMED: Final = "unnamed"
"""A refused input that does not name its fare: published, and matched by neither queue."""

_MAX_RECEIVES: Final = 5


class Notifications(Construct):
    """Notifies of each saga's one outcome. A message that is not consumed moves to the dead-letter queue."""

    def __init__(self, scope: Construct, construct_id: str, *, shared: Shared) -> None:
        super().__init__(scope, construct_id)
        self._shared = shared
        self.topic = sns.Topic(self, "Topic", master_key=shared.encryption.key, enforce_ssl=True)
        self.success_queue, self.success_dead_letters = self._subscribed_queue("Success", SUCCEEDED)
        self.failure_queue, self.failure_dead_letters = self._subscribed_queue("Failure", FAILED)

    def notify_success(self, scope: Construct, ride: RideSource, patience: RetryPolicy) -> SagaTask:
        """Notifies that the fare is completed."""
        status = f"'{COMPLETED}'"
        return self._publish(
            scope,
            "NotifySuccess",
            subject="Transaction Succeeded",
            attribute=SUCCEEDED,
            message=_message(ride, status),
            patience=patience,
            outputs=expression(f"$merge([{valid_fields(ride)}, $receipt, {{'fareStatus': {status}}}])"),
        )

    def notify_failure(self, scope: Construct, ride: RideSource, patience: RetryPolicy) -> SagaTask:
        """Notifies that the ride failed, or was refused, and why."""
        failure = f"'failure': ${FAILURE}"
        return self._publish(
            scope,
            "NotifyFailure",
            subject="Transaction Failed",
            attribute=expression(f"{fare_is_named(ride)} ? '{FAILED}' : '{UNNAMED}'"),
            message=_message(ride, f"${OUTCOME}", failure),
            patience=patience,
            outputs={},
        )

    def _publish(
        self,
        scope: Construct,
        state_name: str,
        *,
        subject: str,
        attribute: str,
        message: str,
        patience: RetryPolicy,
        outputs: Any,
    ) -> SagaTask:
        state = tasks.SnsPublish.jsonata(
            scope,
            state_name,
            topic=self.topic,
            subject=subject,
            message=sfn.TaskInput.from_text(expression(message)),
            message_attributes={
                ATTRIBUTE: tasks.MessageAttribute(value=attribute, data_type=tasks.MessageAttributeDataType.STRING)
            },
            task_timeout=service_timeout(),
            outputs=outputs,
        )
        return SagaTask(
            state,
            SERVICE_TASK_TIMEOUT_SECONDS,
            (patience,),
        )

    def _subscribed_queue(self, construct_id: str, outcome: str) -> tuple[sqs.Queue, sqs.Queue]:
        """A queue for one outcome, and its dead-letter queue."""
        dead_letters = queue(self, f"{construct_id}DeadLetters", self._shared)
        subscribed = queue(
            self,
            f"{construct_id}Queue",
            self._shared,
            dead_letter_queue=sqs.DeadLetterQueue(queue=dead_letters, max_receive_count=_MAX_RECEIVES),
        )
        self.topic.add_subscription(
            subscriptions.SqsSubscription(
                subscribed,
                raw_message_delivery=True,
                filter_policy={ATTRIBUTE: sns.SubscriptionFilter.string_filter(allowlist=[outcome])},
                dead_letter_queue=dead_letters,
            )
        )
        return subscribed, dead_letters


def _message(ride: RideSource, status: str, *more: str) -> str:
    """A JSONata expression for a message: the valid fields of the fare, and never its card."""
    facts = ", ".join(
        [
            f"'eventId': {ride.saga_id} & '#' & {status}",
            f"'sagaId': {ride.saga_id}",
            f"'fareStatus': {status}",
            *more,
        ]
    )
    return f"$string($merge([{valid_fields(ride)}, $receipt, {{{facts}}}]))"

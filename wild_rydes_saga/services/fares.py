"""The fares service: a table of fares and the tasks that register a fare and settle it. No Lambda."""

import functools
from collections.abc import Sequence
from typing import Final

from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_stepfunctions_tasks as tasks
from constructs import Construct

from lambda_src.fare import Intake
from lambda_src.fare_status import COMPLETED, FAILED, PENDING, RECOVERING
from wild_rydes_saga.foundation.shared import Shared
from wild_rydes_saga.foundation.tables import keyed_table, warm_throughput
from wild_rydes_saga.foundation.timeouts import SERVICE_TASK_TIMEOUT_SECONDS, service_timeout
from wild_rydes_saga.saga import RetryPolicy, SagaTask
from wild_rydes_saga.saga.retries import no_retry, retry_all_errors
from wild_rydes_saga.services.fare_input import THIS_EXECUTION, RideSource, checked, expression

UNSETTLED_INDEX: Final = "Unsettled"
"""A sparse index: only unsettled fares have its key, so a scan reads no others."""
UNSETTLED_SINCE: Final = "unsettledSince"
PARKED_AT: Final = "parkedAt"

CONDITION_FAILED: Final = "DynamoDB.ConditionalCheckFailedException"
EVALUATION_FAILED: Final = "States.QueryEvaluationError"

# AWS allows an execution's name again after 90 days: the start time distinguishes two executions of one name.
_MINE: Final = "sagaId = :saga AND (attribute_not_exists(startTime) OR startTime = :start)"
# A fare passes from saga to saga in the order of their start: a late put cannot reopen a fare that a later saga has
# settled.
_BEFORE_ME: Final = "(attribute_not_exists(startTime) OR startTime < :start)"

_Value = tasks.DynamoAttributeValue


class Fares(Construct):
    """Fares, each with a status that is also the semantic lock: one saga a fare at a time (guarantee 7)."""

    def __init__(self, scope: Construct, construct_id: str, *, shared: Shared) -> None:
        super().__init__(scope, construct_id)
        self._settings = shared.settings
        self.table = keyed_table(self, "Table", "fareId", shared)
        self.table.add_global_secondary_index(
            index_name=UNSETTLED_INDEX,
            partition_key=dynamodb.Attribute(name=UNSETTLED_SINCE, type=dynamodb.AttributeType.STRING),
            projection_type=dynamodb.ProjectionType.INCLUDE,
            non_key_attributes=["sagaId"],
            warm_throughput=warm_throughput(shared.settings),
        )

    def register_fare(self, scope: Construct, ride: RideSource, intake: Intake | None) -> SagaTask:
        """Takes the fare for this saga, unless another saga holds it; refuses an input that does not fit the intake.

        Writes if the row does not exist, or is this saga's own and still pending (a
        repeat), or was settled by an earlier saga. Without an intake, an earlier state has checked the input.
        """
        settled = ":failed, :completed" if self._settings.completed_fare_may_ride_again else ":failed"
        state = tasks.DynamoPutItem.jsonata(
            scope,
            "RegisterFare",
            table=self.table,
            item={
                "fareId": _text(checked("fareId", intake) if intake else f"{ride.fare}.fareId"),
                "sagaId": _text(ride.saga_id),
                "startTime": _text(ride.start_time),
                "customerId": _text(f"{ride.fare}.customerId"),
                "fareAmount": _text(f"{ride.fare}.fareAmount"),
                "fareStatus": _Value.from_string(PENDING),
                UNSETTLED_SINCE: _text(ride.start_time),
            },
            condition_expression="attribute_not_exists(fareId)"
            f" OR ({_MINE} AND fareStatus = :pending)"
            f" OR (sagaId <> :saga AND {_BEFORE_ME} AND fareStatus IN ({settled}))",
            expression_attribute_values=_values(
                ride,
                PENDING,
                FAILED,
                *([COMPLETED] if self._settings.completed_fare_may_ride_again else []),
            ),
            task_timeout=service_timeout(),
            assign={"receipt": {}},
            outputs={},
        )
        return SagaTask(
            state,
            SERVICE_TASK_TIMEOUT_SECONDS,
            (no_retry(CONDITION_FAILED, EVALUATION_FAILED), retry_all_errors(max_attempts=4)),
        )

    def set_fare_status_completed(self, scope: Construct, ride: RideSource, patience: RetryPolicy) -> SagaTask:
        """Completes the fare if it is this saga's, and pending or already completed: the pivot.

        A fare that a recovery has claimed is not pending, so the pivot cannot pass a recovery.
        """
        state = tasks.DynamoUpdateItem.jsonata(
            scope,
            "SetFareStatusCompleted",
            table=self.table,
            key={"fareId": _text(f"{ride.fare}.fareId")},
            update_expression=f"SET fareStatus = :completed REMOVE {UNSETTLED_SINCE}",
            condition_expression=f"{_MINE} AND fareStatus IN (:pending, :completed)",
            expression_attribute_values=_values(ride, PENDING, COMPLETED),
            task_timeout=service_timeout(),
            outputs={},
        )
        return _attempted(state, patience, refusals=[CONDITION_FAILED])

    def set_fare_status_failed(
        self, scope: Construct, ride: RideSource, patience: RetryPolicy, *, only_if: str, why_not: str
    ) -> SagaTask:
        """Settles the fare as failed; leaves a tombstone if it was never registered.

        A row that is another saga's, or that this saga completed, refuses: this
        saga has nothing to settle (`CONDITION_FAILED`).

        Args:
            scope: Where the state goes.
            ride: Where the task finds the ride.
            patience: Its retries.
            only_if: A JSONata condition; the task fails (`EVALUATION_FAILED`) and writes nothing unless it holds.
            why_not: The cause of that failure.
        """
        fare_id = f"($assert({only_if}, '{why_not}'); {ride.fare}.fareId)"
        state = tasks.DynamoUpdateItem.jsonata(
            scope,
            "SetFareStatusFailed",
            table=self.table,
            key={"fareId": _text(fare_id)},
            update_expression=f"SET fareStatus = :failed, {_TAKE} REMOVE {UNSETTLED_SINCE}, {PARKED_AT}",
            condition_expression="attribute_not_exists(fareId)"
            f" OR ({_MINE} AND fareStatus <> :completed)"
            f" OR (sagaId <> :saga AND {_BEFORE_ME} AND fareStatus = :failed)",
            expression_attribute_values={**_values(ride, FAILED, COMPLETED), **_taken(ride)},
            task_timeout=service_timeout(),
            outputs={},
        )
        return _attempted(state, patience, refusals=[CONDITION_FAILED], never_again=[EVALUATION_FAILED])

    def claim_fare(self, scope: Construct, ride: RideSource, patience: RetryPolicy) -> SagaTask:
        """Takes an unsettled fare from its saga for a recovery, or prevents a late registration.

        Refused (`CONDITION_FAILED`) if the fare is settled, or is another saga's.
        """
        state = tasks.DynamoUpdateItem.jsonata(
            scope,
            "ClaimFare",
            table=self.table,
            key={"fareId": _text(f"{ride.fare}.fareId")},
            update_expression=f"SET fareStatus = :recovering, recoveredBy = :recovery, {UNSETTLED_SINCE} = :start,"
            f" {_TAKE} REMOVE {PARKED_AT}",
            condition_expression=f"attribute_not_exists(fareId) OR ({_MINE} AND fareStatus IN (:pending, :recovering))",
            expression_attribute_values={
                **_values(ride, PENDING, RECOVERING),
                **_taken(ride),
                ":recovery": _text(THIS_EXECUTION.saga_id),
            },
            task_timeout=service_timeout(),
            outputs={},
        )
        return _attempted(state, patience, refusals=[CONDITION_FAILED])

    def mark_fare_parked(self, scope: Construct, ride: RideSource, patience: RetryPolicy) -> SagaTask:
        """Notes that the fare waits for a person: from now on the sweep leaves it alone."""
        state = tasks.DynamoUpdateItem.jsonata(
            scope,
            "MarkFareParked",
            table=self.table,
            key={"fareId": _text(f"{ride.fare}.fareId")},
            update_expression=f"SET {PARKED_AT} = :now REMOVE {UNSETTLED_SINCE}",
            condition_expression=f"{_MINE} AND fareStatus IN (:pending, :recovering)",
            expression_attribute_values={
                **_values(ride, PENDING, RECOVERING),
                ":now": _text("$states.context.State.EnteredTime"),
            },
            task_timeout=service_timeout(),
            outputs={},
        )
        return _attempted(state, patience, refusals=[CONDITION_FAILED, EVALUATION_FAILED])


_TAKE: Final = "sagaId = :saga, startTime = :start, customerId = :customer, fareAmount = :amount"


def _taken(ride: RideSource) -> dict[str, tasks.DynamoAttributeValue]:
    return {":customer": _text(f"{ride.fare}.customerId"), ":amount": _text(f"{ride.fare}.fareAmount")}


def _attempted(
    state: tasks.DynamoUpdateItem, patience: RetryPolicy, *, refusals: Sequence[str], never_again: Sequence[str] = ()
) -> SagaTask:
    """Makes the task of an update. Its refusals, and the errors in `never_again`, are not retried."""
    return SagaTask(
        state, SERVICE_TASK_TIMEOUT_SECONDS, (no_retry(*refusals, *never_again), patience), refusals=refusals
    )


@functools.cache  # the same few values are in most updates, and each call goes to the CDK's process and back
def _text(jsonata: str) -> tasks.DynamoAttributeValue:
    return _Value.from_string(expression(jsonata))


@functools.cache
def _literal(text: str) -> tasks.DynamoAttributeValue:
    return _Value.from_string(text)


def _values(ride: RideSource, *statuses: str) -> dict[str, tasks.DynamoAttributeValue]:
    return {
        ":saga": _text(ride.saga_id),
        ":start": _text(ride.start_time),
        **{f":{status}": _literal(status) for status in statuses},
    }

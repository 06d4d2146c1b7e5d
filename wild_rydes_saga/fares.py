"""The fares service: a table of fares and the tasks that register a fare and settle it. No Lambda."""

from typing import Final

from aws_cdk import aws_stepfunctions_tasks as tasks
from constructs import Construct

from wild_rydes_saga.fare_input import FARE, checked, expression
from wild_rydes_saga.saga import Attempted
from wild_rydes_saga.saga.retries import always, never
from wild_rydes_saga.settings import Settings
from wild_rydes_saga.tables import keyed_table
from wild_rydes_saga.tasks import (
    SAGA_ID,
    SERVICE_TASK_TIMEOUT_SECONDS,
    START_TIME,
    service_timeout,
)

PENDING: Final = "pending"
COMPLETED: Final = "completed"
FAILED: Final = "failed"

CONDITION_FAILED: Final = "DynamoDB.ConditionalCheckFailedException"
EVALUATION_FAILED: Final = "States.QueryEvaluationError"

# AWS lets an execution's name return after 90 days: the start time tells two executions of one name apart.
_MINE: Final = "sagaId = :saga AND (attribute_not_exists(startTime) OR startTime = :start)"

_Value = tasks.DynamoAttributeValue


class Fares(Construct):
    """Fares, each with a status that is also the semantic lock: one saga a fare at a time (guarantee 7)."""

    def __init__(self, scope: Construct, construct_id: str, *, settings: Settings) -> None:
        super().__init__(scope, construct_id)
        self._settings = settings
        self.table = keyed_table(self, "Table", "fareId", settings)

    def register_fare(self, scope: Construct) -> Attempted:
        """Takes the fare for this saga, unless another is riding it; refuses an input that is no fare.

        Writes when there is no row, or this saga's own that is still pending (a
        repeat), or another saga's that is settled.
        """
        settled = ":failed, :completed" if self._settings.completed_fare_may_ride_again else ":failed"
        state = tasks.DynamoPutItem.jsonata(
            scope,
            "RegisterFare",
            table=self.table,
            item={
                "fareId": _text(checked("fareId")),
                "sagaId": _text(SAGA_ID),
                "startTime": _text(START_TIME),
                "customerId": _text(f"{FARE}.customerId"),
                "fareAmount": _text(f"{FARE}.fareAmount"),
                "fareStatus": _Value.from_string(PENDING),
            },
            condition_expression="attribute_not_exists(fareId)"
            f" OR ({_MINE} AND fareStatus = :pending)"
            f" OR (sagaId <> :saga AND fareStatus IN ({settled}))",
            expression_attribute_values=_values(
                PENDING,
                FAILED,
                *([COMPLETED] if self._settings.completed_fare_may_ride_again else []),
            ),
            task_timeout=service_timeout(),
            assign={"receipt": {}},
            outputs={},
        )
        return Attempted(
            state,
            SERVICE_TASK_TIMEOUT_SECONDS,
            (never(CONDITION_FAILED, EVALUATION_FAILED), always(max_attempts=4)),
        )

    def set_fare_status_completed(self, scope: Construct) -> Attempted:
        """Completes the fare if it is this saga's and pending, or completed already: the pivot."""
        state = tasks.DynamoUpdateItem.jsonata(
            scope,
            "SetFareStatusCompleted",
            table=self.table,
            key={"fareId": _text(f"{FARE}.fareId")},
            update_expression="SET fareStatus = :completed",
            condition_expression=f"{_MINE} AND fareStatus IN (:pending, :completed)",
            expression_attribute_values=_values(PENDING, COMPLETED),
            task_timeout=service_timeout(),
            outputs={},
        )
        return Attempted(
            state,
            SERVICE_TASK_TIMEOUT_SECONDS,
            (never(CONDITION_FAILED), always(max_attempts=12, max_delay_seconds=30)),
        )

    def set_fare_status_failed(self, scope: Construct, *, only_if: str, why_not: str) -> Attempted:
        """Settles the fare as failed; leaves a tombstone if it was never registered.

        A row that is another saga's, or that this saga completed, refuses: there
        is nothing of this saga's to settle (`CONDITION_FAILED`).

        Args:
            scope: Where the state goes.
            only_if: A JSONata condition; the task fails (`EVALUATION_FAILED`) and writes nothing unless it holds.
            why_not: What is said then.
        """
        fare_id = f"($assert({only_if}, '{why_not}'); {FARE}.fareId)"
        state = tasks.DynamoUpdateItem.jsonata(
            scope,
            "SetFareStatusFailed",
            table=self.table,
            key={"fareId": _text(fare_id)},
            update_expression="SET fareStatus = :failed, sagaId = :saga, startTime = :start,"
            " customerId = :customer, fareAmount = :amount",
            condition_expression="attribute_not_exists(fareId)"
            f" OR ({_MINE} AND fareStatus <> :completed)"
            " OR (sagaId <> :saga AND fareStatus = :failed)",
            expression_attribute_values={
                **_values(FAILED, COMPLETED),
                ":customer": _text(f"{FARE}.customerId"),
                ":amount": _text(f"{FARE}.fareAmount"),
            },
            task_timeout=service_timeout(),
            outputs={},
        )
        return Attempted(
            state,
            SERVICE_TASK_TIMEOUT_SECONDS,
            (
                never(CONDITION_FAILED, EVALUATION_FAILED),
                always(max_attempts=self._settings.compensation_attempts),
            ),
        )


def _text(jsonata: str) -> tasks.DynamoAttributeValue:
    return _Value.from_string(expression(jsonata))


def _values(*statuses: str) -> dict[str, tasks.DynamoAttributeValue]:
    return {
        ":saga": _text(SAGA_ID),
        ":start": _text(START_TIME),
        **{f":{status}": _Value.from_string(status) for status in statuses},
    }

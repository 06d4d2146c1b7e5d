"""The journal of Express rides: a row for each, in the outcomes table, and the tasks that keep it."""

import functools
from collections.abc import Mapping
from typing import Final

from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_stepfunctions_tasks as tasks
from constructs import Construct

from lambda_src.fare import FARE_FIELDS, Intake
from lambda_src.fare_status import COMPLETED
from lambda_src.recovery.work import open_ride as row
from lambda_src.recovery.work.work_row import DUE, KEPT_DAYS, NEXT_AT, WORK
from wild_rydes_saga.foundation.timeouts import SERVICE_TASK_TIMEOUT_SECONDS, service_timeout
from wild_rydes_saga.machines.fare_saga import invalid_fare
from wild_rydes_saga.saga import Journal, RetryPolicy, SagaTask
from wild_rydes_saga.saga.express_states import FOUND
from wild_rydes_saga.saga.retries import no_retry
from wild_rydes_saga.saga.rollback import FAILURE, OUTCOME
from wild_rydes_saga.services.fare_input import EXPRESS_RIDE, RIDE, checked, expression, valid_field
from wild_rydes_saga.services.fares import CONDITION_FAILED, EVALUATION_FAILED

_Value = tasks.DynamoAttributeValue
_NOW: Final = "$fromMillis($toMillis($states.context.State.EnteredTime))"
_EXPIRES: Final = f"$string($floor($millis() / 1000) + {KEPT_DAYS * 86400})"
_MINE: Final = f"{row.DELIVERY} = :delivery"
_CHARGE: Final = "$receipt.chargeId"
_FAILURE: Final = dict(zip(row.FAILURE, ("step", "error", "cause"), strict=True))


def ride_journal(scope: Construct, table: dynamodb.Table, intake: Intake, patience: RetryPolicy) -> Journal:
    """Makes the tasks of the journal.

    Args:
        scope: Where the states go.
        table: The outcomes table.
        intake: What the input must be.
        patience: The retries of each task.
    """
    journal = _Tasks(scope, table, patience)
    return Journal(
        open=journal.open_ride(intake),
        refused=CONDITION_FAILED,
        invalid=invalid_fare(intake),
        find=journal.find_ride(),
        note=journal.note_outcome(),
        hand_over=journal.hand_over(),
        close=journal.close_ride(
            "CloseRide", "fareStatus = :status, chargeId = :charge", f"'{COMPLETED}'", {":charge": _text(_CHARGE)}
        ),
        close_failed=journal.close_ride("CloseFailedRide", "fareStatus = :status", f"${OUTCOME}", {}),
    )


class _Tasks:
    def __init__(self, scope: Construct, table: dynamodb.Table, patience: RetryPolicy) -> None:
        self._scope = scope
        self._table = table
        self._patience = patience

    def open_ride(self, intake: Intake) -> SagaTask:
        """Writes the row, if no other delivery has; refuses an input that is not a fare."""
        state = tasks.DynamoPutItem.jsonata(
            self._scope,
            "OpenRide",
            table=self._table,
            item={
                "sagaId": _text(EXPRESS_RIDE.saga_id),
                row.DELIVERY: _text(f"${RIDE}.{row.DELIVERY}"),
                "startTime": _text(EXPRESS_RIDE.start_time),
                row.OPEN_SINCE: _text(_NOW),
                "fareId": _text(checked("fareId", intake)),
                "customerId": _text(f"{EXPRESS_RIDE.fare}.customerId"),
                "fareAmount": _text(f"{EXPRESS_RIDE.fare}.fareAmount"),
                "expiresAt": _Value.number_from_string(expression(_EXPIRES)),
            },
            condition_expression=f"attribute_not_exists(sagaId) OR ({_MINE} AND attribute_not_exists(closedAt)"
            " AND attribute_not_exists(#work))",
            expression_attribute_names={"#work": WORK},
            expression_attribute_values={":delivery": _delivery()},
            task_timeout=service_timeout(),
            outputs={},
        )
        return self._task(state, CONDITION_FAILED, EVALUATION_FAILED)

    def find_ride(self) -> SagaTask:
        """Reads the row that another delivery has written."""
        state = tasks.DynamoGetItem.jsonata(
            self._scope,
            "FindRide",
            table=self._table,
            key={"sagaId": _text(EXPRESS_RIDE.saga_id)},
            consistent_read=True,
            task_timeout=service_timeout(),
            assign={FOUND: expression("$exists($states.result.Item) ? $states.result.Item : {}")},
            outputs={},
        )
        return self._task(state)

    def hand_over(self) -> SagaTask:
        """Puts the ride on the list of rides to recover, also one whose row was never written."""
        facts = {
            ":fareId": _text(valid_field("fareId")),
            ":customerId": _text(valid_field("customerId")),
            ":fareAmount": _text(valid_field("fareAmount")),
            ":startTime": _text(EXPRESS_RIDE.start_time),
            ":expiresAt": _Value.number_from_string(expression(_EXPIRES)),
            ":attempts": _Value.from_number(0),
        }
        kept = ", ".join(f"{name[1:]} = if_not_exists({name[1:]}, {name})" for name in facts)
        return self.update(
            "HandOver",
            f"SET #work = :due, {NEXT_AT} = :now, foundBy = :by, foundAt = :now, {row.HANDED_OVER_AT} = :now,"
            f" {row.DELIVERY} = :delivery, {_set_failure()}, {kept} REMOVE {row.OPEN_SINCE}",
            {
                ":due": _Value.from_string(DUE),
                ":by": _Value.from_string(row.HANDED_OVER),
                **facts,
                **_failure(),
            },
            condition=f"attribute_not_exists(sagaId) OR ({_MINE} AND attribute_not_exists(#work)"
            " AND attribute_not_exists(closedAt) AND attribute_not_exists(sentAt))",
        )

    def note_outcome(self) -> SagaTask:
        """Notes how the ride failed: its message says the same, whoever sends it."""
        change = f"SET {row.SETTLED_AT} = :now, {_set_failure()}"
        return self.update("NoteOutcome", change, _failure(), condition=_MINE)

    def close_ride(self, state_name: str, what: str, status: str, values: Mapping[str, _Value]) -> SagaTask:
        """Notes that the message was sent, and what it reports."""
        return self.update(
            state_name,
            f"SET closedAt = :now, {what} REMOVE {row.OPEN_SINCE}",
            {":status": _text(status), **values},
            condition=f"{_MINE} AND attribute_not_exists(#work)",
            outputs="{% $states.input %}",
        )

    def update(
        self, state_name: str, change: str, values: Mapping[str, _Value], *, condition: str, outputs: object = None
    ) -> SagaTask:
        """Changes the row under a condition."""
        uses_work = "#work" in change or "#work" in condition
        uses_now = {":now": _text(_NOW)} if ":now" in change else {}
        state = tasks.DynamoUpdateItem.jsonata(
            self._scope,
            state_name,
            table=self._table,
            key={"sagaId": _text(EXPRESS_RIDE.saga_id)},
            update_expression=change,
            condition_expression=condition,
            expression_attribute_names={"#work": WORK} if uses_work else None,
            expression_attribute_values={":delivery": _delivery(), **uses_now, **values},
            task_timeout=service_timeout(),
            outputs={} if outputs is None else outputs,
        )
        return self._task(state, CONDITION_FAILED)

    def _task(self, state: tasks.DynamoUpdateItem | tasks.DynamoPutItem | tasks.DynamoGetItem, *never: str) -> SagaTask:
        return SagaTask(state, SERVICE_TASK_TIMEOUT_SECONDS, (*((no_retry(*never),) if never else ()), self._patience))


@functools.cache
def _text(jsonata: str) -> _Value:
    return _Value.from_string(expression(jsonata))


def _delivery() -> _Value:
    return _text(f"${RIDE}.{row.DELIVERY}")


def _set_failure() -> str:
    return ", ".join([f"{row.OUTCOME} = :outcome", *(f"{name} = :{name}" for name in row.FAILURE)])


def _failure() -> dict[str, _Value]:
    return {
        ":outcome": _text(f"${OUTCOME}"),
        **{f":{name}": _text(f"${FAILURE}.{part}") for name, part in _FAILURE.items()},
    }


SAME_INPUT: Final = " and ".join(f"${FOUND}.{name}.S = {EXPRESS_RIDE.fare}.{name}" for name in FARE_FIELDS)
"""A JSONata condition: the row that was found is that of a ride with the same input."""

"""Histories and descriptions of executions, made by hand. Printing them does not show the card in them."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

from lambda_src.dynamodb import Row
from lambda_src.recovery.execution import SagaShape
from lambda_src.recovery.wiring import Books, Executions
from tests.support.handlers.rides import CARD_NUMBER_SPACED, RIDE, Event, event

MACHINE_ARN: Final = "arn:aws:states:eu-west-1:123456789012:stateMachine:fare-saga"
RECOVERY_ARN: Final = f"{MACHINE_ARN}-recovery"
STARTED: Final = datetime(2026, 11, 22, 10, 0, 0, 123000, tzinfo=UTC)
"""The same moment as the ride's start time."""
STRAGGLER_SECONDS: Final = 35
LOCKED: Final = "DynamoDB.ConditionalCheckFailedException"
# A test of the template checks that the stack gives exactly this to its inspection.
SHAPE: Final = SagaShape(
    actions=["RegisterFare", "ChargeFare", "CustomerAccountCredit", "SetFareStatusCompleted", "NotifySuccess"],
    clean_failures={
        "RegisterFare": {
            LOCKED: {"error": "FareLocked", "outcome": "refused"},
            "States.QueryEvaluationError": {"error": "InvalidFare", "outcome": "refused"},
        },
        "ChargeFare": {
            "PaymentAuthException": {"error": "PaymentAuthException", "outcome": "failed"},
            "PaymentChargeException": {"error": "PaymentChargeException", "outcome": "failed"},
        },
        "CustomerAccountCredit": {"AccountCreditException": {"error": "AccountCreditException", "outcome": "failed"}},
    },
    rolled_back="FareProcessingFailed",
    incomplete="SagaRollbackIncomplete",
)
FOUND: Final = {"verdict", "ride", "failure", "outcome", "receipt", "stragglerSeconds", "trouble"}
"""The fields of an inspection's answer."""

History = list[Event]
CALLED: Final = {"resourceType": "lambda", "resource": "invoke"}
_ENDINGS: Final = {
    "SUCCEEDED": "ExecutionSucceeded",
    "ABORTED": "ExecutionAborted",
    "TIMED_OUT": "ExecutionTimedOut",
    "FAILED": "ExecutionFailed",
}


def happened(kind: str, details: str | None = None, **fields: object) -> Event:
    """One event; `details` names its details if that name does not follow from its type."""
    name = details or f"{kind[0].lower()}{kind[1:]}EventDetails"
    return Event({"timestamp": STARTED, "type": kind, "id": 1, "previousEventId": 0, name: fields})


def visit(state: str, *attempts: History, leaves: bool = True) -> History:
    """A state that is entered, attempted, and exited."""
    entered = happened("TaskStateEntered", "stateEnteredEventDetails", name=state, input=given())
    exited = happened("TaskStateExited", "stateExitedEventDetails", name=state)
    return [entered, *(one for attempt in attempts for one in attempt), *([exited] if leaves else [])]


def under_way() -> History:
    """An attempt that has not ended."""
    scheduled = happened("TaskScheduled", **CALLED, region="eu-west-1", parameters=given())
    return [scheduled, happened("TaskStarted", **CALLED)]


def done() -> History:
    """An attempt that succeeded."""
    return [*under_way(), happened("TaskSucceeded", **CALLED)]


def failed(*error: str) -> History:
    """An attempt that failed; without an error, as AWS sometimes reports it."""
    details = {"error": error[0], "cause": f"it was {CARD_NUMBER_SPACED}"} if error else {}
    return [*under_way(), happened("TaskFailed", **CALLED, **details)]


def timed_out() -> History:
    """An attempt that timed out."""
    return [*under_way(), happened("TaskTimedOut", **CALLED, error="States.Timeout")]


def not_evaluated(state: str) -> History:
    """An attempt whose arguments could not be evaluated."""
    return [happened("EvaluationFailed", error="States.QueryEvaluationError", cause="...", state=state)]


def rolled_back() -> History:
    """The Fail state at the end of a complete rollback."""
    return [happened("FailStateEntered", "stateEnteredEventDetails", name=SHAPE.rolled_back)]


def history(*visits: History, status: str) -> History:
    """All of an execution's history."""
    ending = (
        [happened(_ENDINGS[status], error="States.Runtime", cause=CARD_NUMBER_SPACED)] if status in _ENDINGS else []
    )
    return [happened("ExecutionStarted", input=given()), *(one for visited in visits for one in visited), *ending]


def given(**changes: object) -> str:
    """The input of an execution, card included, with some fields changed."""
    fields = event(**changes)
    return json.dumps({name: value for name, value in fields.items() if name not in ("sagaId", "startTime")})


def description(status: str, text: object = None, *, stopped: datetime | None = STARTED) -> Event:
    """The answer of DescribeExecution."""
    return Event(
        {
            "executionArn": RIDE.saga_id,
            "stateMachineArn": MACHINE_ARN,
            "status": status,
            "startDate": STARTED,
            "input": given() if text is None else text,
            "error": CARD_NUMBER_SPACED,
            "cause": f"somebody wrote {CARD_NUMBER_SPACED}",
            **({"stopDate": stopped} if stopped else {}),
        }
    )


@dataclass(frozen=True)
class OneExecution(Executions):
    """The saga's one execution, or none, in place of Step Functions."""

    machine_arns: Sequence[str] = (MACHINE_ARN,)
    found: tuple[dict[str, Any], Sequence[Event]] | None = None

    def find(self, arn: str) -> tuple[dict[str, Any], Sequence[Event]] | None:
        """Gives the execution."""
        return self.found if arn == RIDE.saga_id else None


@dataclass(frozen=True)
class OneRide(Books):
    """The rows of the one ride in place of the tables: its fare's, its payment's and its account's."""

    fares: str = "Fares"
    payments: str = "Payments"
    accounts: str = "Accounts"
    outcomes: str = "Outcomes"
    rows: Sequence[Row | None] = ()
    asked: list[str] = field(default_factory=list)
    """The fares that were read."""

    def fare(self, fare_id: str) -> Row | None:
        """The fare's row."""
        self.asked.append(fare_id)
        return self._row(0, fare_id == RIDE.fare_id)

    def payment(self, saga_id: str) -> Row | None:
        """The saga's row in the payments ledger."""
        return self._row(1, saga_id == RIDE.saga_id)

    def account(self, saga_id: str) -> Row | None:
        """The saga's row in the accounts ledger."""
        return self._row(2, saga_id == RIDE.saga_id)

    def _row(self, position: int, known: bool) -> Row | None:
        return self.rows[position] if known and position < len(self.rows) else None

"""InspectExecution: inspects an execution that ended, and returns what a recovery needs. That is never the card."""

import dataclasses
import re
from datetime import UTC, datetime
from typing import Any, Final

from lambda_src import fare_status
from lambda_src.dynamodb import Row
from lambda_src.errors import InvalidInspection, StillRunning
from lambda_src.fare import CARD_FIELDS, TOKEN
from lambda_src.fare_status import CAPTURED, CREDITED
from lambda_src.metric_names import Counted
from lambda_src.moments import iso_millis
from lambda_src.observability import count, saga_step
from lambda_src.recovery import verdict
from lambda_src.recovery.execution import RUNNING, SUCCEEDED, Execution, SagaShape, read_execution
from lambda_src.recovery.express_rides import Patience, inspect_express
from lambda_src.recovery.wiring import Books, Executions, books, executions, is_express
from lambda_src.sdk import busy_named

_MACHINE: Final = re.compile(r"arn:[^:\s]+:states:[^:\s]*:[0-9]*:(stateMachine|express):[^:\s]+(:[^:\s]+)?")
_SHAPE: Final = {one.name for one in dataclasses.fields(SagaShape)}
_CONTRADICTION: Final = "the execution succeeded, but its fare is not settled: see docs/runbook.md"
_GONE: Final = "the execution is not there any more (AWS keeps it for 90 days): see docs/runbook.md"


@saga_step("InspectExecution", saga_id_field="executionArn", secret_fields=(*CARD_FIELDS, TOKEN))
def handler(event: dict[str, Any]) -> dict[str, Any]:
    """Inspects the execution in the event; see `inspect`."""
    asked = _checked(event)
    return inspect(
        asked.get("executionArn"),
        executions=executions(asked["machineArns"]),
        books=books(),
        shape=SagaShape(**asked["saga"]),
        patience=Patience(straggler=asked["stragglerSeconds"], open=asked["openForSeconds"]),
    )


def _checked(event: object) -> dict[str, Any]:
    """What the recovery's machine asks; raises `InvalidInspection` if somebody else asks otherwise."""
    asked = event if isinstance(event, dict) else {}
    fits = {
        "machineArns": _are_machines(asked.get("machineArns")),
        "stragglerSeconds": _are_seconds(asked.get("stragglerSeconds")),
        "openForSeconds": _are_seconds(asked.get("openForSeconds")),
        "saga": isinstance(asked.get("saga"), dict) and set(asked["saga"]) == _SHAPE,
    }
    wrong = [name for name, fit in fits.items() if not fit]
    if wrong:
        raise InvalidInspection(f"{', '.join(wrong)} must be as the recovery's machine gives them: start that machine")
    return asked


def _are_seconds(seconds: object) -> bool:
    return isinstance(seconds, int) and not isinstance(seconds, bool) and seconds >= 0


def _are_machines(arns: object) -> bool:
    return isinstance(arns, list) and bool(arns) and all(_MACHINE.fullmatch(str(one)) for one in arns)


def inspect(
    execution_arn: object, *, executions: Executions, books: Books, shape: SagaShape, patience: Patience
) -> dict[str, Any]:
    """Decides what the state of a ride's execution, of any machine that shares the tables, calls for; changes nothing.

    Returns:
        `verdict`; `ride` with the saga's id, its start time and the fare's valid
        fields; `failure` and `outcome`, as the saga would have reported them;
        `receipt` with a completed ride's `chargeId`; `stragglerSeconds`; `trouble`, why the ride is parked, if it is.

    Raises:
        NotAnExecution: The ARN stands for no execution of these machines.
        StillRunning: The execution has not ended, or AWS does not show its end, or all of its history, yet.
        ServiceBusy: AWS refused a call for now: inspect again.
    """
    arn = executions.checked(execution_arn)
    if is_express(arn):
        return inspect_express(arn, books=books, patience=patience)
    found = executions.find(arn)
    if found is None:
        return _gone(arn)
    execution = read_execution(*found, shape)
    _refuse_unless_ended(execution)
    if execution.stopped_at == shape.incomplete:
        count(Counted.ROLLBACK_INCOMPLETE)
    fare_id = execution.fare.get("fareId")
    with busy_named():
        fare = books.fare(fare_id) if fare_id else None
        payment, account = books.payment(arn), books.account(arn)
    decided, why = _decide(execution, fare, payment, account, shape)
    return {
        "verdict": decided,
        "ride": {"sagaId": arn, "startTime": execution.start_time(fare, payment, account), **execution.fare},
        "failure": _failure(execution),
        "outcome": execution.outcome,
        "receipt": _receipt(payment) if decided == verdict.COMPLETED else {},
        "stragglerSeconds": _seconds_left(execution, patience.straggler),
        "trouble": _trouble(why),
    }


def _refuse_unless_ended(execution: Execution) -> None:
    if execution.status in RUNNING:
        raise StillRunning("the execution has not ended: it is left alone")
    if not execution.history_ended:
        raise StillRunning("AWS does not show the end of the execution's history yet: inspect it again")


def _decide(
    execution: Execution, fare: Row | None, payment: Row | None, account: Row | None, shape: SagaShape
) -> tuple[str, str]:
    # A row that somebody else wrote may have no status: a claim of it is refused, and a person sees it.
    mine = fare.get("fareStatus", fare_status.PENDING) if fare and execution.is_of(fare) else None
    succeeded = execution.status == SUCCEEDED
    if mine in fare_status.UNSETTLED:  # also of a ride that was reported, and whose fare was registered late
        return (verdict.UNCLEAR, _CONTRADICTION) if succeeded else (verdict.UNSETTLED, "")
    if succeeded or execution.stopped_at == shape.rolled_back:
        return verdict.NOTHING, ""
    if mine == fare_status.FAILED or execution.did_nothing:
        return verdict.SETTLED, ""
    if fare is None:
        return verdict.UNSETTLED, ""
    # If it is another saga's by now: a fare passes on only when it is settled, and the ledgers say how.
    kept = _kept(execution, payment, CAPTURED) and _kept(execution, account, CREDITED)
    return (verdict.COMPLETED if mine == fare_status.COMPLETED or kept else verdict.SUPERSEDED), ""


def _kept(execution: Execution, row: Row | None, status: str) -> bool:
    return execution.is_of(row) and row is not None and row.get("status") == status


def _failure(execution: Execution) -> dict[str, str]:
    where = f"in {execution.stopped_at}" if execution.stopped_at else "before its first state"
    return {
        "step": execution.step,
        "error": execution.error,
        "cause": f"the execution ended as {execution.status} {where}, and was recovered",
    }


def _receipt(payment: Row | None) -> dict[str, str]:
    return {"chargeId": str(payment["chargeId"])} if payment and "chargeId" in payment else {}


def _seconds_left(execution: Execution, straggler_seconds: int) -> int:
    if execution.stopped is None:
        return 0
    passed = (datetime.now(UTC) - execution.stopped).total_seconds()
    return max(0, min(straggler_seconds, round(straggler_seconds - passed)))


def _trouble(why: str) -> dict[str, str]:
    return {"state": "InspectExecution", "error": "Unclear" if why else "", "cause": why}


def _gone(arn: str) -> dict[str, Any]:
    """What is handed on of an execution that AWS does not have any more."""
    return {
        "verdict": verdict.UNCLEAR,
        "ride": {"sagaId": arn, "startTime": iso_millis(datetime.now(UTC))},
        "failure": {"step": "", "error": "ExecutionDoesNotExist", "cause": _GONE},
        "outcome": "failed",
        "receipt": {},
        "stragglerSeconds": 0,
        "trouble": _trouble(_GONE),
    }

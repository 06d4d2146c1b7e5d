"""Judges one ride as the fault campaign does: by tables and the gateway's book, with each step's judge."""

import json
from typing import Any, Final

from lambda_src.fare_status import COMPLETED, FAILED
from tests.support.faults.audit.auditor import step_problems
from tests.support.faults.audit.books import rows_of
from tests.support.faults.judges import JudgedStep, all_judges
from tests.support.faults.trial import StartedRide
from wild_rydes_saga.deployed.rides import Rides
from wild_rydes_saga.saga import PlannedStep

OPERATIONS: Final = ("authorise", "capture", "void", "refund")


def book_of(rides: Rides, saga_id: str) -> dict[str, int]:
    """The entries of the gateway's own book for a saga, in minor units by operation."""
    rows = {name: rides.row("GatewayTableName", {"operationKey": f"{saga_id}#{name}"}) for name in OPERATIONS}
    return {name: int(row["amountMinor"]) for name, row in rows.items() if row}


def account_of(rides: Rides, saga_id: str) -> int:
    """The ride's credit on the customer's account, in minor units."""
    row: dict[str, Any] = rides.row("AccountsTableName", {"accountKey": f"saga#{saga_id}"}) or {}
    return int(row.get("creditedMinor", 0)) - int(row.get("reversedMinor", 0))


def assert_all_or_nothing(rides: Rides, saga_id: str, *, fare_minor: int) -> None:
    """Asserts that every step is done or none is, that no hold is open, and that book, ledgers and account agree.

    Args:
        rides: The stack to inspect.
        saga_id: The ride.
        fare_minor: The expected cost: the fare of a completed ride, otherwise 0.
    """
    judged = [JudgedStep(PlannedStep(action=judge.action), judge) for judge in all_judges()]
    names = dict.fromkeys(table for one in judged for table in one.judge.tables)
    tables = {name: _rows(rides, name, saga_id) for name in names}
    outcome = COMPLETED if fare_minor else FAILED
    problems = step_problems(_started(rides, saga_id), tables, judged, outcome=outcome)
    assert [f"{problem.rule}: {problem.what}" for problem in problems] == []


def _rows(rides: Rides, table: str, saga_id: str) -> list[dict[str, Any]]:
    return [row for row in rows_of(rides.account, rides.outputs[table]) if row.get("sagaId") == saga_id]


def _started(rides: Rides, saga_id: str) -> StartedRide:
    """The ride, as its execution was started."""
    description = rides.account.client("stepfunctions").describe_execution(executionArn=saga_id)
    given = json.loads(description["input"])
    return StartedRide(
        saga_id=saga_id,
        fare_id=given["fareId"],
        customer_id=given["customerId"],
        amount_minor=int(given["fareAmount"].strip("$").replace(".", "")),
    )

"""One ride as its execution, its recovery, the tables and the gateway's book tell it: `make ride`. Never its card."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from botocore.exceptions import ClientError
from rich.console import Console

from lambda_src.fare import FARE_FIELDS
from sagalint.drawing.path import Outcome, state_outcomes
from wild_rydes_saga.cli.facts import Fact, money, print_facts
from wild_rydes_saga.cli.list_rides import parked_facts, scan_fares
from wild_rydes_saga.deployed.account import Account
from wild_rydes_saga.deployed.parked import parked_rides
from wild_rydes_saga.deployed.rides import Rides, path_of
from wild_rydes_saga.deployed.stacks import OperatorError, Outputs

_OPERATIONS: Final = ("authorise", "capture", "void", "refund")
_NAME: Final = re.compile(r"[^:\s]{1,80}")
_MESSAGES: Final = ("NotifySuccess", "NotifyFailure")

Row = Mapping[str, str]


@dataclass(frozen=True)
class Run:
    """What an execution did.

    Attributes:
        arn: The execution.
        fare: The fare's own fields of its input, as far as they are valid: all that is kept of it.
        status: As AWS calls it.
        error: The name of the error that it ended with.
        path: The states that it entered, in order.
        told: The states of `NotifySuccess` and `NotifyFailure` that did tell.
    """

    arn: str
    fare: Row
    status: str
    error: str | None
    path: Sequence[str]
    told: Sequence[str]


def show_ride(console: Console, account: Account, outputs: Outputs, ride: str) -> None:
    """Prints all that is known of a ride; changes nothing.

    Raises:
        OperatorError: There is no such ride.
    """
    saga_id = find_ride(account, outputs, ride)
    run = read_run(account, saga_id)
    fare = _fare(account, outputs, saga_id, run)
    mine = fare if fare.get("sagaId") == saga_id else {}
    parked = parked_rides(account, outputs["ParkedQueueUrl"]).get(saga_id)
    recovery_arn = mine.get("recoveredBy") or (parked.recovery_arn if parked else None)
    recovery = read_run(account, recovery_arn) if recovery_arn else None
    title = run.status if run else "its execution is not there any more: AWS keeps it for 90 days"
    known = run.fare if run else mine
    print_facts(
        console,
        f"{saga_id.rpartition(':')[2]}: {title}",
        [
            ("saga id", saga_id),
            *[(name, known[name]) for name in FARE_FIELDS if name in known],
            *(_run_facts(run) if run else []),
            *([("recovery", f"{recovery.arn}: {recovery.status}"), *_run_facts(recovery)] if recovery else []),
            ("fare", _fare_status(fare, saga_id)),
            *_money(Rides(account, outputs), saga_id),
            ("told", _told(run, recovery)),
            *parked_facts(parked, "parked" if "parkedAt" in mine else ""),
        ],
    )


def find_ride(account: Account, outputs: Outputs, ride: str) -> str:
    """Returns a ride's saga id, from that or its execution's name; raises `OperatorError` if there is no such ride.

    A ride whose execution AWS no longer keeps is one as long as it has a row, or is parked.
    """
    start = outputs["FareSagaArn"].replace(":stateMachine:", ":execution:") + ":"
    name = ride.removeprefix(start)
    if not _NAME.fullmatch(name):
        machine = outputs["FareSagaArn"].rpartition(":")[2]
        raise OperatorError(f"{ride!r} is no execution of {machine}: give its ARN or its name")
    saga_id = start + name
    if _describe(account, saga_id) or _left_traces(account, outputs, saga_id):
        return saga_id
    raise OperatorError(f"there is no ride {ride}: `make rides ALL=1` lists those that are not settled")


def read_run(account: Account, arn: str) -> Run | None:
    """Reads what an execution did; None if it is not there."""
    description = _describe(account, arn)
    if description is None:
        return None
    client = account.client("stepfunctions")
    pages = client.get_paginator("get_execution_history").paginate(executionArn=arn, includeExecutionData=False)
    events = [event for page in pages for event in page["events"]]
    definition = json.loads(client.describe_state_machine_for_execution(executionArn=arn)["definition"])
    outcomes = state_outcomes(definition, events) if events else {}
    told = [name for name in _MESSAGES if outcomes.get(name) is Outcome.SUCCEEDED]
    return Run(arn, _given(description), description["status"], description.get("error"), path_of(events), told)


def _describe(account: Account, arn: str) -> dict[str, Any] | None:
    try:
        description: dict[str, Any] = account.client("stepfunctions").describe_execution(executionArn=arn)
        return description
    except ClientError as error:
        if error.response["Error"]["Code"] == "ExecutionDoesNotExist":
            return None
        raise


def _left_traces(account: Account, outputs: Outputs, saga_id: str) -> bool:
    rides = Rides(account, outputs)
    return (
        rides.row("PaymentsTableName", {"sagaId": saga_id}) is not None
        or saga_id in parked_rides(account, outputs["ParkedQueueUrl"])
        or any(scan_fares(account, outputs, "sagaId = :saga", saga=saga_id))
    )


def _given(description: Mapping[str, Any]) -> Row:
    try:
        given = json.loads(description["input"])
    except (KeyError, ValueError, RecursionError):
        return {}
    if not isinstance(given, dict):
        return {}
    return {name: given[name] for name, rule in FARE_FIELDS.items() if rule.accepts(given.get(name))}


def _fare(account: Account, outputs: Outputs, saga_id: str, run: Run | None) -> Row:
    """The row of the ride's fare, whoever's it is now; empty if there is none."""
    fare_id = run.fare.get("fareId") if run else None
    if fare_id:
        return Rides(account, outputs).row("FaresTableName", {"fareId": fare_id}) or {}
    return next(scan_fares(account, outputs, "sagaId = :saga", saga=saga_id), {})


def _run_facts(run: Run) -> list[Fact]:
    return [("error", run.error or "none"), ("path", " → ".join(run.path) or "none")]


def _fare_status(fare: Row, saga_id: str) -> str:
    if not fare:
        return "not registered"
    whose = "" if fare["sagaId"] == saga_id else f", another ride's: {fare['sagaId']}"
    parked = f", parked at {fare['parkedAt']}" if "parkedAt" in fare else ""
    return f"{fare['fareStatus']}{parked}{whose}"


def _money(rides: Rides, saga_id: str) -> list[Fact]:
    payment = rides.row("PaymentsTableName", {"sagaId": saga_id})
    account = rides.row("AccountsTableName", {"accountKey": f"saga#{saga_id}"})
    book = {name: rides.row("GatewayTableName", {"operationKey": f"{saga_id}#{name}"}) for name in _OPERATIONS}
    done = [f"{name} {money(row['amountMinor'])}" for name, row in book.items() if row]
    return [
        ("payments", _ledger(payment, "captured", "refunded")),
        ("gateway's book", ", ".join(done) or "nothing"),
        ("account", _ledger(account, "credited", "reversed")),
    ]


def _ledger(row: Row | None, there: str, back: str) -> str:
    if row is None:
        return "no row"
    return f"{row['status']}: {there} {money(row[f'{there}Minor'])}, {back} {money(row[f'{back}Minor'])}"


def _told(run: Run | None, recovery: Run | None) -> str:
    by = [("the saga", run), ("the recovery", recovery)]
    told = [f"{name} by {who}" for who, one in by if one for name in one.told]
    return ", ".join(told) or "no message, as far as these histories tell"

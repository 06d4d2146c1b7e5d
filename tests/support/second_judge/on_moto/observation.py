"""What became of a trial, whoever interpreted it: every execution, every row and every message, to compare."""

import json
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, Final

from tests.support.faults.audit.books import BookReader, rows_of
from tests.support.faults.trial import StartedRide

Event = Mapping[str, Any]

_TABLES: Final = ("FaresTableName", "PaymentsTableName", "GatewayTableName", "AccountsTableName")
"""The list of recoveries is left out: it also says whether an event was quicker than the record of a message."""
_FOUND_NOTHING: Final = "NothingToRecover"
"""A recovery that ends here was started since an event was quicker. It did nothing."""
_ENDS: Final = ("ExecutionSucceeded", "ExecutionFailed", "ExecutionTimedOut", "ExecutionAborted")
_ATTEMPTS: Final = ("TaskSucceeded", "TaskFailed", "TaskTimedOut", "EvaluationFailed")
_ITS_OWN: Final = (
    (re.compile(r"\b\d{4}-\d\d-\d\dT[\d:.]+(Z|\+00:00)"), "<moment>"),
    (re.compile(r"[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}"), "<id>"),
    (re.compile(r"[0-9a-f]{32}"), "<id>"),
    (re.compile(r"(?<=:)\d{12}(?=:)"), "<account>"),
)
"""Moments, ids and accounts differ from run to run."""


@dataclass(frozen=True)
class Run:
    """An execution.

    Attributes:
        status: How it ended.
        error: Its error.
        cause: Its cause.
        path: The states that it entered, in order.
        attempts: For each of them, how each attempt ended: its error, or nothing.
    """

    status: str
    error: str
    cause: str
    path: tuple[str, ...]
    attempts: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Observation:
    """A trial's end.

    Attributes:
        saga: Its execution.
        recoveries: Those of its recovery that found something to do, in order.
        rows: What the tables have of the ride.
        messages: What came to the queues, each message once, with the queue's name.
    """

    saga: Run
    recoveries: tuple[Run, ...]
    rows: Mapping[str, Sequence[str]]
    messages: tuple[str, ...]

    def differences(self, other: "Observation") -> list[str]:
        """What differs from another observation of the same trial, a line each."""
        return [f"{where}: {mine} <> {theirs}" for where, mine, theirs in _different("", self, other)]


def run_of(description: Mapping[str, Any], events: Sequence[Event]) -> Run:
    """Reads an execution.

    A task under way when the execution is stopped goes on in one engine and not in the other: its attempts do not
    count.
    """
    path: list[str] = []
    attempts: list[list[str]] = []
    for event in events:
        if event["type"] in _ENDS:
            break
        if "stateEnteredEventDetails" in event:
            path.append(event["stateEnteredEventDetails"]["name"])
            attempts.append([])
        elif event["type"] in _ATTEMPTS and attempts:
            attempts[-1].append(_error(event))
    if description["status"] == "ABORTED" and attempts:
        attempts[-1] = []
    return Run(
        str(description["status"]),
        str(description.get("error") or ""),
        str(plain(description.get("cause") or "")),
        tuple(path),
        tuple(tuple(one) for one in attempts),
    )


def read_run(client: Any, arn: str) -> Run:
    """Reads an execution from Step Functions."""
    pages = client.get_paginator("get_execution_history").paginate(executionArn=arn)
    return run_of(client.describe_execution(executionArn=arn), [event for page in pages for event in page["events"]])


def recoveries_of(client: Any, machine_arn: str) -> dict[str, list[str]]:
    """By saga, the executions of its recovery, oldest first."""
    pages = client.get_paginator("list_executions").paginate(stateMachineArn=machine_arn)
    by_saga: dict[str, list[str]] = defaultdict(list)
    for one in sorted((one for page in pages for one in page["executions"]), key=lambda one: one["startDate"]):
        given = json.loads(client.describe_execution(executionArn=one["executionArn"])["input"])
        by_saga[given["executionArn"]].append(one["executionArn"])
    return by_saga


def observe(reader: BookReader, ride: StartedRide, recoveries: Sequence[str], saga: Run) -> Observation:
    """Reads what became of a ride, from Step Functions, the tables and the queues.

    Args:
        reader: Reads them.
        ride: The ride.
        recoveries: The executions of its recovery, oldest first.
        saga: The ride's own execution.
    """
    client = reader.account.client("stepfunctions")
    rows = {
        output: sorted(_text(row) for row in rows_of(reader.account, reader.outputs[output]) if _is_of(row, ride))
        for output in _TABLES
    }
    books = reader.read([])
    taken = [*books.messages, *(("parked", message) for message in books.parked)]
    messages = {_text([queue, message]) for queue, message in taken if message.get("sagaId") == ride.saga_id}
    runs = [read_run(client, arn) for arn in recoveries]
    worked = tuple(run for run in runs if run.path[-1] != _FOUND_NOTHING)
    return Observation(saga, worked, rows, tuple(sorted(messages)))


def plain(value: Any) -> Any:
    """A value without what is a run's own: moments, ids, accounts, and the lines of a handler's trace."""
    match value:
        case str():
            if value.startswith("{") and "stackTrace" in value:
                value = json.dumps({**json.loads(value), "stackTrace": []}, sort_keys=True)
            for pattern, name in _ITS_OWN:
                value = pattern.sub(name, value)
        case Mapping():
            return {name: "<moment>" if name == "expiresAt" else plain(inner) for name, inner in value.items()}
        case list() | tuple():
            return [plain(inner) for inner in value]
    return value


def _text(value: Any) -> str:
    return json.dumps(plain(value), sort_keys=True, ensure_ascii=False)


def _is_of(row: Mapping[str, Any], ride: StartedRide) -> bool:
    mine = {"sagaId": ride.saga_id, "fareId": ride.fare_id, "customerId": ride.customer_id}
    return any(row.get(name) == value for name, value in mine.items())


def _error(event: Event) -> str:
    return next((str(one["error"]) for one in event.values() if isinstance(one, Mapping) and "error" in one), "")


def _different(where: str, one: Any, other: Any) -> Iterator[tuple[str, Any, Any]]:
    if isinstance(one, (Run, Observation)) and type(one) is type(other):
        for name in (field.name for field in fields(one)):
            yield from _different(f"{where}.{name}".strip("."), getattr(one, name), getattr(other, name))
    elif isinstance(one, tuple) and isinstance(other, tuple) and len(one) == len(other):
        for number, (mine, theirs) in enumerate(zip(one, other, strict=True)):
            yield from _different(f"{where}[{number}]", mine, theirs)
    elif isinstance(one, Mapping) and isinstance(other, Mapping) and one.keys() == other.keys():
        for name in one:
            yield from _different(f"{where}.{name}", one[name], other[name])
    elif one != other:
        yield where, one, other

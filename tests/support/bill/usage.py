"""What a ride uses, by the lines of AWS's bill: counted from the calls that the local cloud recorded."""

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Final

from tests.support.bill.recorder import BILLED, EVENT_BYTES

MESSAGES_A_BATCH: Final = 10
"""Of a queue's messages that a function is given at once. Assumed; the local cloud gives it each one by itself."""
RECEIVES_A_MESSAGE: Final = 2 / MESSAGES_A_BATCH
"""Requests to receive and to delete a message, ten at a time."""
PLATFORM_LINES: Final = (
    "START RequestId: 8f507cfc-xmpl-4697-b07a-ac58fc914c95 Version: 12",
    "END RequestId: 8f507cfc-xmpl-4697-b07a-ac58fc914c95",
    "REPORT RequestId: 8f507cfc-xmpl-4697-b07a-ac58fc914c95\tDuration: 15.74 ms\tBilled Duration: 16 ms\t"
    "Memory Size: 512 MB\tMax Memory Used: 105 MB\t",
    "XRAY TraceId: 1-5e34a614-10bdxmplf1fb44f07bc535a1\tSegmentId: 07f5xmpl2d1f6f85\tSampled: true\t",
)
"""What Lambda itself logs of an invocation, by the example in AWS's guide ("Using the Lambda console")."""
ONE_PROCESSOR_MB: Final = 1769
"""A function with so much memory has a processor, and one with less has its share (AWS, "Configure memory")."""
EXPRESS_MEMORY_GB: Final = 64 / 1024
EXPRESS_STEP_MS: Final = 100
SCHEDULED: Final = ("StartRecoveries", "SweepFares")
"""Functions that a schedule calls, whatever rides there are."""


@dataclass(frozen=True, kw_only=True)
class Usage:
    """What one ride of a kind uses.

    Attributes:
        transitions: Transitions of Standard machines.
        express_requests: Executions of Express machines.
        express_gb_seconds: Their time and memory, as AWS rounds them.
        lambda_requests: Invocations; those of a queue's messages by batch.
        lambda_gb_seconds: Their time and memory.
        write_units: DynamoDB's, transactions and indexes included, without the simulated gateway's book.
        read_units: The same of reads.
        book_write_units: What that book takes.
        book_read_units: The same of reads.
        log_lines: Lines that functions log themselves.
        log_bytes: Bytes that functions log, Lambda's own lines included.
        machine_log_bytes: Bytes that machines log at level ERROR.
        machine_log_bytes_all: Bytes that they would log at level ALL.
        publishes: Of topics.
        queue_requests: Sent, received and deleted messages.
        traces: Of X-Ray, by its default sampling.
    """

    transitions: float = 0
    express_requests: float = 0
    express_gb_seconds: float = 0
    lambda_requests: float = 0
    lambda_gb_seconds: float = 0
    write_units: float = 0
    read_units: float = 0
    book_write_units: float = 0
    book_read_units: float = 0
    log_lines: float = 0
    log_bytes: float = 0
    machine_log_bytes: float = 0
    machine_log_bytes_all: float = 0
    publishes: float = 0
    queue_requests: float = 0
    traces: float = 0


Record = Mapping[str, Any]


def records_of(folder: Path, *, since: int = 0) -> list[Record]:
    """What the local cloud has recorded, after the first `since` lines."""
    try:
        lines = (folder / BILLED).read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return []
    return [json.loads(line) for line in lines[since:]]


def usage_of(records: Sequence[Record], *, rides: int, book: str, traced: bool, logged: bool) -> Usage:
    """What one of so many rides uses.

    Args:
        records: Everything recorded of these rides, and of nothing else.
        rides: How many.
        book: The table of the simulated gateway.
        traced: Whether X-Ray follows the rides.
        logged: Whether the machines have a log.
    """
    total: dict[str, float] = defaultdict(float)
    for one in records:
        for name, amount in _BY_KIND[one["of"]](one, book).items():
            total[name] += amount
    total["traces"] = int(traced) * rides * _SAMPLED
    for name in ("machine_log_bytes", "machine_log_bytes_all"):
        total[name] *= int(logged)
    total["lambda_gb_seconds"] = _gb_seconds(records)
    return Usage(**{one.name: total[one.name] / rides for one in fields(Usage)})


_SAMPLED: Final = 0.05
"""X-Ray's default: five of a hundred (AWS, "Configuring sampling rules")."""


def _dynamodb(one: Record, book: str) -> dict[str, float]:
    prefix = "book_" if one["table"] == book else ""
    return {f"{prefix}{one['kind']}_units": one["units"]}


def _lambda(one: Record, book: str) -> dict[str, float]:
    del book
    if _is_scheduled(one):
        return {}
    share = _share(one)
    platform = sum(len(line.encode()) + EVENT_BYTES for line in PLATFORM_LINES)
    return {
        "lambda_requests": share,
        "log_lines": one["lines"] * share,
        "log_bytes": (one["bytes"] + platform) * share,
        "queue_requests": RECEIVES_A_MESSAGE * one["messages"],
    }


def _share(one: Record) -> float:
    """How many invocations it counts as: of one with a queue's messages, that part which they fill."""
    return one["messages"] / MESSAGES_A_BATCH if one["messages"] else 1.0


def _is_scheduled(one: Record) -> bool:
    return any(name in one["function"] for name in SCHEDULED)


def _gb_seconds(records: Iterable[Record]) -> float:
    """Each function's shortest time for each of its invocations, as if it had only its share of a processor.

    That is more than AWS takes: a handler mostly waits for DynamoDB.
    """
    invocations = [one for one in records if one["of"] == "lambda" and not _is_scheduled(one)]
    functions = {one["function"] for one in invocations}
    total = 0.0
    for name in functions:
        mine = [one for one in invocations if one["function"] == name]
        times = [one["ms"] for one in mine if one["ms"] is not None]
        share_of_processor = min(1.0, mine[0]["memory_mb"] / ONE_PROCESSOR_MB)
        seconds = min(times) / 1000 / share_of_processor if times else 0.0
        total += seconds * sum(map(_share, mine)) * mine[0]["memory_mb"] / 1024
    return total


def _execution(one: Record, book: str) -> dict[str, float]:
    del book
    logs = {"machine_log_bytes": one["logged_errors"], "machine_log_bytes_all": one["logged_all"]}
    if not one["express"]:
        return {"transitions": one["transitions"], **logs}
    steps = -(-one["ms"] // EXPRESS_STEP_MS)
    seconds = steps * EXPRESS_STEP_MS / 1000
    return {"express_requests": 1, "express_gb_seconds": seconds * EXPRESS_MEMORY_GB, **logs}


_BY_KIND: Final[Mapping[str, Callable[[Record, str], Mapping[str, float]]]] = {
    "dynamodb": _dynamodb,
    "lambda": _lambda,
    "execution": _execution,
    "sns": lambda _one, _book: {"publishes": 1},
    # A message that comes to a queue is one request; its consumer's requests are the assumption above.
    "sqs": lambda _one, _book: {"queue_requests": 1},
}

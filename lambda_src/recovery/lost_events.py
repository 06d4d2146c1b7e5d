"""Finds executions that ended badly although no event said so: AWS sends status events at best effort."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from aws_lambda_powertools import Logger

from lambda_src import dynamodb, environment
from lambda_src.moments import iso_millis
from lambda_src.recovery.wiring import step_functions
from lambda_src.recovery.work.work_list import WorkList
from lambda_src.sdk import CALL_FAILED, busy_named

_A_PAGE: Final = 1000
_SHOWN_LATE: Final = timedelta(minutes=5)
"""AWS may list an execution some time after its end."""
_FIRST_LOOK: Final = timedelta(days=1)
"""How far back the first sweep of a stack looks."""

logger = Logger()


@dataclass(frozen=True)
class Listing:
    """What was found among the executions of a machine that ended in one way.

    Attributes:
        machine_arn: The machine.
        status: How they ended.
        lost: Executions that ended badly, and that no record knows.
        until: Everything that ended before this moment was listed; None if something was not.
    """

    machine_arn: str
    status: str
    lost: Sequence[str]
    until: datetime | None


def executions_without_record(machine_arn: str, status: str, work: WorkList, time_left: Callable[[], bool]) -> Listing:
    """Lists the executions of a machine that ended in one way since the last time, and that no record knows.

    AWS lists them by their start, so it goes back as far as an execution can run. What it has no time for, or is
    refused, the next sweep lists again.
    """
    # An execution that ended just now is left to its event, and to the record of its message.
    ended_by = datetime.now(UTC) - 2 * _seconds(environment.RECOVERY_GRACE_SECONDS)
    found: list[str] = []
    try:
        until = _listed_until(machine_arn, status, work)
        since = until - _seconds(environment.LONGEST_EXECUTION_SECONDS)
        for page in _pages(machine_arn, status):
            if not time_left():
                return Listing(machine_arn, status, found, None)
            recent = [one for one in page if one["startDate"] >= since]
            ended = [one["executionArn"] for one in recent if until - _SHOWN_LATE <= one["stopDate"] < ended_by]
            known = work.known(ended)
            found += [arn for arn in ended if arn not in known]
            if len(recent) < len(page):
                break
    except CALL_FAILED as error:
        logger.warning("the next sweep lists the executions", machine=machine_arn, error=type(error).__name__)
        return Listing(machine_arn, status, found, None)
    return Listing(machine_arn, status, found, ended_by)


def note_listed(listing: Listing, work: WorkList) -> None:
    """Notes how far a machine's executions were listed; only once everything that was found is on the list."""
    if listing.until:
        dynamodb.update(
            TableName=work.table,
            Key=dynamodb.typed({"sagaId": _key(listing.machine_arn, listing.status)}),
            UpdateExpression="SET listedUntil = :until",
            ExpressionAttributeValues=dynamodb.typed({":until": iso_millis(listing.until)}),
        )


def _pages(machine_arn: str, status: str) -> Iterator[list[dict[str, Any]]]:
    """Executions, the latest started first (AWS, "ListExecutions")."""
    pages = step_functions().get_paginator("list_executions")
    found = iter(
        pages.paginate(stateMachineArn=machine_arn, statusFilter=status, PaginationConfig={"PageSize": _A_PAGE})
    )
    while True:
        with busy_named():
            page = next(found, None)
        if page is None:
            return
        yield page["executions"]


def _listed_until(machine_arn: str, status: str, work: WorkList) -> datetime:
    row = dynamodb.read(work.table, {"sagaId": _key(machine_arn, status)})
    if row is None or "listedUntil" not in row:
        return datetime.now(UTC) - _FIRST_LOOK
    return datetime.fromisoformat(str(row["listedUntil"]).replace("Z", "+00:00"))


def _seconds(setting: str) -> timedelta:
    return timedelta(seconds=int(environment.required(setting)))


def _key(machine_arn: str, status: str) -> str:
    return f"listed#{status}#{machine_arn}"

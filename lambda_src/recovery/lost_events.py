"""Finds executions that ended badly although no event said so: AWS sends status events at best effort."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from aws_lambda_powertools import Logger

from lambda_src import dynamodb, environment
from lambda_src.errors import Busy
from lambda_src.recovery.execution import iso_millis
from lambda_src.recovery.wiring import step_functions
from lambda_src.recovery.work_list import WorkList
from lambda_src.sdk import busy_named

ENDED_BADLY: Final = ("FAILED", "TIMED_OUT", "ABORTED")
_A_PAGE: Final = 1000
_FIRST_LOOK: Final = timedelta(days=1)
"""How far back the first sweep of a stack looks."""

logger = Logger()


@dataclass(frozen=True)
class Listing:
    """What was found among the executions of a machine.

    Attributes:
        machine_arn: The machine.
        lost: Executions that ended badly, and that no record knows.
        until: Everything that ended before this moment was listed; None if something was not.
    """

    machine_arn: str
    lost: Sequence[str]
    until: datetime | None


def executions_without_record(machine_arn: str, work: WorkList, time_left: Callable[[], bool]) -> Listing:
    """Lists the executions of a machine that ended badly since the last time, and that no record knows.

    It lists those that started within the time that an execution can run before the last listing. What it has no
    time for, or is throttled at, the next sweep lists again.
    """
    # An execution that ended just now is left to its event, and to the record of its message.
    ended_by = datetime.now(UTC) - 2 * _seconds(environment.RECOVERY_GRACE_SECONDS)
    found: list[str] = []
    try:
        since = _listed_until(machine_arn, work) - _seconds(environment.LONGEST_EXECUTION_SECONDS)
        for status in ENDED_BADLY:
            for page in _pages(machine_arn, status):
                if not time_left():
                    return Listing(machine_arn, found, None)
                recent = [one for one in page if one["startDate"] >= since]
                ended = [one["executionArn"] for one in recent if one["stopDate"] < ended_by]
                known = work.known(ended)
                found += [arn for arn in ended if arn not in known]
                if len(recent) < len(page):
                    break
    except Busy as busy:
        logger.warning("the next sweep lists the executions", machine=machine_arn, error=str(busy))
        return Listing(machine_arn, found, None)
    return Listing(machine_arn, found, ended_by)


def note_listed(listing: Listing, work: WorkList) -> None:
    """Notes how far a machine's executions were listed; only once everything that was found is on the list."""
    if listing.until:
        dynamodb.update(
            TableName=work.table,
            Key=dynamodb.typed({"sagaId": _key(listing.machine_arn)}),
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


def _listed_until(machine_arn: str, work: WorkList) -> datetime:
    row = dynamodb.read(work.table, {"sagaId": _key(machine_arn)})
    if row is None or "listedUntil" not in row:
        return datetime.now(UTC) - _FIRST_LOOK
    return datetime.fromisoformat(str(row["listedUntil"]).replace("Z", "+00:00"))


def _seconds(setting: str) -> timedelta:
    return timedelta(seconds=int(environment.required(setting)))


def _key(machine_arn: str) -> str:
    return f"listed#{machine_arn}"

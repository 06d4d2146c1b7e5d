"""The rides that are not settled, or that a recovery has parked."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from lambda_src import fare_status
from lambda_src.fare_status import REFUND_PENDING
from lambda_src.moments import iso_millis
from lambda_src.recovery.work.open_ride import OPEN_SINCE
from lambda_src.recovery.work.work_row import PARKED, WORK
from wild_rydes_saga.deployed.account import Account
from wild_rydes_saga.deployed.operations.parked import Parked, parked_rides
from wild_rydes_saga.deployed.rides import Rides
from wild_rydes_saga.deployed.stacks import Outputs

# The name in `wild_rydes_saga.services.fares`. That module imports the CDK, which takes a second.
UNSETTLED_INDEX: Final = "Unsettled"
OPEN_INDEX: Final = "Open"
WORK_INDEX: Final = "Work"  # the name in `wild_rydes_saga.machines.outcomes`
WHY_PENDING: Final = "refund pending: the gateway has accepted it, and the recovery asks again by itself"
"""What an operator reads of a ride whose refund is pending."""
_ASKED_ABOUT: Final = 100
"""Of so many rides that are recovering, the oldest, the payment is read: more fit on no screen."""
_UNSETTLED: Final = {status: status for status in fare_status.UNSETTLED}
_IS_UNSETTLED: Final = f"fareStatus IN ({', '.join(f':{status}' for status in _UNSETTLED)})"

Row = Mapping[str, str]


@dataclass(frozen=True)
class OpenRide:
    """A ride that is not settled, or that a recovery has parked.

    Attributes:
        saga_id: Its execution.
        fare: Its `fareId`, `customerId` and `fareAmount`, if known.
        status: `pending`, `recovering` or `parked`.
        since: The time when it started, or was parked, in ISO 8601.
        parked: The recovery's message, if it is still in the queue.
        refund_pending: Whether its recovery waits for a refund that the gateway has accepted, as far as that was read.
    """

    saga_id: str
    fare: Row
    status: str
    since: str
    parked: Parked | None = None
    refund_pending: bool = False


def open_rides(
    account: Account,
    outputs: Outputs,
    *,
    older_than: int | None = None,
    messages: Mapping[str, Parked] | None = None,
) -> list[OpenRide]:
    """Finds the rides that are parked, or unsettled for longer than `older_than` seconds: oldest first.

    A ride is parked if the parked queue, its fare's row or the outcomes table says so. The rows stay when the message
    is gone. A fare that is settled, or unknown, has no mark.

    Args:
        account: Where the stack is.
        outputs: The stack's outputs.
        older_than: How long a ride may be open; None for as long as the saga can run.
        messages: What the parked queue holds, if the caller has read it.
    """
    if messages is None:
        messages = parked_rides(account, outputs["ParkedQueueUrl"])
    found = {saga_id: OpenRide(saga_id, one.fare, PARKED, one.parked_at, one) for saga_id, one in messages.items()}
    marked = scan_fares(account, outputs, f"attribute_exists(parkedAt) AND {_IS_UNSETTLED}", **_UNSETTLED)
    for row in _readable(marked):
        found.setdefault(row["sagaId"], OpenRide(row["sagaId"], row, PARKED, row["parkedAt"]))
    for row in _noted_as_parked(account, outputs):
        found.setdefault(row["sagaId"], OpenRide(row["sagaId"], row, PARKED, row.get("parkedAt", row["nextAt"])))
    seconds = longest_ride(account, outputs) if older_than is None else older_than
    cutoff = iso_millis(datetime.now(UTC) - timedelta(seconds=seconds))
    for row in _readable(_unsettled_since(account, outputs, cutoff)):
        found.setdefault(row["sagaId"], OpenRide(row["sagaId"], row, row["fareStatus"], row["unsettledSince"]))
    for row in _open_on_express(account, outputs, cutoff):
        found.setdefault(row["sagaId"], OpenRide(row["sagaId"], row, fare_status.PENDING, row[OPEN_SINCE]))
    oldest_first = sorted(found.values(), key=lambda ride: ride.since)
    recovering = [ride for ride in oldest_first if ride.status == fare_status.RECOVERING][:_ASKED_ABOUT]
    slow = {ride.saga_id for ride in recovering if _refund_is_pending(account, outputs, ride)}
    return [replace(ride, refund_pending=ride.saga_id in slow) for ride in oldest_first]


def _refund_is_pending(account: Account, outputs: Outputs, ride: OpenRide) -> bool:
    row = Rides(account, outputs).row("PaymentsTableName", {"sagaId": ride.saga_id})
    return row is not None and row.get("status") == REFUND_PENDING


def _noted_as_parked(account: Account, outputs: Outputs) -> Iterator[Row]:
    """The rows of the outcomes table whose ride is parked."""
    pages = account.client("dynamodb").get_paginator("query")
    found = pages.paginate(
        TableName=outputs["OutcomesTableName"],
        IndexName=WORK_INDEX,
        KeyConditionExpression="#work = :parked",
        ExpressionAttributeNames={"#work": WORK},
        ExpressionAttributeValues={":parked": {"S": PARKED}},
    )
    for page in found:
        yield from map(_texts, page["Items"])


def _open_on_express(account: Account, outputs: Outputs, cutoff: str) -> Iterator[Row]:
    """The rows of Express rides that are open since before a moment."""
    rides = Rides(account, outputs)
    found = _scan(
        account,
        outputs,
        f"{OPEN_SINCE} <= :cutoff",
        {"cutoff": cutoff},
        TableName=outputs["OutcomesTableName"],
        IndexName=OPEN_INDEX,
    )
    for key in found:
        row = rides.row("OutcomesTableName", {"sagaId": key["sagaId"]})
        if row and OPEN_SINCE in row:  # the index lags behind
            yield row


def unreadable_fares(account: Account, outputs: Outputs) -> list[str]:
    """The ids of unsettled fares whose row names no saga: such a ride cannot be found or recovered."""
    rows = _scan(account, outputs, "attribute_exists(unsettledSince)", {}, IndexName=UNSETTLED_INDEX)
    return sorted(row["fareId"] for row in rows if "sagaId" not in row)


def _readable(rows: Iterable[Row]) -> Iterator[Row]:
    """The rows that name their saga; a saga writes its id into each of its rows."""
    return (row for row in rows if "sagaId" in row)


def longest_ride(account: Account, outputs: Outputs) -> int:
    """How many seconds the deployed saga can run."""
    return int(Rides(account, outputs).definition()["TimeoutSeconds"])


def scan_fares(account: Account, outputs: Outputs, condition: str, **values: str) -> Iterator[Row]:
    """Finds fares by a condition whose `:names` are in `values`. Reads the entire table: for operators only."""
    return _scan(account, outputs, condition, values)


def _unsettled_since(account: Account, outputs: Outputs, cutoff: str) -> Iterator[Row]:
    rides = Rides(account, outputs)
    for key in _scan(account, outputs, "unsettledSince <= :cutoff", {"cutoff": cutoff}, IndexName=UNSETTLED_INDEX):
        row = rides.row("FaresTableName", {"fareId": key["fareId"]})
        if row and row.get("fareStatus") in fare_status.UNSETTLED and "unsettledSince" in row:  # the index lags behind
            yield {name: value for name, value in row.items() if name != "sagaId" or "sagaId" in key}


def _scan(account: Account, outputs: Outputs, condition: str, values: Mapping[str, str], **where: Any) -> Iterator[Row]:
    pages = account.client("dynamodb").get_paginator("scan")
    asked = {"TableName": outputs["FaresTableName"], "FilterExpression": condition, **where}
    if values:
        asked["ExpressionAttributeValues"] = {f":{name}": {"S": one} for name, one in values.items()}
    found = pages.paginate(**asked)
    for page in found:
        for item in page["Items"]:
            yield _texts(item)


def _texts(item: Mapping[str, Any]) -> Row:
    """The attributes of a row that are text, and not empty."""
    return {name: str(value["S"]) for name, value in item.items() if value.get("S")}

"""The list of rides that wait for a person, or have been under way for too long: `make rides`."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from rich.console import Console

from lambda_src import fare_status
from lambda_src.fare import FARE_FIELDS
from lambda_src.recovery.execution import iso_millis
from wild_rydes_saga.cli.facts import Fact, print_facts
from wild_rydes_saga.deployed.account import Account
from wild_rydes_saga.deployed.parked import Parked, parked_rides
from wild_rydes_saga.deployed.rides import Rides
from wild_rydes_saga.deployed.stacks import Outputs

# As `wild_rydes_saga.services.fares` names it, which imports the CDK: a second that no operator should wait for.
UNSETTLED_INDEX: Final = "Unsettled"
_UNSETTLED: Final = "fareStatus IN (:pending, :recovering)"
_NO_MESSAGE: Final = "not in the parked queue any more, which keeps a message for 14 days"
_NOT_TOLD: Final = "not told: see the recovery's path"

Row = Mapping[str, str]


@dataclass(frozen=True)
class OpenRide:
    """A ride that is not settled, or that a recovery has parked.

    Attributes:
        saga_id: Its execution.
        fare: Its `fareId`, `customerId` and `fareAmount`, as far as they are known.
        status: `pending`, `recovering` or `parked`.
        since: Since when, in ISO 8601: since it started, or since it was parked.
        parked: What the recovery wrote, if it still is in the queue.
    """

    saga_id: str
    fare: Row
    status: str
    since: str
    parked: Parked | None = None


def list_rides(
    console: Console, account: Account, outputs: Outputs, *, older_than: int | None = None, everything: bool = False
) -> None:
    """Prints the rides that are parked, or unsettled for too long; changes nothing.

    Args:
        console: Where to.
        account: Where the stack is.
        outputs: The stack's outputs.
        older_than: From how many seconds on is too long; None for as long as the saga can run.
        everything: Also those that are unsettled for less.
    """
    seconds = 0 if everything else _patience(account, outputs, older_than)
    found = open_rides(account, outputs, older_than=seconds)
    longer = "" if everything else f" for longer than {seconds} s"
    if not found:
        console.print(f"No ride is parked, and none is unsettled{longer}.")
        return
    console.print(f"{len(found)} parked, or unsettled{longer}:")
    for ride in found:
        print_facts(console, ride.status, _facts(ride))


def open_rides(account: Account, outputs: Outputs, *, older_than: int | None = None) -> list[OpenRide]:
    """Finds the rides that are parked, or unsettled for longer than `older_than` seconds: oldest first.

    Parked is what has a message in the parked queue or a mark on its fare: the
    mark outlives the message, and a ride whose fare is not known has no mark.
    """
    told = parked_rides(account, outputs["ParkedQueueUrl"])
    found = {saga_id: OpenRide(saga_id, one.fare, "parked", one.parked_at, one) for saga_id, one in told.items()}
    marked = scan_fares(account, outputs, f"attribute_exists(parkedAt) AND {_UNSETTLED}", **_unsettled())
    for row in marked:
        found.setdefault(row["sagaId"], OpenRide(row["sagaId"], row, "parked", row["parkedAt"]))
    cutoff = iso_millis(datetime.now(UTC) - timedelta(seconds=_patience(account, outputs, older_than)))
    for row in _unsettled_since(account, outputs, cutoff):
        found.setdefault(row["sagaId"], OpenRide(row["sagaId"], row, row["fareStatus"], row["unsettledSince"]))
    return sorted(found.values(), key=lambda ride: ride.since)


def scan_fares(account: Account, outputs: Outputs, condition: str, **values: str) -> Iterator[Row]:
    """Finds fares by a condition whose `:names` are in `values`. Reads the whole table, as only a person may."""
    return _scan(account, outputs, condition, values)


def _patience(account: Account, outputs: Outputs, older_than: int | None) -> int:
    """Default: how long the saga can run, as deployed."""
    if older_than is not None:
        return older_than
    return int(Rides(account, outputs).definition()["TimeoutSeconds"])


def _unsettled_since(account: Account, outputs: Outputs, cutoff: str) -> Iterator[Row]:
    rides = Rides(account, outputs)
    for key in _scan(account, outputs, "unsettledSince <= :cutoff", {"cutoff": cutoff}, IndexName=UNSETTLED_INDEX):
        row = rides.row("FaresTableName", {"fareId": key["fareId"]})
        if row and row["fareStatus"] in fare_status.UNSETTLED and "unsettledSince" in row:  # the index lags behind
            yield row


def _unsettled() -> dict[str, str]:
    return {status: status for status in fare_status.UNSETTLED}


def _scan(account: Account, outputs: Outputs, condition: str, values: Mapping[str, str], **index: Any) -> Iterator[Row]:
    pages = account.client("dynamodb").get_paginator("scan")
    found = pages.paginate(
        TableName=outputs["FaresTableName"],
        FilterExpression=condition,
        ExpressionAttributeValues={f":{name}": {"S": value} for name, value in values.items()},
        **index,
    )
    for page in found:
        for item in page["Items"]:
            yield {name: str(next(iter(value.values()))) for name, value in item.items()}


def _facts(ride: OpenRide) -> list[Fact]:
    known = [(name, ride.fare[name]) for name in FARE_FIELDS if name in ride.fare]
    return [("saga id", ride.saga_id), *known, ("since", ride.since), *parked_facts(ride.parked, ride.status)]


def parked_facts(parked: Parked | None, status: str) -> list[Fact]:
    """What is still to do, and why."""
    if parked:
        return [("still to do", ", ".join(parked.still_to_do)), ("why", parked.why or _NOT_TOLD)]
    return [("why", _NO_MESSAGE)] if status == "parked" else []

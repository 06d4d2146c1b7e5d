"""`make rides`: the rides that wait for a person, or have been open for too long."""

from collections.abc import Sequence
from typing import Final

from rich.console import Console

from lambda_src.fare import FARE_FIELDS
from lambda_src.recovery.work.work_row import PARKED
from wild_rydes_saga.cli.screen import (
    Fact,
    command,
    count,
    duration,
    print_facts,
    print_line,
    print_next,
    ride_command,
    with_age,
)
from wild_rydes_saga.deployed.operations.open_rides import (
    WHY_PENDING,
    OpenRide,
    longest_ride,
    open_rides,
    unreadable_fares,
)
from wild_rydes_saga.deployed.operations.parked import Parked
from wild_rydes_saga.deployed.stacks import Stack

_NO_MESSAGE: Final = "its message is gone from the parked queue, which keeps one for 14 days"
_UNREADABLE: Final = "the fare's row names no saga in sagaId: correct the row or delete it"
_NO_REASON: Final = "not recorded: see the recovery's path"


def list_rides(console: Console, stack: Stack, *, older_than: int | None = None, everything: bool = False) -> None:
    """Prints the rides that are parked, or open for too long; changes nothing.

    Args:
        console: Where to.
        stack: Which.
        older_than: How many seconds a ride may be open; None for as long as the saga can run.
        everything: Also those that have been open for less.
    """
    seconds = longest_ride(stack.account, stack.outputs) if older_than is None else older_than
    found = open_rides(stack.account, stack.outputs, older_than=0 if everything else seconds)
    unreadable = unreadable_fares(stack.account, stack.outputs)
    print_line(console, _verdict(found, None if everything else seconds, longest=older_than is None), style="bold")
    for ride in found:
        print_facts(console, ride.status, _facts(ride))
    for fare_id in unreadable:
        print_facts(console, "unreadable", [("fareId", fare_id), ("why", _UNREADABLE)])
    print_next(console, _next(stack, found, everything=everything))


def parked_facts(parked: Parked | None, status: str) -> list[Fact]:
    """What is still to do, and why."""
    if parked:
        return [("still to do", ", ".join(parked.still_to_do)), ("why", parked.why or _NO_REASON)]
    return [("why", _NO_MESSAGE)] if status == PARKED else []


def _verdict(found: Sequence[OpenRide], seconds: int | None, *, longest: bool) -> str:
    """How many rides are parked, and how many are open; for more than so many seconds, if only such were asked for."""
    parked = sum(ride.status == PARKED for ride in found)
    if not found:
        return f"No ride is parked, and none {_open(0, seconds)}."
    parts = [f"{count(parked, 'ride')} {'is' if parked == 1 else 'are'} parked and waiting for you"] if parked else []
    if others := len(found) - parked:
        why = ", which is longer than a ride can run" if longest and seconds is not None else ""
        parts.append(f"{count(others, 'ride')} {_open(others, seconds)}{why}: neither completed nor rolled back yet")
    return f"{'; '.join(parts)}."


def _open(number: int, seconds: int | None) -> str:
    if seconds is None:
        return "are open" if number > 1 else "is open"
    return f"{'have' if number > 1 else 'has'} been open for more than {duration(seconds)}"


def _next(stack: Stack, found: Sequence[OpenRide], *, everything: bool) -> str:
    if found and all(ride.refund_pending for ride in found):
        return f"wait: nothing is to be done until the refunds arrive. {command(stack, 'rides')} shows what is left"
    match [ride for ride in found if not ride.refund_pending]:
        case []:
            return (
                "nothing to do." if everything else f"nothing to do. Every open ride: {command(stack, 'rides ALL=1')}"
            )
        case [ride]:
            return ride_command(stack, "ride", ride.saga_id.rpartition(":")[2])
        case [oldest, *_]:
            show = ride_command(stack, "ride", oldest.saga_id.rpartition(":")[2])
            return f"{show} shows the oldest. Fix the cause, then: {command(stack, 'recover ALL=1')}"
    return ""


def _facts(ride: OpenRide) -> list[Fact]:
    known = [(name, ride.fare[name]) for name in FARE_FIELDS if name in ride.fare]
    since = ("since", with_age(ride.since))
    slow = [("why", WHY_PENDING)] if ride.refund_pending else []
    return [("saga id", ride.saga_id), *known, since, *slow, *parked_facts(ride.parked, ride.status)]

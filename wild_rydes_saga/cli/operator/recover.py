"""`make recover`: starts the recovery of a ride, or of every ride that waits for one, and says how it ended."""

from collections.abc import Mapping, Sequence
from typing import Final

from rich.console import Console
from rich.markup import escape

from wild_rydes_saga.cli.progress import phase_with_steps
from wild_rydes_saga.cli.screen import command, count, duration, print_line, print_next, printable, ride_command
from wild_rydes_saga.deployed.operations.open_rides import open_rides
from wild_rydes_saga.deployed.operations.parked import remove_parked
from wild_rydes_saga.deployed.operations.recoveries import (
    Ended,
    Ending,
    seconds_before_parking,
    start_recovery,
    wait_for_recovery,
)
from wild_rydes_saga.deployed.operations.ride_report import find_ride
from wild_rydes_saga.deployed.stacks import Stack

AT_ONCE: Final = 20
"""Recoveries that one command lets run at the same time: each reads Step Functions' own records."""
_IN_WORDS: Final = {
    Ending.RIDE_RECOVERED: "recovered: it is completed or rolled back, and its message is sent",
    Ending.NOTHING_TO_RECOVER: "nothing to recover: it had completed or was rolled back",
    Ending.STILL_RUNNING: "left alone: it is still running",
    Ending.RIDE_PARKED: "parked again",
    Ending.NOT_AN_EXECUTION: "refused: not an execution of the saga",
    Ending.INTERRUPTED: "not recovered: the recovery itself was interrupted",
}
_NOTHING_OPEN: Final = "no ride is parked, and none has been open for longer than a ride can run"
_SETTLED: Final = (Ending.RIDE_RECOVERED, Ending.NOTHING_TO_RECOVER)
_FINE: Final = (*_SETTLED, Ending.STILL_RUNNING)


def recover_ride(console: Console, stack: Stack, ride: str) -> bool:
    """Recovers one ride; see `recover_all`. Raises `OperatorError` if there is no such ride."""
    return _recover(console, stack, [find_ride(stack.account, stack.outputs, ride)])


def recover_all(console: Console, stack: Stack) -> bool:
    """Recovers every ride that is parked or open for too long; returns False if a person must still inspect one.

    A ride whose refund is pending is left alone: it has a recovery that waits for that.
    A ride's messages leave the parked queue only once it is known to be settled.
    Interrupting this does not interrupt the recoveries.
    """
    found = open_rides(stack.account, stack.outputs)
    waiting = [ride for ride in found if not ride.refund_pending]
    if not waiting:
        why = "only refunds are pending, which the gateway has accepted" if found else _NOTHING_OPEN
        print_line(console, f"Nothing to recover: {why}.")
        return True
    return _recover(console, stack, [ride.saga_id for ride in waiting])


def _recover(console: Console, stack: Stack, saga_ids: Sequence[str]) -> bool:
    _announce(console, stack, len(saga_ids))
    ended = {}
    for first in range(0, len(saga_ids), AT_ONCE):
        some = saga_ids[first : first + AT_ONCE]
        started = {saga_id: start_recovery(stack.account, stack.outputs, saga_id) for saga_id in some}
        for saga_id, recovery_arn in started.items():
            with phase_with_steps(console, f"Waiting for the recovery of {escape(_name(saga_id))}") as say:
                ended[saga_id] = wait_for_recovery(stack.account, recovery_arn, say)
    settled = {saga_id for saga_id, one in ended.items() if one.ending in _SETTLED}
    removed = remove_parked(stack.account, stack.outputs["ParkedQueueUrl"], settled) if settled else 0
    print_line(console, _verdict(ended), style="bold")
    for saga_id, one in ended.items():
        print_line(console, f"{_name(saga_id)}: {_IN_WORDS[one.ending]}{f' ({one.cause})' if one.cause else ''}")
    if removed:
        print_line(console, f"Removed from the parked queue: {count(removed, 'message')}.")
    print_next(console, _next(stack, ended))
    return all(one.ending in _FINE for one in ended.values())


def _announce(console: Console, stack: Stack, number: int) -> None:
    """Says how long it may take, before the wait."""
    patience = duration(seconds_before_parking(stack.account, stack.outputs))
    at_once = f", {AT_ONCE} at the same time" if number > AT_ONCE else ""
    print_line(
        console,
        f"… Recovering {count(number, 'ride')}{at_once}: some seconds each, if every step succeeds. A step that fails"
        f" is tried again for up to {patience}, and then the ride is parked. Ctrl-C ends the wait, not the recovery.",
    )


def _verdict(ended: Mapping[str, Ended]) -> str:
    settled = sum(one.ending in _SETTLED for one in ended.values())
    running = sum(one.ending is Ending.STILL_RUNNING for one in ended.values())
    left = len(ended) - settled - running
    parts = [f"{settled} of {count(len(ended), 'ride')} settled"]
    parts += [f"{running} still running"] if running else []
    parts += [f"{left} left to you"] if left else []
    return f"{', '.join(parts)}."


def _next(stack: Stack, ended: Mapping[str, Ended]) -> str:
    left = [saga_id for saga_id, one in ended.items() if one.ending not in _FINE]
    interrupted = [saga_id for saga_id in left if ended[saga_id].ending is Ending.INTERRUPTED]
    if interrupted:
        return ride_command(stack, "recover", _name(interrupted[0]))
    if left:
        return f"{ride_command(stack, 'ride', _name(left[0]))} says why"
    return f"nothing to do. Other rides: {command(stack, 'rides')}"


def _name(saga_id: str) -> str:
    return printable(saga_id.rpartition(":")[2])

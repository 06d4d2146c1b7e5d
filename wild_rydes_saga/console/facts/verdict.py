"""What became of a ride, in one sentence."""

from dataclasses import dataclass
from enum import Enum
from typing import Final

from lambda_src.fare_status import COMPLETED, FAILED, RECOVERING
from lambda_src.recovery.work.work_row import PARKED
from wild_rydes_saga.deployed.money import money

_REFUSALS: Final = ("InvalidFare", "FareLocked")
_ENDED: Final = {"ABORTED": "cancelled", "TIMED_OUT": "timed out"}
NO_ROW: Final = "NO ROW"
"""The status of a ride on Express that has left no row."""
_NO_QUEUE: Final = {"none": "no message sent", "unclear": "its message is in neither queue"}


class Tone(Enum):
    """How a page marks a ride: by a colour and by a sign."""

    RUNNING = "running"
    DONE = "done"
    CAUGHT = "caught"
    """It failed, and everything was undone."""
    FAILED = "failed"
    """Money is in the wrong place, or a person has to act."""


@dataclass(frozen=True, kw_only=True)
class Known:
    """What is known of a ride.

    Attributes:
        status: AWS's name for its execution's status.
        error: The name of the execution's error, if it failed.
        fare_status: The status of its fare, if the fare is still this ride's.
        work: What the list of recoveries says is left to do.
        captured: What its row in the payments ledger says was captured, in minor units.
        refunded: What was given back.
        credited: What is credited to the customer's account.
        message: See `Messages.of`.
        is_learners: Whether it ran on the learner's machine.
    """

    status: str
    error: str
    fare_status: str
    work: str
    captured: int
    refunded: int
    credited: int
    message: str
    is_learners: bool

    @property
    def paid(self) -> int:
        """What the rider has paid and not got back."""
        return self.captured - self.refunded

    @property
    def is_open(self) -> bool:
        """Whether it runs, or something is left to do for it."""
        return self.status == "RUNNING" or bool(self.work) or self.fare_status not in ("", COMPLETED, FAILED)


def verdict(known: Known) -> tuple[Tone, str]:
    """How the ride came out, and the sentence that says it with its money and its message."""
    if known.status == "RUNNING":
        return Tone.RUNNING, f"running: {_money(known)} so far"
    return _of_ended(known)


def _of_ended(known: Known) -> tuple[Tone, str]:
    if known.work == PARKED:
        return Tone.FAILED, f"parked{_after(known)}: {_money(known)}. It waits for you"
    if known.fare_status == COMPLETED or known.status == "SUCCEEDED":
        return _completed(known)
    if known.fare_status == RECOVERING:
        return Tone.RUNNING, f"being recovered{_after(known)}: {_money(known)} so far"
    if known.is_open:
        return Tone.FAILED, f"{_ended(known)}, not settled: {_money(known)}. Its recovery is due"
    return _failed(known)


def _failed(known: Known) -> tuple[Tone, str]:
    if known.status == NO_ROW:
        return Tone.CAUGHT, f"left no row, so nothing was done: its input was refused, or it never began{_sent(known)}"
    if known.paid > 0 or known.credited > 0:
        return Tone.FAILED, f"{_ended(known)}: {_money(known)}{_lost(known)}, {_message(known)}"
    if known.error in _REFUSALS:
        return Tone.CAUGHT, f"refused ({known.error}): {_money(known)}, {_message(known)}"
    return Tone.CAUGHT, f"rolled back{_after(known)}: {_money(known)}, {_message(known)}"


def _completed(known: Known) -> tuple[Tone, str]:
    right = known.paid > 0 and known.message in ("success", "")
    tone = Tone.DONE if right else Tone.FAILED
    word = "completed" if right or known.fare_status == COMPLETED else "ended without an error"
    return tone, f"{word}: {_money(known)}, {_message(known)}"


def _ended(known: Known) -> str:
    return _ENDED.get(known.status) or f"failed{_after(known)}"


def _after(known: Known) -> str:
    if known.status in _ENDED:
        return " after it was cancelled" if known.status == "ABORTED" else " after it timed out"
    return f" after {known.error}" if known.error else ""


def _money(known: Known) -> str:
    if known.captured == 0:
        return "nothing captured"
    if known.refunded == 0:
        return f"{money(known.captured)} captured"
    if known.paid == 0:
        return f"{money(known.captured)} captured and refunded"
    return f"{money(known.captured)} captured, {money(known.refunded)} refunded"


def _lost(known: Known) -> str:
    if known.paid > 0:
        return f" and not refunded: the rider lost {money(known.paid)}"
    return f", but the account keeps {money(known.credited)}"


def _sent(known: Known) -> str:
    return f"; {known.message} message sent" if known.message else ""


def _message(known: Known) -> str:
    if known.message in _NO_QUEUE:
        return _NO_QUEUE[known.message]
    return f"{known.message} message sent" if known.message else "its message is not recorded yet"

"""Inspects a ride on Express by its own row in the outcomes table: Step Functions does not know its execution."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from lambda_src import fare_status
from lambda_src.dynamodb import Row
from lambda_src.errors import StillRunning
from lambda_src.fare import FARE_FIELDS
from lambda_src.fare_status import CAPTURED, CREDITED
from lambda_src.moments import now
from lambda_src.recovery import verdict
from lambda_src.recovery.wiring import Books
from lambda_src.recovery.work import open_ride as names
from lambda_src.sdk import busy_named

_CONTRADICTION: Final = "the ride was reported as completed, but its fare is not settled: see docs/runbook.md"
_NO_ROW: Final = "the ride has no row in the outcomes table (it is kept for 60 days): see docs/runbook.md"
_REFUSED: Final = "refused"
_CUT_OFF: Final = {"error": "States.Timeout", "cause": "the execution was cut off, and the ride was recovered"}


@dataclass(frozen=True)
class Patience:
    """How long something may go on, in seconds.

    Attributes:
        straggler: A call that an execution has left behind.
        open: An Express ride whose execution may still run.
    """

    straggler: int
    open: int


@dataclass(frozen=True)
class _Ride:
    """A ride on Express: its own row, and those of the services' tables."""

    row: Row
    fare: Row | None
    payment: Row | None
    account: Row | None

    @property
    def fields(self) -> Mapping[str, str]:
        """Those of the fare's fields that are valid."""
        return {name: str(self.row[name]) for name, rule in FARE_FIELDS.items() if rule.accepts(self.row.get(name))}

    @property
    def is_over(self) -> bool:
        """Whether its message was sent, or a recovery finished it."""
        return "closedAt" in self.row or "sentAt" in self.row

    def has_ended(self, open_seconds: int) -> bool:
        """Whether its execution does nothing any more."""
        opened = self.row.get(names.OPEN_SINCE, self.row["startTime"])
        return self.is_over or names.HANDED_OVER_AT in self.row or _seconds_since(opened) >= open_seconds

    @property
    def outcome(self) -> str:
        """The outcome that it reports, or would have reported, if it is not completed."""
        return str(self.row.get(names.OUTCOME, "failed"))

    @property
    def failure(self) -> dict[str, str]:
        """Its failing step, with the error and the cause; of one that was cut off, the last step that left a trace."""
        if names.ERROR in self.row:
            return {
                part: str(self.row.get(name, ""))
                for part, name in zip(("step", "error", "cause"), names.FAILURE, strict=True)
            }
        traces = {"CustomerAccountCredit": self.account, "ChargeFare": self.payment}
        return {"step": next((step for step, row in traces.items() if row), "RegisterFare"), **_CUT_OFF}

    def owns(self, row: Row | None) -> bool:
        """Tells whether a row was written by this ride, and by no earlier one of its name."""
        if row is None or row.get("sagaId") != self.row["sagaId"]:
            return False
        return row.get("startTime", self.row["startTime"]) == self.row["startTime"]

    def decide(self) -> tuple[str, str]:
        """The verdict, and why a person must decide, if one must."""
        fare = self.fare
        mine = fare.get("fareStatus", fare_status.PENDING) if fare and self.owns(fare) else None
        if mine in fare_status.UNSETTLED:  # also of a ride that was reported, and whose fare was registered late
            reported = self.is_over and self.row.get("fareStatus") == fare_status.COMPLETED
            return (verdict.UNCLEAR, _CONTRADICTION) if reported else (verdict.UNSETTLED, "")
        if self.is_over:
            return verdict.NOTHING, ""
        if mine == fare_status.FAILED or names.SETTLED_AT in self.row or self.outcome == _REFUSED:
            return verdict.SETTLED, ""
        if fare is None:
            return verdict.UNSETTLED, ""
        # If it is another saga's by now: a fare passes on only when it is settled, and the ledgers say how.
        kept = self._kept(self.payment, CAPTURED) and self._kept(self.account, CREDITED)
        return (verdict.COMPLETED if mine == fare_status.COMPLETED or kept else verdict.SUPERSEDED), ""

    def _kept(self, row: Row | None, status: str) -> bool:
        return self.owns(row) and row is not None and row.get("status") == status

    def seconds_left(self, straggler_seconds: int) -> int:
        """How long a call may still run that the execution made before it handed the ride over."""
        if names.HANDED_OVER_AT not in self.row:
            return 0
        return max(0, min(straggler_seconds, round(straggler_seconds - _seconds_since(self.row[names.HANDED_OVER_AT]))))


def inspect_express(saga_id: str, *, books: Books, patience: Patience) -> dict[str, Any]:
    """Decides what the state of a ride on Express calls for; changes nothing. Answers as `inspect` does.

    Raises:
        StillRunning: Its execution may still run.
        ServiceBusy: AWS refused a call for now: inspect again.
    """
    with busy_named():
        row = books.ride(saga_id)
        if row is None or "startTime" not in row:
            return _without_row(saga_id)
        fare_id = str(row.get("fareId", ""))
        fare = books.fare(fare_id) if fare_id else None
        ride = _Ride(row, fare, books.payment(saga_id), books.account(saga_id))
    if not ride.has_ended(patience.open):
        raise StillRunning("the execution may still run: the ride is left alone")
    decided, why = ride.decide()
    charged = ride.payment if decided == verdict.COMPLETED else None
    return {
        "verdict": decided,
        "ride": {"sagaId": saga_id, "startTime": str(row["startTime"]), **ride.fields},
        "failure": ride.failure,
        "outcome": ride.outcome,
        "receipt": {"chargeId": str(charged["chargeId"])} if charged and "chargeId" in charged else {},
        "stragglerSeconds": ride.seconds_left(patience.straggler),
        "trouble": _trouble(why),
    }


def _without_row(saga_id: str) -> dict[str, Any]:
    return {
        "verdict": verdict.UNCLEAR,
        "ride": {"sagaId": saga_id, "startTime": now()},
        "failure": {"step": "", "error": "RideDoesNotExist", "cause": _NO_ROW},
        "outcome": "failed",
        "receipt": {},
        "stragglerSeconds": 0,
        "trouble": _trouble(_NO_ROW),
    }


def _trouble(why: str) -> dict[str, str]:
    return {"state": "InspectExecution", "error": "Unclear" if why else "", "cause": why}


def _seconds_since(moment: object) -> float:
    return (datetime.now(UTC) - datetime.fromisoformat(str(moment).replace("Z", "+00:00"))).total_seconds()

"""Judges RegisterFare by the fare's own row, which belongs to the last saga that took the fare."""

from collections.abc import Iterator, Mapping
from typing import Final

from lambda_src.errors import InvalidFare
from lambda_src.fare_status import COMPLETED, FAILED, PENDING, UNSETTLED
from tests.support.faults.judges.judge import (
    Effect,
    Evidence,
    Judgement,
    Problem,
    Row,
    RowBefore,
    StepJudge,
    WrongInput,
)
from tests.support.faults.trial import OTHER_SAGA
from wild_rydes_saga.machines.fare_saga import FARE_LOCKED

FARES: Final = "FaresTableName"
_EFFECTS: Final = {COMPLETED: Effect.DONE, FAILED: Effect.UNDONE}


def judge(evidence: Evidence) -> Judgement:
    """Reads the fare's status. No row of the ride: it was refused, or another ride has taken the fare since."""
    fare = evidence.row(FARES)
    if fare is None:
        return Judgement(None)
    return Judgement(_EFFECTS.get(fare["fareStatus"]), problems=tuple(_problems(fare, evidence)))


def _problems(fare: Row, evidence: Evidence) -> Iterator[Problem]:
    # A recovery that could not even read the ride parks it without naming its fare, and cannot mark that fare.
    marked = "parkedAt" in fare or any("fareId" not in message for message in evidence.parked)
    if fare["fareStatus"] in UNSETTLED and not (evidence.parked and marked):
        yield Problem("settled", f"the fare is left {fare['fareStatus']}")
    if evidence.ride.by_itself and "recoveredBy" in fare:
        yield Problem("by itself", "the ride was left to its recovery")


def locked_fare(fare_id: str) -> Mapping[str, str]:
    """The row of a fare that another saga is riding."""
    started = "2020-01-01T00:00:00.000Z"
    return {"fareId": fare_id, "sagaId": OTHER_SAGA, "startTime": started, "fareStatus": PENDING}


JUDGE: Final = StepJudge(
    action="RegisterFare",
    tables=[FARES],
    judge=judge,
    forces={
        FARE_LOCKED.reported_as or FARE_LOCKED.error: RowBefore(FARES, locked_fare),
        InvalidFare.__name__: WrongInput({"fareAmount": "20"}),
    },
)

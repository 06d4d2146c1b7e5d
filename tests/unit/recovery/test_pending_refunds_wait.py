"""Recoveries that wait for a pending refund, for days: they keep no other ride from being recovered."""

from collections.abc import Callable
from typing import Final

import pytest

from lambda_src import environment
from lambda_src.fare_status import CAPTURED, REFUND_PENDING
from lambda_src.moments import at, now
from lambda_src.recovery.start_recoveries import start_recoveries
from lambda_src.recovery.work.work_list import SWEEP, WorkList
from lambda_src.recovery.work.work_row import DUE, RECOVERING, WAITING
from tests.support.handlers.rides import RIDE
from tests.support.recovery.recovery_cloud import FaresBesideLedgers
from tests.support.recovery.step_functions import StepFunctions

Rounds = Callable[[int], Callable[[], bool]]
SAGA: Final = RIDE.saga_id
PLACES: Final = 3
A_MINUTE_AGO: Final = 530
"""Of a lease of 600 seconds, that many are left, and some more of it have passed than a minute."""

pytestmark = pytest.mark.usefixtures("queues", "step_functions")


@pytest.fixture(autouse=True)
def few_places(settings: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(environment.RECOVERIES_AT_ONCE, str(PLACES))


def due(work: WorkList, name: str) -> str:
    """Puts a ride on the list; returns its saga."""
    work.add(f"{SAGA}-{name}", found_by=SWEEP, start_at=now())
    return f"{SAGA}-{name}"


def full(work: WorkList, fares: FaresBesideLedgers, status: str, rounds: Rounds, *, look: int = A_MINUTE_AGO) -> None:
    """Lets every place be held by a recovery whose payment has the status."""
    sagas = [due(work, f"{status}-{number}") for number in range(PLACES)]
    start_recoveries(work, time_left=rounds(9))
    for saga_id in sagas:
        fares.put_payment({"sagaId": saga_id, "status": status})
        fares.change_outcome(saga_id, nextAt=at(look))


def work_of(fares: FaresBesideLedgers, saga_id: str) -> object:
    return (fares.outcome(saga_id) or {}).get("work")


def test_more_pending_refunds_than_places_keep_no_other_ride_waiting(
    work: WorkList, fares: FaresBesideLedgers, rounds: Rounds
) -> None:
    for _ in range(3):
        full(work, fares, REFUND_PENDING, rounds)
    stopped = due(work, "stopped")
    assert start_recoveries(work, time_left=rounds(9)) == {"started": 1, "parked": 0}
    assert work_of(fares, stopped) == RECOVERING


@pytest.mark.parametrize(
    ("status", "look"), [(CAPTURED, A_MINUTE_AGO), (REFUND_PENDING, 600)], ids=["no-pending-refund", "just-started"]
)
def test_a_recovery_that_may_be_at_work_keeps_its_place(
    status: str, look: int, work: WorkList, fares: FaresBesideLedgers, rounds: Rounds
) -> None:
    """Else the starts of recoveries would be as many as refunds are pending, and use up the quotas of their calls."""
    full(work, fares, status, rounds, look=look)
    stopped = due(work, "stopped")
    assert start_recoveries(work, time_left=rounds(9)) == {"started": 0, "parked": 0}
    assert (work_of(fares, stopped), work.recovering()) == (DUE, PLACES)


def test_giving_places_back_ends_in_time(work: WorkList, fares: FaresBesideLedgers, rounds: Rounds) -> None:
    full(work, fares, REFUND_PENDING, rounds)
    due(work, "stopped")
    start_recoveries(work, time_left=rounds(2))
    assert work.recovering() == PLACES - 1


def test_while_there_is_room_no_payment_is_read(
    work: WorkList, fares: FaresBesideLedgers, rounds: Rounds, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(environment.PAYMENTS_TABLE, raising=False)
    for number in range(PLACES):
        due(work, str(number))
    assert start_recoveries(work, time_left=rounds(9)) == {"started": PLACES, "parked": 0}


@pytest.mark.parametrize(
    ("ends_as", "becomes"), [(None, WAITING), ("FAILED", DUE), ("ABORTED", DUE)], ids=["runs", "failed", "stopped"]
)
def test_one_that_gave_its_place_back_is_still_inspected(
    ends_as: str | None,
    becomes: str,
    work: WorkList,
    fares: FaresBesideLedgers,
    rounds: Rounds,
    step_functions: StepFunctions,
) -> None:
    full(work, fares, REFUND_PENDING, rounds)
    due(work, "stopped")
    start_recoveries(work, time_left=rounds(9))
    waiting = f"{SAGA}-{REFUND_PENDING}-0"
    row = fares.outcome(waiting) or {}
    assert row["work"] == WAITING
    assert at(3500) < str(row["nextAt"]) <= at(3600), "it is inspected by the hour"
    if ends_as:
        step_functions.ends(str(row["recoveryArn"]), ends_as)
    fares.change_outcome(waiting, nextAt=now())
    start_recoveries(work, time_left=rounds(9))
    row = fares.outcome(waiting) or {}
    assert row["work"] == becomes
    assert (str(row["nextAt"]) > at(3500)) is (becomes == WAITING)


def test_one_that_finished_its_ride_leaves_the_list(work: WorkList, fares: FaresBesideLedgers, rounds: Rounds) -> None:
    full(work, fares, REFUND_PENDING, rounds)
    due(work, "stopped")
    start_recoveries(work, time_left=rounds(9))
    waiting = f"{SAGA}-{REFUND_PENDING}-0"
    work.record_sent(waiting, event_id="e", fare_status="failed")
    assert work_of(fares, waiting) is None

"""The list of rides to recover: what moves a ride, what does not, and that no call waits for ever."""

from collections.abc import Callable
from typing import Any, Final

import pytest

from lambda_src import dynamodb
from lambda_src.errors import LedgerBusy
from lambda_src.moments import at, now
from lambda_src.recovery.work.listed_ride import Added, Work
from lambda_src.recovery.work.lock import StartLock
from lambda_src.recovery.work.open_ride import OPEN_SINCE
from lambda_src.recovery.work.work_list import EVENT, SWEEP, WorkList
from lambda_src.recovery.work.work_row import PARKED, RECOVERING, WORK
from tests.support.handlers.rides import RIDE
from tests.support.recovery.recovery_cloud import OUTCOMES, FaresBesideLedgers

SAGA: Final = RIDE.saga_id
BATCH_GET: Final = "before-parameter-build.dynamodb.BatchGetItem"


def the_due(work: WorkList) -> Work:
    """The only ride that is due."""
    [one] = work.due(10)
    return one


def test_an_event_never_puts_a_known_ride_on_the_list(work: WorkList, fares: FaresBesideLedgers) -> None:
    fares.change_outcome(SAGA, closedAt="2026-01-01T00:00:00.000Z")
    assert not work.add(SAGA, found_by=EVENT, start_at=now())
    assert work.due(1) == []


def test_the_sweep_puts_a_closed_ride_back_and_keeps_its_attempts(work: WorkList, fares: FaresBesideLedgers) -> None:
    fares.change_outcome(SAGA, closedAt="2026-01-01T00:00:00.000Z", attempts=3)
    assert work.add(SAGA, found_by=SWEEP, start_at=now(), fare_id="fare-1")
    assert (the_due(work).attempts, the_due(work).fare_id) == (3, "fare-1")


@pytest.mark.parametrize("finished", ["closedAt", "sentAt"])
def test_a_ride_that_finished_after_the_sweep_read_it_stays_off_the_list(
    finished: str, work: WorkList, fares: FaresBesideLedgers
) -> None:
    seen_at = at(-30)
    fares.change_outcome(SAGA, **{finished: at(-10)})
    assert not work.add(SAGA, found_by=SWEEP, start_at=now(), fare_id="fare-1", seen_at=seen_at)
    fares.change_outcome(SAGA, **{finished: at(-40)})
    assert work.add(SAGA, found_by=SWEEP, start_at=now(), fare_id="fare-1", seen_at=seen_at)


@pytest.mark.parametrize("state", [RECOVERING, PARKED])
def test_a_ride_that_somebody_has_is_never_put_back(state: str, work: WorkList, fares: FaresBesideLedgers) -> None:
    fares.change_outcome(SAGA, work=state, nextAt=at(600))
    for found_by in (EVENT, SWEEP):
        assert not work.add(SAGA, found_by=found_by, start_at=now())
    row = fares.outcome(SAGA)
    assert row is not None
    assert row["work"] == state


def test_a_ride_is_taken_by_one_of_two(work: WorkList) -> None:
    work.add(SAGA, found_by=SWEEP, start_at=now())
    one = the_due(work)
    assert work.take(one, "recovery-1", look_at=at(600))
    assert not work.take(one, "recovery-2", look_at=at(600))
    assert work.recovering() == 1


def test_a_late_inspection_of_an_earlier_recovery_changes_nothing(work: WorkList) -> None:
    work.add(SAGA, found_by=SWEEP, start_at=now())
    work.take(the_due(work), "recovery-1", look_at=now())
    [first] = work.overstayed(1)
    assert work.put_back(first, start_at=now(), started=True)
    work.take(the_due(work), "recovery-2", look_at=now())
    assert not work.put_back(first, start_at=now(), started=True)
    assert not work.extend(first, look_at=at(600))
    [second] = work.overstayed(1)
    assert (second.recovery_arn, second.attempts) == ("recovery-2", 2)


def test_a_record_that_comes_while_a_recovery_runs_ends_the_work(work: WorkList, fares: FaresBesideLedgers) -> None:
    work.add(SAGA, found_by=EVENT, start_at=now())
    work.take(the_due(work), "recovery-1", look_at=now())
    [running] = work.overstayed(1)
    work.record_sent(SAGA, event_id="e", fare_status="failed")
    assert not work.put_back(running, start_at=now(), started=True)
    assert not work.extend(running, look_at=at(600))
    assert (work.due(1), work.overstayed(1), work.recovering()) == ([], [], 0)


def test_a_parked_ride_that_a_person_closed_can_be_found_again(work: WorkList, fares: FaresBesideLedgers) -> None:
    work.add(SAGA, found_by=SWEEP, start_at=now())
    assert work.park(the_due(work))
    work.record_sent(SAGA, event_id="e", fare_status="failed")
    assert work.add(SAGA, found_by=SWEEP, start_at=now(), seen_at=at(60)) is Added.PARKED, "a record changes nothing"
    close = {
        "UpdateExpression": "SET closedAt = :now REMOVE #work, nextAt",
        "ExpressionAttributeNames": {"#work": WORK},
    }
    values = dynamodb.typed({":now": now()})
    dynamodb.update(TableName=OUTCOMES, Key=dynamodb.typed({"sagaId": SAGA}), ExpressionAttributeValues=values, **close)
    assert work.add(SAGA, found_by=SWEEP, start_at=now(), seen_at=at(60))


@pytest.mark.parametrize("end", ["reported", "parked"])
def test_a_ride_on_express_that_ended_is_open_no_more(end: str, work: WorkList, fares: FaresBesideLedgers) -> None:
    """Else each sweep would count it as overdue, for as long as its row is kept."""
    fares.change_outcome(SAGA, **{OPEN_SINCE: at(-600)})
    work.add(SAGA, found_by=SWEEP, start_at=now())
    if end == "parked":
        assert work.park(the_due(work))
    else:
        work.record_sent(SAGA, event_id="e", fare_status="failed")
    assert OPEN_SINCE not in (fares.outcome(SAGA) or {})


def test_the_lock_is_one_owners_until_it_ends(work: WorkList) -> None:
    lock = StartLock(work.table)
    assert lock.take("a", seconds=60)
    assert not lock.take("b", seconds=60)
    lock.release("b")
    assert not lock.take("b", seconds=60)
    lock.release("a")
    assert lock.take("b", seconds=-1)
    assert lock.take("c", seconds=60)
    lock.release("b")
    assert not lock.take("d", seconds=60)


def test_known_rides_are_asked_for_in_batches(work: WorkList, fares: FaresBesideLedgers) -> None:
    sagas = [f"{SAGA}-{number}" for number in range(250)]
    for saga_id in sagas[::2]:
        fares.change_outcome(saga_id, sentAt=now())
    asked = _batches(lambda: work.known([*sagas, *sagas]) == set(sagas[::2]))
    assert asked == [100, 100, 50]


def test_keys_that_stay_unprocessed_end_as_busy(work: WorkList, monkeypatch: pytest.MonkeyPatch) -> None:
    pauses: list[float] = []
    monkeypatch.setattr("time.sleep", pauses.append)
    monkeypatch.setattr(dynamodb, "client", lambda: Throttled(None, answers=0))
    with pytest.raises(LedgerBusy):
        work.known([SAGA])
    assert 1 < len(pauses) < 10
    assert sum(pauses) < 5


def test_keys_that_are_processed_a_few_at_a_time_are_all_read(
    work: WorkList, fares: FaresBesideLedgers, monkeypatch: pytest.MonkeyPatch
) -> None:
    sagas = {f"{SAGA}-{number}" for number in range(40)}
    for saga_id in sagas:
        fares.change_outcome(saga_id, sentAt=now())
    monkeypatch.setattr("time.sleep", lambda _: None)
    throttled = Throttled(dynamodb.client(), answers=2)
    monkeypatch.setattr(dynamodb, "client", lambda: throttled)
    assert work.known([*sorted(sagas), f"{SAGA}-unknown"]) == sagas


class Throttled:
    """A client that processes so many keys of each batch and leaves the others."""

    def __init__(self, client: Any, *, answers: int) -> None:
        self._client = client
        self._answers = answers

    def batch_get_item(self, RequestItems: dict[str, Any]) -> dict[str, Any]:  # noqa: N803  # AWS's name for it
        """Answers for a part."""
        [(table, asked)] = RequestItems.items()
        now_asked, left = asked["Keys"][: self._answers], asked["Keys"][self._answers :]
        found: dict[str, Any] = {"Responses": {}}
        if now_asked:
            found = self._client.batch_get_item(RequestItems={table: {**asked, "Keys": now_asked}})
        return {**found, "UnprocessedKeys": {table: {**asked, "Keys": left}} if left else {}}


def _batches(read: Callable[[], bool]) -> list[int]:
    """How many keys each read asked for."""
    sizes: list[int] = []

    def note(params: dict[str, Any], **_: object) -> None:
        sizes.append(len(params["RequestItems"][OUTCOMES]["Keys"]))

    events = dynamodb.client().meta.events
    events.register(BATCH_GET, note, unique_id="batches")
    try:
        assert read()
    finally:
        events.unregister(BATCH_GET, unique_id="batches")
    return sizes


def test_a_copy_of_a_message_does_not_renew_its_record(work: WorkList, fares: FaresBesideLedgers) -> None:
    """A publisher could hide a ride by it: the sweep skips what was reported just now."""
    fares.change_outcome(SAGA, sentAt=at(-600))
    work.record_sent(SAGA, event_id="e", fare_status="failed")
    assert work.add(SAGA, found_by=SWEEP, start_at=now(), seen_at=at(-60))

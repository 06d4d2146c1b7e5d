"""The sweep: what it counts and queues, that each ride has its turn, and that no row or throttle stops it."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any, Final

import pytest
from botocore.exceptions import ClientError

from lambda_src import dynamodb, environment
from lambda_src.errors import LedgerBusy, MissingSetting
from lambda_src.moments import at, iso_millis, now
from lambda_src.recovery import sweep_fares
from lambda_src.recovery.work.open_ride import OPEN_SINCE
from lambda_src.recovery.work.work_list import SWEEP, WorkList
from lambda_src.recovery.work.work_row import DUE
from tests.support.handlers.rides import CONTEXT, RIDE
from tests.support.recovery.recovery_cloud import INDEX, SINCE, FaresBesideLedgers
from tests.support.recovery.step_functions import StepFunctions

PATIENCE: Final = 600
LONG_AGO: Final = "2026-01-01T00:00:00.000Z"
SAGA: Final = RIDE.saga_id
POISON: Final[list[dict[str, Any]]] = [
    {},
    {"sagaId": {"S": ""}},
    {"sagaId": {"N": "7"}},
    {"sagaId": {"N": "1.5"}},
    {"sagaId": {"N": "1E+9"}},
    {"sagaId": {"B": b"saga"}},
    {"sagaId": {"BOOL": True}},
    {"sagaId": {"L": [{"S": SAGA}]}},
    {"sagaId": {"S": "x" * 2049}},
    {"sagaId": {"S": "\U0001f695" * 600}},
]
_ids: Final = iter(range(100_000))

pytestmark = pytest.mark.usefixtures("work", "step_functions")


def ever() -> bool:
    """There is time."""
    return True


def unsettled(fares: FaresBesideLedgers, saga_id: str, *, seconds: float = PATIENCE + 60, **more: str) -> str:
    """A fare that has been unsettled for so long; returns its id."""
    since = iso_millis(datetime.now(UTC) - timedelta(seconds=seconds))
    fare_id = f"fare-{next(_ids)}"
    fares.put({"fareId": fare_id, "sagaId": saga_id, "fareStatus": "pending", SINCE: since, **more})
    return fare_id


def queued(fares: FaresBesideLedgers) -> list[str]:
    """The rides on the list."""
    return sorted(str(row["sagaId"]) for row in fares.outcomes() if row.get("work") == DUE)


def test_it_takes_what_is_unsettled_for_too_long_alone(fares: FaresBesideLedgers, work: WorkList) -> None:
    fare_id = unsettled(fares, f"{SAGA}-1")
    unsettled(fares, f"{SAGA}-2", seconds=86400 * 30, fareStatus="recovering")
    unsettled(fares, f"{SAGA}-in-time", seconds=PATIENCE - 60)
    unsettled(fares, f"{SAGA}-just-begun", seconds=0)
    fares.put({"fareId": "parked", "sagaId": f"{SAGA}-parked", "fareStatus": "recovering", "parkedAt": LONG_AGO})
    for status in ("completed", "failed"):
        fares.put({"fareId": status, "sagaId": f"{SAGA}-{status}", "fareStatus": status, "startTime": LONG_AGO})
    assert sweep_fares.sweep(work, time_left=ever) == {"overdue": 2, "queued": 2}
    assert queued(fares) == [f"{SAGA}-1", f"{SAGA}-2"]
    row = fares.outcome(f"{SAGA}-1")
    assert row is not None
    assert (row["foundBy"], row["fareId"]) == (SWEEP, fare_id)
    assert sweep_fares.sweep(work, time_left=ever) == {"overdue": 2, "queued": 0}


def test_it_takes_rides_on_express_that_are_open_for_too_long_alone(fares: FaresBesideLedgers, work: WorkList) -> None:
    fares.change_outcome(f"{SAGA}-cut-off", fareId="fare-1", **{OPEN_SINCE: at(-421)})
    fares.change_outcome(f"{SAGA}-may-run", fareId="fare-2", **{OPEN_SINCE: at(-360)})
    fares.change_outcome(f"{SAGA}-closed", fareId="fare-3", closedAt=LONG_AGO)
    assert sweep_fares.sweep(work, time_left=ever) == {"overdue": 1, "queued": 1}
    assert queued(fares) == [f"{SAGA}-cut-off"]
    row = fares.outcome(f"{SAGA}-cut-off")
    assert row is not None
    assert (row["foundBy"], row["fareId"]) == (SWEEP, "fare-1")


def test_a_ride_that_an_index_still_shows_after_its_end_stays_closed(fares: FaresBesideLedgers, work: WorkList) -> None:
    unsettled(fares, SAGA)
    fares.change_outcome(SAGA, closedAt=at(-30))
    assert sweep_fares.sweep(work, time_left=ever) == {"overdue": 1, "queued": 0}


def test_no_recovery_is_started_by_the_sweep(
    fares: FaresBesideLedgers, work: WorkList, step_functions: StepFunctions
) -> None:
    unsettled(fares, SAGA)
    sweep_fares.sweep(work, time_left=ever)
    assert set(step_functions.calls) <= {"ListExecutions"}


@pytest.mark.parametrize("row", POISON, ids=range(len(POISON)))
def test_a_row_that_names_no_saga_is_counted_and_stops_no_other(
    row: dict[str, Any], fares: FaresBesideLedgers, work: WorkList, logs: pytest.CaptureFixture[str]
) -> None:
    unsettled(fares, f"{SAGA}-1")
    fares.put_raw({"fareId": {"S": "poison"}, SINCE: {"S": LONG_AGO}, **row})
    unsettled(fares, f"{SAGA}-2")
    assert sweep_fares.sweep(work, time_left=ever) == {"overdue": 2, "queued": 2}
    assert queued(fares) == [f"{SAGA}-1", f"{SAGA}-2"]
    assert '"FaresUnreadable":[1.0]' in logs.readouterr().out


def test_a_row_that_names_a_foreign_saga_is_queued_to_be_parked(fares: FaresBesideLedgers, work: WorkList) -> None:
    unsettled(fares, "not an arn at all")
    assert sweep_fares.sweep(work, time_left=ever)["queued"] == 1


def test_the_count_comes_before_the_first_ride_is_queued(
    fares: FaresBesideLedgers, work: WorkList, logs: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(BaseException):
        """The function's time is over."""

    def killed(*_: object, **__: object) -> bool:
        raise Killed

    unsettled(fares, SAGA)
    monkeypatch.setattr(WorkList, "add", killed)
    with pytest.raises(Killed):
        sweep_fares.sweep(work, time_left=ever)
    assert '"FaresOverdue":[1.0]' in logs.readouterr().out


@pytest.mark.long
def test_ten_thousand_overdue_rides_all_have_their_turn(work: WorkList, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each sweep has time for 4,000; the rides that it queued stay overdue, since their recoveries go on."""
    rows = [{"fareId": f"fare-{one}", "sagaId": f"{SAGA}-{one}"} for one in range(10_000)]
    monkeypatch.setattr(sweep_fares, "_scanned", lambda asked: iter(rows if asked["IndexName"] == INDEX else []))
    reached: set[str] = set()

    def add(_: WorkList, saga_id: str, **__: object) -> bool:
        is_new = saga_id not in reached
        reached.add(saga_id)
        return is_new

    monkeypatch.setattr(WorkList, "add", add)
    progress = []
    for _ in range(6):
        found = sweep_fares.sweep(work, time_left=calls(4000))
        assert (found["overdue"], found["queued"] <= 4000) == (10_000, True)
        progress.append(len(reached))
    assert progress[0] == 4000
    assert progress[-1] > 9_000


def test_many_overdue_rides_are_queued_in_one_sweep(fares: FaresBesideLedgers, work: WorkList) -> None:
    for one in range(100):
        unsettled(fares, f"{SAGA}-{one}")
    assert sweep_fares.sweep(work, time_left=ever) == {"overdue": 100, "queued": 100}


def test_a_sweep_without_time_queues_nothing_and_ends(
    fares: FaresBesideLedgers, work: WorkList, step_functions: StepFunctions
) -> None:
    unsettled(fares, SAGA)
    assert sweep_fares.sweep(work, time_left=lambda: False) == {"overdue": 1, "queued": 0}
    assert not step_functions.calls


@pytest.mark.parametrize("error", [LedgerBusy("no"), ClientError({"Error": {"Code": "X", "Message": ""}}, "Update")])
def test_a_ride_that_cannot_be_queued_waits_for_the_next_sweep_alone(
    error: Exception, fares: FaresBesideLedgers, work: WorkList, monkeypatch: pytest.MonkeyPatch
) -> None:
    for one in range(3):
        unsettled(fares, f"{SAGA}-{one}")
    update = dynamodb.update

    def failing(**arguments: Any) -> Any:
        if arguments["Key"]["sagaId"]["S"] == f"{SAGA}-1":
            raise error
        return update(**arguments)

    with monkeypatch.context() as patch:
        patch.setattr(dynamodb, "update", failing)
        assert sweep_fares.sweep(work, time_left=ever) == {"overdue": 3, "queued": 2}
    assert sweep_fares.sweep(work, time_left=ever) == {"overdue": 3, "queued": 1}


def test_a_ride_that_was_closed_while_the_sweep_ran_stays_closed(
    fares: FaresBesideLedgers, work: WorkList, monkeypatch: pytest.MonkeyPatch
) -> None:
    unsettled(fares, SAGA)
    read = sweep_fares._overdue_fares

    def closed_meanwhile() -> Any:
        found = read()
        fares.change_outcome(SAGA, closedAt=now())
        return found

    monkeypatch.setattr(sweep_fares, "_overdue_fares", closed_meanwhile)
    assert sweep_fares.sweep(work, time_left=ever) == {"overdue": 1, "queued": 0}
    fares.change_outcome(SAGA, closedAt=at(-300))
    monkeypatch.setattr(sweep_fares, "_overdue_fares", read)
    assert sweep_fares.sweep(work, time_left=ever) == {"overdue": 1, "queued": 1}


def test_the_handler_ends_in_time(
    fares: FaresBesideLedgers, monkeypatch: pytest.MonkeyPatch, logs: pytest.CaptureFixture[str]
) -> None:
    unsettled(fares, SAGA)
    context = SimpleNamespace(**{**vars(CONTEXT), "get_remaining_time_in_millis": lambda: 14_000})
    assert sweep_fares.handler({}, context) == {"overdue": 1, "queued": 0}
    assert '"FaresOverdue":[1.0]' in logs.readouterr().out


@pytest.mark.parametrize(
    "name", [environment.FARES_TABLE, environment.UNSETTLED_INDEX, environment.UNSETTLED_AFTER_SECONDS]
)
def test_a_setting_that_is_missing_is_named(name: str, work: WorkList, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(name)
    with pytest.raises(MissingSetting, match=name):
        sweep_fares.sweep(work, time_left=ever)


def calls(number: int) -> Callable[[], bool]:
    """Time for so many calls."""
    left = iter(range(number))
    return lambda: next(left, None) is not None

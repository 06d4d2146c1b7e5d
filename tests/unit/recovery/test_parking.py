"""Parking: a ride that no recovery can finish is parked once, and nothing more is started for it."""

import json
from collections.abc import Callable
from typing import Any, Final

import pytest
from botocore.exceptions import ClientError

from lambda_src import dynamodb, environment
from lambda_src.moments import at, now
from lambda_src.recovery import start_recoveries as starter
from lambda_src.recovery import sweep_fares
from lambda_src.recovery.start_recoveries import MOST_RECOVERIES, start_recoveries
from lambda_src.recovery.work.lock import StartLock
from lambda_src.recovery.work.work_list import SWEEP, WorkList
from lambda_src.recovery.work.work_row import DUE, PARKED
from tests.support.handlers.rides import CONTEXT, RIDE
from tests.support.recovery.recovery_cloud import FARES, SINCE, FaresBesideLedgers
from tests.support.recovery.step_functions import StepFunctions
from tests.unit.recovery.conftest import Queues

Rounds = Callable[[int], Callable[[], bool]]
LONG_AGO: Final = "2026-01-01T00:00:00.000Z"


@pytest.fixture
def spent(work: WorkList, fares: FaresBesideLedgers, queues: Queues, step_functions: StepFunctions) -> str:
    """A ride whose recoveries all ended badly."""
    fares.put({"fareId": "fare-1", "sagaId": RIDE.saga_id, "fareStatus": "recovering", SINCE: LONG_AGO})
    work.add(RIDE.saga_id, found_by=SWEEP, start_at=now(), fare_id="fare-1")
    fares.change_outcome(RIDE.saga_id, attempts=MOST_RECOVERIES)
    return RIDE.saga_id


def the_row(fares: FaresBesideLedgers, saga_id: str) -> dict[str, Any]:
    """The saga's row."""
    row = fares.outcome(saga_id)
    assert row is not None
    return dict(row)


@pytest.mark.parametrize("attempts", range(MOST_RECOVERIES))
def test_a_ride_with_recoveries_left_is_started(
    attempts: int, spent: str, work: WorkList, fares: FaresBesideLedgers, rounds: Rounds
) -> None:
    fares.change_outcome(spent, attempts=attempts)
    assert start_recoveries(work, time_left=rounds(9)) == {"started": 1, "parked": 0}


def test_after_five_recoveries_a_ride_is_parked_once(
    spent: str,
    work: WorkList,
    fares: FaresBesideLedgers,
    queues: Queues,
    step_functions: StepFunctions,
    rounds: Rounds,
) -> None:
    assert start_recoveries(work, time_left=rounds(9)) == {"started": 0, "parked": 1}
    assert not work.add(spent, found_by=SWEEP, start_at=now(), fare_id="fare-1")
    assert start_recoveries(work, time_left=rounds(9)) == {"started": 0, "parked": 0}
    [message] = queues.parked_messages()
    reported = json.loads(message["Body"])
    assert (reported["sagaId"], reported["fareId"]) == (spent, "fare-1")
    assert reported["trouble"]["cause"].startswith(f"{MOST_RECOVERIES} recoveries of the ride ended")
    row, fare = the_row(fares, spent), fares.fare("fare-1")
    assert (row["work"], "expiresAt" in row) == (PARKED, False)
    assert (fare["parkedAt"], SINCE in fare) == (reported["parkedAt"], False)
    assert not step_functions.calls


@pytest.mark.parametrize(
    "saga_id",
    [
        "not an arn at all",
        RIDE.saga_id.replace("fare-saga", "gone"),
        "lock#start-recoveries",
        "x\u0000\n",
        "\U0001f695",
    ],
    ids=["text", "another-machine", "the-lock", "control-characters", "emoji"],
)
def test_a_saga_that_names_no_execution_of_the_stack_is_parked(
    saga_id: str, work: WorkList, queues: Queues, step_functions: StepFunctions, rounds: Rounds
) -> None:
    work.add(saga_id, found_by=SWEEP, start_at=now(), fare_id="fare-2")
    assert start_recoveries(work, time_left=rounds(9)) == {"started": 0, "parked": 1}
    [message] = queues.parked_messages()
    reported = json.loads(message["Body"])
    assert reported["sagaId"] == saga_id
    assert "names no execution" in reported["trouble"]["cause"]
    assert not step_functions.calls
    assert StartLock(work.table).take("the next", seconds=1)


def test_a_fare_that_is_another_sagas_by_now_is_not_marked(
    spent: str, work: WorkList, fares: FaresBesideLedgers, rounds: Rounds
) -> None:
    fares.put({"fareId": "fare-1", "sagaId": "another", "fareStatus": "pending", SINCE: LONG_AGO})
    assert start_recoveries(work, time_left=rounds(9)) == {"started": 0, "parked": 1}
    assert fares.fare("fare-1")[SINCE] == LONG_AGO


def test_a_parking_that_fails_is_repeated_alone_and_counted(
    spent: str,
    work: WorkList,
    fares: FaresBesideLedgers,
    queues: Queues,
    step_functions: StepFunctions,
    monkeypatch: pytest.MonkeyPatch,
    logs: pytest.CaptureFixture[str],
    rounds: Rounds,
) -> None:
    parked = queues.parked
    monkeypatch.setenv(environment.PARKED_QUEUE_URL, f"{parked}-gone")
    monkeypatch.setattr(CONTEXT, "get_remaining_time_in_millis", lambda: 50_000, raising=False)
    rounds(0)
    for _ in range(3):
        assert starter.handler({}, CONTEXT) == {"started": 0, "parked": 0}
        row = the_row(fares, spent)
        assert (row["work"], row["attempts"]) == (DUE, MOST_RECOVERIES)
        assert at(60) < row["nextAt"] <= at(120)
        fares.change_outcome(spent, nextAt=now())
    assert logs.readouterr().out.count('"ParkingFailed":[1.0]') == 3
    assert not step_functions.calls
    monkeypatch.setenv(environment.PARKED_QUEUE_URL, parked)
    assert starter.handler({}, CONTEXT) == {"started": 0, "parked": 1}
    assert len(queues.parked_messages()) == 1


@pytest.mark.long
def test_parkings_that_fail_keep_no_other_ride_waiting(
    work: WorkList, queues: Queues, step_functions: StepFunctions, monkeypatch: pytest.MonkeyPatch, rounds: Rounds
) -> None:
    monkeypatch.setenv(environment.PARKED_QUEUE_URL, f"{queues.parked}-gone")
    for number in range(110):
        work.add(f"nothing-{number}", found_by=SWEEP, start_at=at(-60))
    work.add(RIDE.saga_id, found_by=SWEEP, start_at=now())
    assert start_recoveries(work, time_left=rounds(300))["started"] == 1


def test_a_fare_that_cannot_be_marked_is_parked_all_the_same(
    spent: str,
    work: WorkList,
    fares: FaresBesideLedgers,
    queues: Queues,
    monkeypatch: pytest.MonkeyPatch,
    rounds: Rounds,
) -> None:
    update = dynamodb.update

    def failing(**arguments: Any) -> Any:
        if arguments["TableName"] == FARES:
            raise ClientError({"Error": {"Code": "AccessDeniedException", "Message": "no"}}, "UpdateItem")
        return update(**arguments)

    monkeypatch.setattr(dynamodb, "update", failing)
    assert start_recoveries(work, time_left=rounds(9)) == {"started": 0, "parked": 1}
    assert the_row(fares, spent)["work"] == PARKED
    assert len(queues.parked_messages()) == 1


def test_a_sweep_takes_the_fare_of_a_parked_ride_out_of_the_index(
    spent: str, work: WorkList, fares: FaresBesideLedgers, queues: Queues, rounds: Rounds
) -> None:
    """An event names no fare; the sweep does."""
    fares.change_outcome(spent, fareId="")
    assert start_recoveries(work, time_left=rounds(9)) == {"started": 0, "parked": 1}
    assert SINCE in fares.fare("fare-1")
    assert sweep_fares.sweep(work, time_left=lambda: True)["overdue"] == 1
    fare = fares.fare("fare-1")
    assert SINCE not in fare
    assert "parkedAt" in fare
    assert sweep_fares.sweep(work, time_left=lambda: True)["overdue"] == 0


@pytest.mark.long
def test_a_ride_that_is_to_be_parked_waits_for_no_room(
    work: WorkList, queues: Queues, fares: FaresBesideLedgers, rounds: Rounds
) -> None:
    for number in range(20):
        work.add(f"{RIDE.saga_id}-{number}", found_by=SWEEP, start_at=now())
    start_recoveries(work, time_left=rounds(99))
    work.add(RIDE.saga_id, found_by=SWEEP, start_at=now())
    fares.change_outcome(RIDE.saga_id, attempts=MOST_RECOVERIES)
    assert start_recoveries(work, time_left=rounds(99)) == {"started": 0, "parked": 1}

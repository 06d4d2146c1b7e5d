"""StartRecoveries: so many recoveries at a time; what ends or is refused is started again, under a new name."""

import json
from collections.abc import Callable
from typing import Any, Final

import pytest
from botocore.exceptions import ClientError, ReadTimeoutError

from lambda_src import environment
from lambda_src.moments import at, now
from lambda_src.recovery.start_recoveries import start_recoveries
from lambda_src.recovery.work.lock import StartLock
from lambda_src.recovery.work.work_list import SWEEP, WorkList
from lambda_src.recovery.work.work_row import DUE, RECOVERING
from tests.support.handlers.rides import RIDE
from tests.support.recovery.executions import RECOVERY_ARN
from tests.support.recovery.recovery_cloud import FaresBesideLedgers
from tests.support.recovery.step_functions import StepFunctions

Rounds = Callable[[int], Callable[[], bool]]
SAGA: Final = RIDE.saga_id
NOTHING: Final = {"started": 0, "parked": 0}
SERVER_FAILED: Final = ClientError(
    {"Error": {"Code": "InternalServerError"}, "ResponseMetadata": {"HTTPStatusCode": 500}},  # type: ignore[typeddict-item]
    "StartExecution",
)

pytestmark = pytest.mark.usefixtures("queues", "step_functions")


def due(work: WorkList, number: int = 1, found_by: str = SWEEP) -> list[str]:
    """Puts so many rides on the list; returns their sagas."""
    sagas = [f"{SAGA}-{one}" for one in range(number)]
    for saga_id in sagas:
        work.add(saga_id, found_by=found_by, start_at=now())
    return sagas


def row_of(fares: FaresBesideLedgers, saga_id: str) -> dict[str, Any]:
    """The saga's row."""
    row = fares.outcome(saga_id)
    assert row is not None
    return dict(row)


def recovered(step_functions: StepFunctions) -> list[str]:
    """The executions whose recovery was asked for, in order."""
    asked = [given for operation, given in step_functions.asked if operation == "StartExecution"]
    return [json.loads(one["input"])["executionArn"] for one in asked]


def test_nothing_due_costs_no_call_of_step_functions(
    work: WorkList, step_functions: StepFunctions, rounds: Rounds
) -> None:
    work.add(SAGA, found_by=SWEEP, start_at=at(60))
    assert start_recoveries(work, time_left=rounds(9)) == NOTHING
    assert not step_functions.calls


def test_a_recovery_is_given_the_arn_alone(work: WorkList, step_functions: StepFunctions, rounds: Rounds) -> None:
    [saga_id] = due(work)
    assert start_recoveries(work, time_left=rounds(9)) == {"started": 1, "parked": 0}
    [(_, start)] = step_functions.asked
    assert start["stateMachineArn"] == f"{RECOVERY_ARN}:live"
    assert json.loads(start["input"]) == {"executionArn": saga_id}


def test_so_many_recoveries_run_at_a_time_and_no_more(
    work: WorkList, step_functions: StepFunctions, rounds: Rounds, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(environment.RECOVERIES_AT_ONCE, "3")
    sagas = due(work, 8)
    for _ in range(3):
        start_recoveries(work, time_left=rounds(99))
        assert work.recovering() == 3
    first = recovered(step_functions)
    assert len(first) == 3
    for saga_id in first:
        work.record_sent(saga_id, event_id="e", fare_status="failed")
    start_recoveries(work, time_left=rounds(99))
    assert work.recovering() == 3
    for _ in range(3):
        for saga_id in recovered(step_functions):
            work.record_sent(saga_id, event_id="e", fare_status="failed")
        start_recoveries(work, time_left=rounds(99))
    assert sorted(recovered(step_functions)) == sagas
    assert (work.due(9), work.recovering()) == ([], 0)


def test_two_starters_at_once_start_each_ride_once(
    work: WorkList, step_functions: StepFunctions, rounds: Rounds
) -> None:
    due(work, 4)
    second: list[dict[str, int]] = []

    def meanwhile() -> bool:
        if not second:
            second.append(start_recoveries(work, time_left=rounds(99)))
            return True
        return len(step_functions.asked) < 4

    start_recoveries(work, time_left=meanwhile)
    assert second == [NOTHING]
    assert len(set(recovered(step_functions))) == step_functions.calls["StartExecution"] == 4


@pytest.mark.parametrize("code", ["ThrottlingException", "ExecutionLimitExceeded", "AccessDeniedException"])
def test_a_refused_start_delays_and_counts_as_no_attempt(
    code: str, work: WorkList, step_functions: StepFunctions, fares: FaresBesideLedgers, rounds: Rounds
) -> None:
    [saga_id] = due(work)
    step_functions.refuse("StartExecution", code)
    for _ in range(7):  # more often than recoveries may end badly
        assert start_recoveries(work, time_left=rounds(9)) == NOTHING
        row = row_of(fares, saga_id)
        assert (row["work"], row["attempts"]) == (DUE, 0)
        assert at(60) < row["nextAt"] <= at(120)
        fares.change_outcome(saga_id, nextAt=now())
    step_functions.serve("StartExecution")
    assert start_recoveries(work, time_left=rounds(9)) == {"started": 1, "parked": 0}


def test_a_throttle_ends_the_run_and_the_others_wait_unharmed(
    work: WorkList, step_functions: StepFunctions, rounds: Rounds
) -> None:
    due(work, 10)
    step_functions.refuse("StartExecution", "ThrottlingException")
    assert start_recoveries(work, time_left=rounds(99)) == NOTHING
    calls = step_functions.calls["StartExecution"]
    assert calls <= 2  # of one ride: the client itself repeats a throttled call once
    assert len(work.due(99)) == 9


def test_a_ride_that_aws_refuses_keeps_no_other_waiting(
    work: WorkList, step_functions: StepFunctions, rounds: Rounds
) -> None:
    due(work, 3)
    step_functions.refuse("StartExecution", "InvalidExecutionInput", times=1)
    assert start_recoveries(work, time_left=rounds(99)) == {"started": 2, "parked": 0}


def test_a_name_that_ended_is_never_used_again(
    work: WorkList, step_functions: StepFunctions, fares: FaresBesideLedgers, rounds: Rounds
) -> None:
    [saga_id] = due(work)
    step_functions.refuse("StartExecution", "ExecutionAlreadyExists", times=1)
    assert start_recoveries(work, time_left=rounds(9)) == NOTHING
    fares.change_outcome(saga_id, nextAt=now())
    assert start_recoveries(work, time_left=rounds(9)) == {"started": 1, "parked": 0}
    first, second = [given["name"] for _, given in step_functions.asked]
    assert first != second


@pytest.mark.parametrize("error", [ReadTimeoutError(endpoint_url="u"), SERVER_FAILED], ids=["no-answer", "500"])
def test_a_start_in_doubt_is_inspected_before_another_is_made(
    error: Exception,
    work: WorkList,
    step_functions: StepFunctions,
    fares: FaresBesideLedgers,
    rounds: Rounds,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    [saga_id] = due(work)
    start = step_functions.client.start_execution

    def unanswered(**asked: Any) -> None:
        start(**asked)
        raise error

    monkeypatch.setattr(step_functions.client, "start_execution", unanswered)
    assert start_recoveries(work, time_left=rounds(9)) == NOTHING
    row = row_of(fares, saga_id)
    assert row["work"] == RECOVERING
    assert row["nextAt"] <= at(120)
    fares.change_outcome(saga_id, nextAt=now())
    start_recoveries(work, time_left=rounds(9))
    assert step_functions.calls["StartExecution"] == 1
    assert work.recovering() == 1


def test_a_starter_that_died_before_the_start_is_repaired(
    work: WorkList, step_functions: StepFunctions, fares: FaresBesideLedgers, rounds: Rounds
) -> None:
    [saga_id] = due(work)
    [one] = work.due(1)
    never = f"{RECOVERY_ARN.replace(':stateMachine:', ':execution:')}:never"
    work.take(one, never, look_at=now())
    start_recoveries(work, time_left=rounds(9))
    row = row_of(fares, saga_id)
    assert (row["work"], row["attempts"]) == (DUE, 0)
    fares.change_outcome(saga_id, nextAt=now())
    assert start_recoveries(work, time_left=rounds(9)) == {"started": 1, "parked": 0}


@pytest.mark.parametrize("end", ["FAILED", "TIMED_OUT", "ABORTED", "SUCCEEDED", "FAILED StillRunning"])
def test_a_recovery_that_ended_without_closing_is_due_again_in_minutes(
    end: str, work: WorkList, step_functions: StepFunctions, fares: FaresBesideLedgers, rounds: Rounds
) -> None:
    """One that found its ride still running has not failed: a ride may run for longer than five recoveries."""
    [saga_id] = due(work)
    start_recoveries(work, time_left=rounds(9))
    step_functions.ends(row_of(fares, saga_id)["recoveryArn"], *end.split())
    fares.change_outcome(saga_id, nextAt=now())
    start_recoveries(work, time_left=rounds(9))
    row = row_of(fares, saga_id)
    assert (row["work"], row["attempts"]) == (DUE, 0 if end.endswith("StillRunning") else 1)
    assert row["nextAt"] <= at(120)


@pytest.mark.parametrize("refusal", [None, "ThrottlingException", "InternalFailure", "InvalidArn"])
def test_a_recovery_that_runs_as_far_as_known_keeps_its_lease(
    refusal: str | None, work: WorkList, step_functions: StepFunctions, fares: FaresBesideLedgers, rounds: Rounds
) -> None:
    [saga_id] = due(work)
    start_recoveries(work, time_left=rounds(9))
    if refusal:
        step_functions.refuse("DescribeExecution", refusal)
    for _ in range(7):
        fares.change_outcome(saga_id, nextAt=now())
        assert start_recoveries(work, time_left=rounds(9)) == NOTHING
        row = row_of(fares, saga_id)
        assert (row["work"], row["attempts"]) == (RECOVERING, 1)
        assert row["nextAt"] > at(500)


def test_slow_inspections_end_in_time_and_leave_the_lock(
    work: WorkList, step_functions: StepFunctions, fares: FaresBesideLedgers, rounds: Rounds
) -> None:
    """Each may take ten seconds where Step Functions does not answer."""
    for saga_id in due(work, 10):
        fares.change_outcome(saga_id, work=RECOVERING, recoveryArn=f"{RECOVERY_ARN}:x", nextAt=now())
    start_recoveries(work, time_left=rounds(4))
    assert step_functions.calls["DescribeExecution"] < 4
    assert StartLock(work.table).take("the next", seconds=1)


def test_slow_starts_end_in_time_and_leave_the_lock(
    work: WorkList, step_functions: StepFunctions, rounds: Rounds
) -> None:
    due(work, 10)
    start_recoveries(work, time_left=rounds(4))
    assert step_functions.calls["StartExecution"] < 4
    assert StartLock(work.table).take("the next", seconds=1)

"""Lost events: an execution that ended badly, and that no record knows, is found by the sweep."""

from typing import Any, Final

import pytest

from lambda_src import dynamodb
from lambda_src.errors import LedgerBusy, NoAnswer
from lambda_src.moments import at, now
from lambda_src.recovery import lost_events, sweep_fares
from lambda_src.recovery.work.work_list import EVENT, WorkList
from lambda_src.recovery.work.work_row import DUE, ENDED_BADLY
from tests.support.recovery.executions import MACHINE_ARN
from tests.support.recovery.recovery_cloud import OUTCOMES, FaresBesideLedgers
from tests.support.recovery.step_functions import StepFunctions
from tests.unit.recovery.conftest import OTHER_MACHINE

LISTED: Final = f"listed#FAILED#{MACHINE_ARN}"


def swept(work: WorkList) -> int:
    """Sweeps with time for all; returns how many rides it put on the list."""
    return sweep_fares.sweep(work, time_left=lambda: True)["queued"]


def listed_until(machine: str = MACHINE_ARN, status: str = "FAILED") -> str | None:
    """How far the executions of a machine that ended in one way were listed."""
    row = dynamodb.read(OUTCOMES, {"sagaId": f"listed#{status}#{machine}"})
    return str(row["listedUntil"]) if row and "listedUntil" in row else None


def marks() -> list[str | None]:
    """How far everything was listed."""
    return [listed_until(machine, status) for machine in (MACHINE_ARN, OTHER_MACHINE) for status in ENDED_BADLY]


def queued(fares: FaresBesideLedgers) -> list[str]:
    """The rides on the list."""
    return sorted(str(row["sagaId"]) for row in fares.outcomes() if row.get("work") == DUE)


@pytest.mark.parametrize("status", ENDED_BADLY)
@pytest.mark.parametrize("machine", [MACHINE_ARN, OTHER_MACHINE], ids=["saga", "another-machine"])
def test_an_execution_that_ended_badly_without_a_record_is_found(
    machine: str, status: str, work: WorkList, fares: FaresBesideLedgers, step_functions: StepFunctions
) -> None:
    """Also a ride that was settled and whose message was never sent: its fare is not overdue."""
    arn = step_functions.has(
        f"{machine.replace(':stateMachine:', ':execution:')}:lost", status, started=300, stopped=200
    )
    fares.put({"fareId": "fare-1", "sagaId": arn, "fareStatus": "failed"})
    assert swept(work) == 1
    row = fares.outcome(arn)
    assert row is not None
    assert (row["work"], row["foundBy"]) == (DUE, EVENT)


def test_known_running_and_succeeded_executions_are_left_alone(
    work: WorkList, fares: FaresBesideLedgers, step_functions: StepFunctions
) -> None:
    sent = step_functions.has("sent", "FAILED", started=300, stopped=200)
    work.record_sent(sent, event_id="e", fare_status="failed")
    closed = step_functions.has("closed", "ABORTED", started=300, stopped=200)
    fares.change_outcome(closed, closedAt=now())
    step_functions.has("running", "RUNNING", started=300, stopped=None)
    step_functions.has("fine", "SUCCEEDED", started=300, stopped=200)
    assert swept(work) == 0


def test_one_that_ended_just_now_is_left_to_its_event(work: WorkList, step_functions: StepFunctions) -> None:
    step_functions.has("young", "FAILED", started=300, stopped=30)
    step_functions.has("old", "FAILED", started=300, stopped=50)
    assert swept(work) == 1


def test_the_next_sweep_finds_what_ran_as_long_as_it_can(
    work: WorkList, fares: FaresBesideLedgers, step_functions: StepFunctions
) -> None:
    swept(work)
    step_functions.has("ran-an-hour", "TIMED_OUT", started=3640, stopped=45)
    step_functions.has("of-an-earlier-time", "FAILED", started=3640 + 60, stopped=3000)
    assert swept(work) == 1
    assert [saga_id.rpartition(":")[2] for saga_id in queued(fares)] == ["ran-an-hour"]


@pytest.mark.long
def test_thousands_of_executions_are_listed_page_by_page(
    work: WorkList, fares: FaresBesideLedgers, step_functions: StepFunctions
) -> None:
    for one in range(2_100):
        arn = step_functions.has(f"ride-{one}", "FAILED", started=300 + one / 100, stopped=200)
        if one % 700:
            fares.change_outcome(arn, sentAt=now())
    assert swept(work) == 3
    assert step_functions.calls["ListExecutions"] == 2 * 3 + 2  # two machines, three ends, two pages more


def test_only_what_may_be_new_is_listed(work: WorkList, step_functions: StepFunctions) -> None:
    for one in range(3_000):
        step_functions.has(f"old-{one}", "FAILED", started=90_000 + one, stopped=90_000)
    assert swept(work) == 0
    assert step_functions.calls["ListExecutions"] == 2 * 3


def test_everything_listed_and_queued_moves_the_watermark(work: WorkList, step_functions: StepFunctions) -> None:
    step_functions.has("lost", "FAILED", started=300, stopped=200)
    earliest = at(-40)
    swept(work)
    for until in marks():
        assert until is not None
        assert earliest <= until <= at(-40)


@pytest.mark.parametrize("after", range(6))
def test_a_throttle_leaves_the_watermark_and_the_next_sweep_finds_all(
    after: int, work: WorkList, fares: FaresBesideLedgers, step_functions: StepFunctions
) -> None:
    lost = sorted(step_functions.has(f"lost-{status}", status, started=300, stopped=200) for status in ENDED_BADLY)
    step_functions.refuse("ListExecutions", "ThrottlingException", after=after)
    swept(work)
    assert sum(mark is not None for mark in marks()) == after
    step_functions.serve("ListExecutions")
    swept(work)
    assert queued(fares) == lost


def test_a_sweep_without_time_for_all_leaves_the_watermark(work: WorkList, step_functions: StepFunctions) -> None:
    step_functions.has("lost", "FAILED", started=300, stopped=200)
    for calls in range(4):
        left = iter([True] * calls)
        sweep_fares.sweep(work, time_left=lambda left=left: next(left, False))  # type: ignore[misc]  # bound now
        assert None in marks()


def test_a_ride_that_cannot_be_queued_leaves_the_watermark(
    work: WorkList, fares: FaresBesideLedgers, step_functions: StepFunctions, monkeypatch: pytest.MonkeyPatch
) -> None:
    arn = step_functions.has("lost", "FAILED", started=3640, stopped=45)
    swept_before = at(-100)
    dynamodb.put(TableName=OUTCOMES, Item=dynamodb.typed({"sagaId": LISTED, "listedUntil": swept_before}))

    def busy(*_: object, **__: object) -> bool:
        raise LedgerBusy("the row is busy")

    with monkeypatch.context() as patch:
        patch.setattr(WorkList, "add", busy)
        assert swept(work) == 0
    assert listed_until() == swept_before
    assert swept(work) == 1
    assert queued(fares) == [arn]


def test_a_busy_table_is_waited_for_and_no_other_machine_waits(
    work: WorkList, step_functions: StepFunctions, monkeypatch: pytest.MonkeyPatch
) -> None:
    step_functions.has("lost", "FAILED", started=300, stopped=200)
    known: Any = WorkList.known

    def busy(self: WorkList, saga_ids: list[str]) -> set[str]:
        if saga_ids:
            raise LedgerBusy("too busy")
        found: set[str] = known(self, saga_ids)
        return found

    with monkeypatch.context() as patch:
        patch.setattr(WorkList, "known", busy)
        assert swept(work) == 0
    assert (listed_until(), listed_until(OTHER_MACHINE) is not None) == (None, True)
    assert swept(work) == 1


def test_a_foreign_row_at_the_watermarks_key_stops_no_listing(
    work: WorkList, fares: FaresBesideLedgers, step_functions: StepFunctions
) -> None:
    fares.put({"fareId": "f", "sagaId": LISTED, "fareStatus": "pending", "unsettledSince": "2026-01-01T00:00:00.000Z"})
    step_functions.has("lost", "FAILED", started=300, stopped=200)
    assert swept(work) == 2
    assert listed_until() is not None


@pytest.mark.parametrize("refusal", ["StateMachineDoesNotExist", "AccessDeniedException"])
def test_a_refused_listing_ends_no_sweep(
    refusal: str, work: WorkList, fares: FaresBesideLedgers, step_functions: StepFunctions
) -> None:
    lost = step_functions.has("lost", "ABORTED", started=300, stopped=200)
    step_functions.refuse("ListExecutions", refusal, times=1)
    swept(work)
    step_functions.serve("ListExecutions")
    swept(work)
    assert queued(fares) == [lost]


def test_an_answer_that_never_comes_ends_no_sweep(work: WorkList, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_answer(*_: object, **__: object) -> None:
        raise NoAnswer("DynamoDB did not answer")

    monkeypatch.setattr(dynamodb, "read", no_answer)
    assert swept(work) == 0


def test_a_storm_of_failures_keeps_no_other_end_from_being_listed(
    work: WorkList, fares: FaresBesideLedgers, step_functions: StepFunctions, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lost_events, "_A_PAGE", 10)
    for one in range(200):
        fares.change_outcome(step_functions.has(f"s-{one}", "FAILED", started=3000 - one, stopped=1000), sentAt=now())
    lost = step_functions.has("lost", "ABORTED", started=300, stopped=100)
    left = iter([True] * 14)
    sweep_fares.sweep(work, time_left=lambda: next(left, False))
    assert queued(fares) == [lost]
    assert None in marks(), "the failures were not all listed"


def test_a_recorded_end_is_read_only_while_it_may_be_new(
    work: WorkList, step_functions: StepFunctions, monkeypatch: pytest.MonkeyPatch
) -> None:
    work.record_sent(step_functions.has("sent", "FAILED", started=900, stopped=890), event_id="e", fare_status="failed")
    read: list[str] = []
    known = WorkList.known

    def noted(self: WorkList, saga_ids: list[str]) -> set[str]:
        read.extend(saga_ids)
        return known(self, saga_ids)

    monkeypatch.setattr(WorkList, "known", noted)
    for _ in range(3):
        swept(work)
    assert len(read) == 1

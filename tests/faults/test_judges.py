"""The campaign starts only if it can judge every step of the plan and force every clean failure."""

from dataclasses import replace
from pathlib import Path

import pytest

from tests.support.faults.audit.auditor import audit
from tests.support.faults.audit.books import Books
from tests.support.faults.judges import JudgeError, all_judges, judges_for
from tests.support.faults.judges.judge import CustomerSuffix, Effect, Evidence, Judgement, StepJudge
from tests.support.faults.matrix import matrix
from tests.support.faults.trial import StartedRide
from wild_rydes_saga.saga import CleanFailure, Plan, PlannedStep

SEAT = PlannedStep(action="ReserveSeat", compensation="ReleaseSeat", clean_failures=(CleanFailure(error="SeatTaken"),))
SAGA = "arn:execution:one"
RECOVERY_TASKS = ("InspectExecution", "ClaimFare", "ParkRide", "MarkFareParked")
RIDE = StartedRide(saga_id=SAGA, fare_id="fare", customer_id="rider", amount_minor=2000)
FAILED_MESSAGE = {"eventId": f"{SAGA}#failed", "sagaId": SAGA, "fareId": "fare", "fareStatus": "failed"}


def judge_seat(evidence: Evidence) -> Judgement:
    row = evidence.row("SeatsTableName")
    if row is None:
        return Judgement(Effect.NOTHING)
    return Judgement(Effect.DONE if row["status"] == "reserved" else Effect.UNDONE)


SEATS = StepJudge(
    action="ReserveSeat",
    tables=["SeatsTableName"],
    judge=judge_seat,
    forces={"SeatTaken": CustomerSuffix("_fail_seat")},
)


@pytest.fixture
def plan(assembly: Path) -> Plan:
    return Plan.from_json((assembly / "WildRydesSaga.plan.json").read_text())


@pytest.fixture
def with_seat(plan: Plan) -> Plan:
    return replace(plan, steps=(*plan.steps[:2], SEAT, *plan.steps[2:]))


def test_each_step_of_the_plan_has_a_judge(plan: Plan) -> None:
    judged = judges_for(plan)
    assert [one.step for one in judged] == list(plan.compensable)
    assert all(one.judge.action == one.step.action for one in judged)


def test_a_step_without_a_judge_is_refused_with_what_to_write(with_seat: Plan) -> None:
    with pytest.raises(JudgeError) as refused:
        judges_for(with_seat)
    assert str(refused.value) == (
        "ReserveSeat has no judge, so no trial would notice that ReleaseSeat undoes nothing: write "
        'tests/support/faults/judges/<service>.py with JUDGE = StepJudge(action="ReserveSeat", tables=[...], '
        'judge=..., forces={...}) (see "Add a step" in CONTRIBUTING.md)'
    )


def test_a_clean_failure_that_nothing_forces_is_refused(with_seat: Plan) -> None:
    with pytest.raises(JudgeError, match=r"ReserveSeat can refuse with SeatTaken, and nothing forces it.* add "):
        judges_for(with_seat, [*all_judges(), replace(SEATS, forces={})])


def test_a_judge_that_fits_no_step_is_refused(plan: Plan) -> None:
    with pytest.raises(JudgeError, match="for ReserveSeat, which is no step before the pivot"):
        judges_for(plan, [*all_judges(), SEATS])


def test_a_judge_that_forces_what_the_step_does_not_raise_is_refused(with_seat: Plan) -> None:
    other = replace(SEATS, forces={**SEATS.forces, "NoSuchError": CustomerSuffix("_x")})
    with pytest.raises(JudgeError, match="forces NoSuchError, which is no clean failure of it"):
        judges_for(with_seat, [*all_judges(), other])


def test_a_new_step_whose_compensation_does_nothing_is_found(with_seat: Plan) -> None:
    judged = judges_for(with_seat, [*all_judges(), SEATS])
    tables = {"SeatsTableName": [{"sagaId": SAGA, "status": "reserved"}]}
    (finding,) = audit(Books(tables, messages=[("failure", FAILED_MESSAGE)]), [RIDE], judged)
    assert finding.rule == "all or nothing"
    assert finding.what == "ReserveSeat is done, and ReleaseSeat has not undone it; the ride is reported as failed"


def test_each_clean_failure_of_each_step_is_tried(with_seat: Plan) -> None:
    judged = judges_for(with_seat, [*all_judges(), SEATS])
    states = {name for step in with_seat.steps for name in (step.action, step.compensation) if name}
    cells = matrix(with_seat, judged, dict.fromkeys([*states, *RECOVERY_TASKS, "NotifyFailure"], "lambda"))
    tried = {(cell.task, cell.trial.must_report) for cell in cells if cell.column == "clean"} - {
        (step.action, "") for step in with_seat.steps
    }
    assert tried == {
        ("RegisterFare", "FareLocked"),
        ("RegisterFare", "InvalidFare"),
        ("ChargeFare", "PaymentAuthException"),
        ("ChargeFare", "PaymentChargeException"),
        ("ReserveSeat", "SeatTaken"),
        ("CustomerAccountCredit", "AccountCreditException"),
    }

"""The campaign starts only if it can judge every step of the plan and force every clean failure."""

from collections import defaultdict
from dataclasses import replace
from pathlib import Path

import pytest

from tests.support.faults.audit.auditor import audit
from tests.support.faults.audit.books import Books
from tests.support.faults.judges import JudgeError, all_judges, judges_for, reported_errors
from tests.support.faults.judges.judge import CustomerSuffix, Effect, Evidence, Judgement, StepJudge
from tests.support.faults.matrix import matrix
from tests.support.faults.trial import StartedRide
from wild_rydes_saga.saga import CleanFailure, Plan, PlannedStep

DRIVER = PlannedStep(action="BookDriver", compensation="FreeDriver", clean_failures=(CleanFailure(error="DriverBusy"),))
SAGA = "arn:execution:one"
RIDE = StartedRide(saga_id=SAGA, fare_id="fare", customer_id="rider", amount_minor=2000)
FAILED_MESSAGE = {"eventId": f"{SAGA}#failed", "sagaId": SAGA, "fareId": "fare", "fareStatus": "failed"}


def judge_driver(evidence: Evidence) -> Judgement:
    row = evidence.row("DriversTableName")
    if row is None:
        return Judgement(Effect.NOTHING)
    return Judgement(Effect.DONE if row["status"] == "booked" else Effect.UNDONE)


DRIVERS = StepJudge(
    action="BookDriver",
    tables=["DriversTableName"],
    judge=judge_driver,
    forces={"DriverBusy": CustomerSuffix("_fail_driver")},
)


@pytest.fixture
def plan(assembly: Path) -> Plan:
    return Plan.from_json((assembly / "WildRydesSaga.plan.json").read_text(encoding="utf-8"))


@pytest.fixture
def with_driver(plan: Plan) -> Plan:
    return replace(plan, steps=(*plan.steps[:2], DRIVER, *plan.steps[2:]))


def test_each_step_of_the_plan_has_a_judge(plan: Plan) -> None:
    judged = judges_for(plan)
    assert [one.step for one in judged] == list(plan.compensable)
    assert all(one.judge.action == one.step.action for one in judged)


def test_a_step_without_a_judge_is_refused_with_what_to_write(with_driver: Plan) -> None:
    with pytest.raises(JudgeError) as refused:
        judges_for(with_driver)
    assert str(refused.value) == (
        "BookDriver has no judge, so no trial would notice that FreeDriver undoes nothing: write "
        'tests/support/faults/judges/<service>.py with JUDGE = StepJudge(action="BookDriver", tables=[...], '
        'judge=..., forces={...}) (see "Add a step" in CONTRIBUTING.md)'
    )


def test_a_clean_failure_that_nothing_forces_is_refused(with_driver: Plan) -> None:
    with pytest.raises(JudgeError, match=r"BookDriver can refuse with DriverBusy, and nothing forces it.* add "):
        judges_for(with_driver, [*all_judges(), replace(DRIVERS, forces={})])


def test_a_judge_that_fits_no_step_is_refused(plan: Plan) -> None:
    with pytest.raises(JudgeError, match="for BookDriver, which is not a step before the pivot"):
        judges_for(plan, [*all_judges(), DRIVERS])


def test_a_judge_that_forces_what_the_step_does_not_raise_is_refused(with_driver: Plan) -> None:
    other = replace(DRIVERS, forces={**DRIVERS.forces, "NoSuchError": CustomerSuffix("_x")})
    with pytest.raises(JudgeError, match="forces NoSuchError, which is not a clean failure of it"):
        judges_for(with_driver, [*all_judges(), other])


def test_a_new_step_whose_compensation_does_nothing_is_found(with_driver: Plan) -> None:
    judged = judges_for(with_driver, [*all_judges(), DRIVERS])
    tables = {"DriversTableName": [{"sagaId": SAGA, "status": "booked"}]}
    (finding,) = audit(Books(tables, messages=[("failure", FAILED_MESSAGE)]), [RIDE], judged)
    assert finding.rule == "all or nothing"
    assert finding.what == "BookDriver is done, and FreeDriver has not undone it; the ride is reported as failed"


def test_each_clean_failure_of_each_step_is_tried(with_driver: Plan) -> None:
    judged = judges_for(with_driver, [*all_judges(), DRIVERS])
    services: defaultdict[str, str] = defaultdict(lambda: "lambda")
    cells = matrix(with_driver, judged, services)
    tried = {(cell.task, cell.trial.must_report) for cell in cells if cell.trial.must_report}
    assert tried == {(step.action, error) for step in with_driver.steps for error in reported_errors(step)}
    assert ("BookDriver", "DriverBusy") in tried

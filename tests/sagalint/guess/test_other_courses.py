"""A first plan where names mislead: what undoes, what only asks, and what is done when all goes well."""

from sagalint.guess.plan import guess_plan
from tests.sagalint.guess.test_guess_other_sagas import pairs, saga, task


def test_the_work_is_found_beside_an_early_end_that_does_nothing() -> None:
    """The only other way to success ends by a state whose name could be that of a compensation."""
    asked = {"Type": "Choice", "Choices": [{"Variable": "$.go", "IsPresent": True, "Next": "Scale"}], "Default": "Stop"}
    guess = guess_plan(saga(Asked=asked, Stop={"Type": "Succeed"}, Scale=task("ReleaseHold"), ReleaseHold=task(None)))
    assert "Scale" in [step.action for step in guess.plan.steps]


def test_one_state_that_every_catch_leads_to_undoes_all() -> None:
    """Choices whose names speak of it ask, and undo nothing."""
    cancelled = {"Type": "Choice", "Choices": [{"Variable": "$.no", "IsPresent": True, "Next": "CancelSale"}]}
    plan = guess_plan(
        saga(
            CheckBuyer=task("CheckCancelFirst", "CancelSale"),
            CheckCancelFirst={**cancelled, "Default": "ReserveCar"},
            ReserveCar=task("FetchQuote", "CancelSale"),
            FetchQuote=task("CheckCancelAgain", "CancelSale"),
            CheckCancelAgain={**cancelled, "Default": "CompleteSale"},
            CompleteSale=task(None, "CancelSale"),
            CancelSale=task(None),
        )
    ).plan
    assert pairs(plan) == [("ReserveCar", "CancelSale"), ("CompleteSale", "CancelSale")]


def test_what_comes_before_anything_is_done_undoes_nothing() -> None:
    """A leaver loses access: that is the work of another way than the joiner's."""
    asked = {"Type": "Choice", "Choices": [{"Variable": "$.joins", "IsPresent": True, "Next": "ProvisionApps"}]}
    plan = guess_plan(
        saga(
            ClassifyChange=task("Asked"),
            Asked={**asked, "Default": "RevokeAccess"},
            ProvisionApps=task("NoteChange", "CompensateProvisioning"),
            RevokeAccess=task("NoteChange"),
            NoteChange=task(None),
            CompensateProvisioning=task("Failed"),
            Failed={"Type": "Fail"},
        )
    ).plan
    assert pairs(plan) == [("ProvisionApps", "CompensateProvisioning")]
    assert "RevokeAccess" not in plan.ending


def test_a_rollback_that_a_check_leads_to_undoes_what_was_done() -> None:
    asked = {"Type": "Choice", "Choices": [{"Variable": "$.ok", "BooleanEquals": True, "Next": "Finalize"}]}
    plan = guess_plan(
        saga(
            ShiftCars=task("HealthCheck"),
            HealthCheck=task("Healthy"),
            Healthy={**asked, "Default": "Rollback"},
            Finalize=task(None),
            Rollback=task("Fail"),
            Fail={"Type": "Fail"},
        )
    ).plan
    assert ("ShiftCars", "Rollback") in pairs(plan)


def test_work_on_something_failing_is_on_the_way_to_success() -> None:
    asked = {"Type": "Choice", "Choices": [{"Variable": "$.ok", "BooleanEquals": True, "Next": "Sold"}]}
    plan = guess_plan(
        saga(
            CheckYard=task("Good"),
            Good={**asked, "Default": "ListCarsOfFailingYard"},
            ListCarsOfFailingYard=task("MoveCars"),
            MoveCars=task("Sold"),
            Sold={"Type": "Succeed"},
        )
    ).plan
    assert "MoveCars" in [step.action for step in plan.steps]

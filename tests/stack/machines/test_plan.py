"""A plan with inconsistent steps is refused, and the error names the steps."""

import pytest

from wild_rydes_saga.saga import CleanFailure, Plan, PlannedStep, SagaPlanError

BOOK = PlannedStep(action="Book", compensation="Cancel", clean_failures=(CleanFailure(error="Full"),))
PAY = PlannedStep(action="Pay", compensation="Refund")
CONFIRM = PlannedStep(action="Confirm", uncompensated_because="it is the commit", pivot=True)
NOTIFY = PlannedStep(action="Notify", uncompensated_because="a message cannot be unsent")


@pytest.mark.parametrize(
    ("steps", "message"),
    [
        ((), "at least one step"),
        ((BOOK, BOOK), "two states are called Book, Cancel"),
        ((BOOK, PlannedStep(action="Cancel", compensation="Uncancel")), "two states are called Cancel"),
        ((BOOK, PlannedStep(action="End", compensation="Undo")), "two states are called End"),
        ((PlannedStep(action="Pay"),), "Pay may commit and nothing would undo it"),
        (
            (PlannedStep(action="Pay", compensation="Refund", uncompensated_because="why not"),),
            "Pay has a compensation and a reason to have none",
        ),
        ((BOOK, CONFIRM, PAY), "Pay has a compensation but comes at or after the pivot"),
        (
            (
                BOOK,
                PlannedStep(action="Go", uncompensated_because="no", pivot=True, clean_failures=BOOK.clean_failures),
            ),
            "Go has clean failures but comes at or after the pivot",
        ),
        (
            (PlannedStep(action="Check", uncompensated_because="it only reads"), PAY),
            "Check comes first and has no compensation",
        ),
        (
            (BOOK, CONFIRM, PlannedStep(action="Again", uncompensated_because="no", pivot=True)),
            "Again is a second pivot",
        ),
    ],
)
def test_a_plan_with_inconsistent_steps_is_refused_by_name(steps: tuple[PlannedStep, ...], message: str) -> None:
    with pytest.raises(SagaPlanError, match=message):
        Plan(steps, ("Notify", "End"))


def test_the_rollback_is_newest_first_and_includes_a_step_in_doubt() -> None:
    plan = Plan((BOOK, PAY, CONFIRM, NOTIFY))
    assert plan.rollback_after("Pay", in_doubt=True) == ("Refund", "Cancel")
    assert plan.rollback_after("Pay", in_doubt=False) == ("Cancel",)
    assert plan.rollback_after("Book", in_doubt=False) == ()


def test_a_step_with_nothing_to_undo_rolls_the_earlier_ones_back() -> None:
    check = PlannedStep(action="Check", uncompensated_because="it only reads")
    plan = Plan((BOOK, check, PAY, CONFIRM))
    assert plan.rollback_after("Check", in_doubt=True) == ("Cancel",)
    assert plan.rollback_after("Pay", in_doubt=True) == ("Refund", "Cancel")


def test_a_plan_survives_json() -> None:
    plan = Plan((BOOK, PAY, CONFIRM, NOTIFY), ("Apologise", "Failed"))
    assert Plan.from_json(plan.to_json()) == plan

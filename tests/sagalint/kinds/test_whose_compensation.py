"""Which action a compensation belongs to, where names and ways disagree; and what is not an action at all."""

import pytest

from sagalint.definition.machine import Machine
from sagalint.definition.naming.task_kinds import TaskKind, kind_of_task
from sagalint.guess.plan import guess_plan
from sagalint.guess.vocabulary import undoing_failed
from sagalint.rules.finding import Level
from tests.support.sagalint.small import DONE, FAILED, found_in, saga, task

_CALLBACK = "arn:aws:states:::sqs:sendMessage.waitForTaskToken"


def test_a_compensation_of_another_step_by_name_refunds_nothing() -> None:
    """The failed payment leads to CompensateDrill, which is that of ReserveDrill: nothing refunds."""
    machine = saga(
        ReserveDrill=task("ProcessPayment", "CancelRental"),
        ProcessPayment=task("HandOver", "CompensateDrill"),
        HandOver=task(),
        CompensateDrill=task("CancelRental"),
        CancelRental=task("CalledOff"),
        CalledOff=FAILED,
    )
    first, *_ = found_in(machine)
    assert (first.rule.id, first.level, first.states) == ("doubt-not-compensated", Level.ERROR, ("ProcessPayment",))


def test_what_rolls_back_a_check_rolls_back_nothing_else() -> None:
    machine = saga(
        ReserveFunds=task("ValidatePayment", "CalledOff"),
        ValidatePayment=task("ProcessPayment", "RollbackReserveFunds"),
        ProcessPayment=task("Book", "RollbackValidation"),
        Book=task("Rented", "RollbackPayment"),
        Rented=DONE,
        RollbackPayment=task("RollbackValidation"),
        RollbackValidation=task("RollbackReserveFunds"),
        RollbackReserveFunds=task("CalledOff"),
        CalledOff=FAILED,
    )
    found = found_in(machine)
    assert {"ProcessPayment"} <= {*found[0].states} | {*found[1].states}
    assert "ValidatePayment" not in {state for one in found for state in one.states}


def test_who_approves_a_payment_takes_it() -> None:
    machine = saga(
        ApprovePayment=task("RequestDelivery", "CancelPayment"),
        RequestDelivery=task(),
        CancelPayment=task("CalledOff"),
        CalledOff=FAILED,
    )
    first, *_ = found_in(machine)
    assert (first.level, {*first.states}) == (Level.ERROR, {"RequestDelivery", "ApprovePayment"})


@pytest.mark.parametrize("name", ["RequireManualApproval", "ApprovePayment", "RouteForDecision", "GetAnswer"])
def test_a_person_who_is_asked_changes_nothing(name: str) -> None:
    machine = Machine.read(saga(**{name: task(Resource=_CALLBACK)}))
    assert kind_of_task(machine.states[name]) is TaskKind.LOOKS


def test_a_note_before_the_compensations_that_fails_stops_the_rollback() -> None:
    machine = saga(
        ReserveDrill=task("ChargeDeposit", "LogRefusal"),
        ChargeDeposit=task("Rented", "RefundDeposit"),
        Rented=DONE,
        LogRefusal=task("ReleaseDrill"),
        RefundDeposit=task("ReleaseDrill", "NotUndone"),
        ReleaseDrill=task("CalledOff", "NotUndone"),
        CalledOff=FAILED,
        NotUndone=FAILED,
    )
    (finding,) = found_in(machine)
    assert (finding.rule.id, finding.states[0]) == ("rollback-stops", "LogRefusal")


@pytest.mark.parametrize("name", ["CleanupFailed", "CompensationFailed", "RollbackFailed"])
def test_what_is_called_after_a_failed_cleanup_undoes_nothing(name: str) -> None:
    machine = saga(
        DeleteListing=task("DeletePhotos", name),
        DeletePhotos=task("Removed", name),
        Removed=DONE,
        **{name: task("CalledOff"), "CalledOff": FAILED},
    )
    assert not [step.undone_by for step in guess_plan(machine).plan.steps if step.undone_by]


@pytest.mark.parametrize("name", ["CleanUpFailedListing", "RefundFailedOrder", "ListingFailed", "Refund"])
def test_a_name_that_says_more_may_undo_something(name: str) -> None:
    assert not undoing_failed(name)

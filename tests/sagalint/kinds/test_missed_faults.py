"""Faults of sagas that others write: each kind is found without a plan, the gravest first."""

from typing import Any

import pytest

from sagalint.rules.finding import Level
from tests.support.sagalint.small import (
    ALL,
    DONE,
    FAILED,
    Definition,
    choice,
    each,
    fork,
    found_in,
    part,
    saga,
    task,
)

UNDO_HOLD = {"ReleaseDrill": task("CalledOff", "NotUndone"), "CalledOff": FAILED, "NotUndone": FAILED}
NOTHING_REFUNDS = saga(
    ReserveDrill=task("ChargeDeposit", "ReleaseDrill"),
    ChargeDeposit=task("PackDrill", "ReleaseDrill"),
    PackDrill=task("Rented", "ReleaseDrill"),
    Rented=DONE,
    **UNDO_HOLD,
)
REFUSED_BY_A_RESULT = saga(
    ChargeDeposit=task("CheckInsurance"),
    CheckInsurance=task("Insured"),
    Insured=choice("NotInsured", CheckInsurance="PackDrill"),
    PackDrill=task("Rented"),
    Rented=DONE,
    NotInsured=FAILED,
)
LAST_WITHOUT_CATCH = saga(
    ReserveDrill=task("ReserveVan", "ReleaseDrill"),
    ReserveVan=task("ChargeDeposit", "ReleaseVan"),
    ChargeDeposit=task("Rented"),
    Rented=DONE,
    ReleaseVan=task("ReleaseDrill", "ReleaseDrill"),
    **UNDO_HOLD,
)
UNDONE_IN_ITS_BRANCH = saga(
    TakeBoth=fork(
        part(
            ChargeDeposit=task(None, "RefundDeposit"),
            RefundDeposit=task("NoDeposit", "NoDeposit"),
            NoDeposit=FAILED,
        ),
        part(ReserveVan=task(None, "ReleaseVan"), ReleaseVan=task("NoVan", "NoVan"), NoVan=FAILED),
        then="Rented",
        caught="CalledOff",
    ),
    Rented=DONE,
    CalledOff=FAILED,
)
ROLLBACK_IS_STOPPED = saga(
    ReserveDrill=task("ReserveVan", "UndoBoth"),
    ReserveVan=task("Rented", "UndoBoth"),
    Rented=DONE,
    UndoBoth=fork(part(ReleaseDrill=task()), part(ReleaseVan=task()), then="CalledOff", caught="CalledOff"),
    CalledOff=FAILED,
)
ITEMS_HALF_DONE = saga(
    HoldEach=each(part(ReserveTool=task(None, "ReleaseTool"), ReleaseTool=task("NoTool"), NoTool=FAILED), "Rented"),
    Rented=DONE,
)
ENDLESS_CATCH = saga(
    ReserveDrill=task("ChargeDeposit", "ReleaseDrill"),
    ChargeDeposit=task("Rented", "RefundDeposit"),
    Rented=DONE,
    RefundDeposit=task("ReleaseDrill", "RefundDeposit"),
    **UNDO_HOLD,
)
ENDLESS_POLL = saga(
    None,
    ReserveDrill=task("AskForPickup", "ReleaseDrill"),
    AskForPickup=task("PickedUp", "ReleaseDrill"),
    PickedUp=choice("Later", AskForPickup="Rented"),
    Later={"Type": "Wait", "Seconds": 900, "Next": "AskForPickup"},
    Rented=DONE,
    **UNDO_HOLD,
)
PATIENT = [{"ErrorEquals": [ALL], "IntervalSeconds": 60, "MaxAttempts": 8, "BackoffRate": 2}]
OUTLIVES_THE_MACHINE = saga(
    900,
    ReserveDrill=task("ChargeDeposit", "ReleaseDrill"),
    ChargeDeposit=task("Rented", "RefundDeposit"),
    Rented=DONE,
    RefundDeposit={**task("ReleaseDrill", "ReleaseDrill"), "Retry": PATIENT},
    **UNDO_HOLD,
)
NOBODY_NOTICES = saga(
    ReserveDrill=task("ChargeDeposit", "ReleaseDrill"),
    ChargeDeposit=task("Rented", "RefundDeposit"),
    Rented=DONE,
    RefundDeposit=task("ReleaseDrill", "ReleaseDrill"),
    ReleaseDrill=task("CalledOff", "CalledOff"),
    CalledOff=FAILED,
)
ENDS_WELL_ALL_THE_SAME = saga(
    ReserveDrill=task("ChargeDeposit", "ReleaseDrill"),
    ChargeDeposit=task("Rented", "Written"),
    Rented=DONE,
    Written={"Type": "Pass", "End": True},
    **UNDO_HOLD,
)
WAITS_FOR_A_PERSON = saga(
    ReserveDrill=task("AwaitPickup", "ReleaseDrill"),
    AwaitPickup={
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke.waitForTaskToken",
        "Parameters": {"FunctionName": "AwaitPickup", "Payload": {"token.$": "$$.Task.Token"}},
        "Catch": [{"ErrorEquals": [ALL], "ResultPath": "$.trouble", "Next": "ReleaseDrill"}],
        "Next": "Rented",
    },
    Rented=DONE,
    **UNDO_HOLD,
)

ALERT_IN_THE_WAY = saga(
    ReserveDrill=task("ChargeDeposit", "ReleaseDrill"),
    ChargeDeposit=task("Rented", "RefundDeposit"),
    Rented=DONE,
    RefundDeposit=task("ReleaseDrill", "AlertOffice"),
    AlertOffice=task("ReleaseDrill"),
    **UNDO_HOLD,
)
REFUSED_PAST_THE_ROLLBACK = saga(
    ReserveDrill=task("CheckRenter", "ReleaseDrill"),
    CheckRenter=task("Known", "ReleaseDrill"),
    Known=choice("Refused", CheckRenter="Rented"),
    Rented=DONE,
    Refused=FAILED,
    **UNDO_HOLD,
)
CONFIRMED_WITHOUT_CATCH = saga(
    ReserveDrill=task("ConfirmRental", "ReleaseDrill"),
    ConfirmRental=task("Rented"),
    Rented=DONE,
    **UNDO_HOLD,
)


@pytest.mark.parametrize(
    ("machine", "rule", "states"),
    [
        (NOTHING_REFUNDS, "doubt-not-compensated", {"ChargeDeposit"}),
        (REFUSED_BY_A_RESULT, "doubt-not-compensated", {"ChargeDeposit"}),
        (LAST_WITHOUT_CATCH, "doubt-not-compensated", {"ChargeDeposit", "ReserveVan", "ReserveDrill"}),
        (UNDONE_IN_ITS_BRANCH, "doubt-not-compensated", {"TakeBoth"}),
        (ROLLBACK_IS_STOPPED, "rollback-stops", {"UndoBoth"}),
        (ITEMS_HALF_DONE, "doubt-not-compensated", {"HoldEach", "ReserveTool"}),
        (ENDLESS_CATCH, "never-ends", {"RefundDeposit"}),
        (ENDLESS_POLL, "never-ends", {"AskForPickup", "Later", "PickedUp"}),
        (OUTLIVES_THE_MACHINE, "machine-timeout-too-short", {"RefundDeposit"}),
        (NOBODY_NOTICES, "wrong-ending", {"RefundDeposit", "ReleaseDrill", "CalledOff"}),
        (ENDS_WELL_ALL_THE_SAME, "doubt-not-compensated", {"ReserveDrill"}),
        (WAITS_FOR_A_PERSON, "waits-for-ever", {"AwaitPickup"}),
        (ALERT_IN_THE_WAY, "rollback-stops", {"AlertOffice", "ReserveDrill"}),
        (REFUSED_PAST_THE_ROLLBACK, "doubt-not-compensated", {"Known", "ReserveDrill"}),
        (CONFIRMED_WITHOUT_CATCH, "doubt-not-compensated", {"ConfirmRental", "ReserveDrill"}),
    ],
    ids=[
        "nothing undoes a charge",
        "a Choice refuses after a charge",
        "the last action has no Catch",
        "compensated inside a branch",
        "a Parallel of compensations stops",
        "items of a Map half done",
        "a Catch leads to itself",
        "a poll without an end",
        "retries outlive the machine",
        "a compensation that gave up shows nowhere",
        "a failure ends as a success",
        "a callback without a timeout",
        "an alert between the compensations",
        "a refusal goes past the rollback",
        "a last action that may be the commit",
    ],
)
def test_a_fault_of_each_kind_comes_first(machine: Definition, rule: str, states: set[str]) -> None:
    first = found_in(machine)[0]
    assert first.rule.id == rule
    assert states <= {*first.states}


def test_a_failure_that_ends_as_a_success_is_two_findings() -> None:
    assert {one.rule.id for one in found_in(ENDS_WELL_ALL_THE_SAME)} >= {"doubt-not-compensated", "ends-in-success"}


def test_what_nothing_undoes_is_sure_only_beside_compensations() -> None:
    assert found_in(NOTHING_REFUNDS)[0].level is Level.ERROR
    assert found_in(REFUSED_BY_A_RESULT)[0].level is Level.WARNING
    assert found_in(REFUSED_BY_A_RESULT)[0].rests_on == ("ChargeDeposit needs undoing",)


def test_an_effect_is_one_finding_wherever_it_is_left() -> None:
    assert len(found_in(REFUSED_BY_A_RESULT)) == 1


def test_a_poll_that_is_given_its_last_answer_can_end_itself() -> None:
    told = {"Parameters": {"rental.$": "$.rentalId", "last.$": "$.AskForPickup"}}
    states = {**ENDLESS_POLL["States"], "AskForPickup": {**ENDLESS_POLL["States"]["AskForPickup"], **told}}
    assert "never-ends" not in {one.rule.id for one in found_in({**ENDLESS_POLL, "States": states})}


@pytest.mark.parametrize("branches", [2, 10])
def test_a_parallel_is_checked_branch_by_branch_quickly(branches: int) -> None:
    def chain(number: int) -> Definition:
        names = [f"Book{chr(65 + number)}{chr(65 + index)}" for index in range(5)]
        states: dict[str, Any] = dict.fromkeys(names, None)
        for name, then in zip(names, [*names[1:], None], strict=True):
            states[name] = task(then)
        return part(**states)

    machine = saga(
        BookAll=fork(*(chain(number) for number in range(branches)), then="Rented", caught="CancelBookAA"),
        Rented=DONE,
        CancelBookAA=task("CalledOff"),
        CalledOff=FAILED,
    )
    assert "doubt-not-compensated" in {one.rule.id for one in found_in(machine)}

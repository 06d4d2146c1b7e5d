"""What fails when the rest is done: a mark of success, a tidying up; and a Choice that no way of it fits."""

import pytest

from sagalint.rules.finding import Finding, Level
from tests.support.sagalint.small import DONE, FAILED, Definition, found_in, saga, task

ASKS: Definition = {"Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken", "Parameters": {"QueueUrl": "yard"}}
ROLLBACK = {
    "CancelDelivery": task("RefundDeposit", "NotUndone"),
    "RefundDeposit": task("CalledOff", "NotUndone"),
    "CalledOff": FAILED,
    "NotUndone": {**FAILED, "Error": "RentalStuck"},
}


def delivered(last: str) -> Definition:
    """A rental that is paid and delivered, and then something more."""
    return saga(
        ChargeDeposit=task("RequestDelivery", "RefundDeposit"),
        RequestDelivery=task(last, "CancelDelivery"),
        **{last: task("Rented")},
        Rented=DONE,
        **ROLLBACK,
    )


def doubts(machine: Definition) -> list[Finding]:
    return [one for one in found_in(machine) if one.rule.id == "doubt-not-compensated"]


def only(machine: Definition) -> Finding:
    (finding,) = doubts(machine)
    return finding


@pytest.mark.parametrize("last", ["RentalSucceeded", "MarkRentalDone", "FinalizeRental", "CleanUpDrafts"])
def test_what_only_closes_a_saga_is_better_retried_than_undone(last: str) -> None:
    finding = only(delivered(last))
    assert (finding.level, finding.states[0]) == (Level.WARNING, last)
    assert finding.fix.startswith(f"retry {last}")


def test_a_confirmation_before_anything_is_sent_is_undone() -> None:
    machine = saga(
        ChargeDeposit=task("ConfirmRental", "RefundDeposit"),
        ConfirmRental=task("Rented"),
        Rented=DONE,
        RefundDeposit=ROLLBACK["RefundDeposit"],
        CalledOff=FAILED,
        NotUndone=FAILED,
    )
    finding = only(machine)
    assert finding.states == ("ConfirmRental", "ChargeDeposit")
    assert "leads to RefundDeposit" in finding.fix


def test_not_every_step_is_done_before_the_last_one() -> None:
    machine = saga(
        ChargeDeposit=task("PrepareVan", "RefundDeposit"),
        PrepareVan=task("DispatchVan", **ASKS),
        DispatchVan={**task("Rented"), "Resource": "arn:aws:states:::sns:publish", "Parameters": {"TopicArn": "yard"}},
        Rented=DONE,
        RefundDeposit=ROLLBACK["RefundDeposit"],
        CalledOff=FAILED,
        NotUndone=FAILED,
    )
    first, *_ = found_in(machine)
    assert (first.level, first.states) == (Level.ERROR, ("PrepareVan", "ChargeDeposit"))
    assert not first.fix.startswith("retry")


def test_a_choice_gets_a_default_and_comes_after_what_times_out() -> None:
    asked = [
        {"Variable": "$.ok", "BooleanEquals": True, "Next": "ReserveVan"},
        {"Variable": "$.ok", "BooleanEquals": False, "Next": "ReleaseDrill"},
    ]
    machine = saga(
        ReserveDrill=task("Reserved"),
        Reserved={"Type": "Choice", "Choices": asked},
        ReserveVan=task("Rented", "ReleaseVan"),
        Rented=DONE,
        ReleaseVan=task("ReleaseDrill", "NotUndone"),
        ReleaseDrill=task("CalledOff", "NotUndone"),
        CalledOff=FAILED,
        NotUndone={**FAILED, "Error": "RentalStuck"},
    )
    first, second = doubts(machine)
    assert first.states == ("ReserveDrill",)
    assert (second.states, second.fix) == (
        ("Reserved", "ReserveDrill"),
        "give Reserved a Default that leads to ReleaseDrill",
    )


def test_a_check_that_is_paired_is_not_said_to_be_the_action() -> None:
    machine = saga(
        CheckVan=task("ChargeDeposit", "CalledOff"),
        ChargeDeposit=task("Rented", "RefundDeposit"),
        Rented=DONE,
        RefundDeposit=task("CalledOff", "CalledOff"),
        CompensateVan=task("CalledOff", "CalledOff"),
        CalledOff=FAILED,
    )
    machine["States"]["RefundDeposit"]["Catch"][0]["Next"] = "CompensateVan"
    found = [one for one in doubts(machine) if "CheckVan" in one.states]
    assert found
    assert not [one for one in found if "CheckVan is done" in one.message]


def test_a_rollback_that_only_a_choice_leads_to_may_not_end_well_either() -> None:
    asked = [{"Variable": "$.ok", "BooleanEquals": False, "Next": "ReleaseDrill"}]
    machine = saga(
        ReserveDrill=task("Reserved"),
        Reserved={"Type": "Choice", "Choices": asked, "Default": "ReserveVan"},
        ReserveVan=task("Rented"),
        Rented=DONE,
        ReleaseDrill=task("ReportRentalFailed"),
        ReportRentalFailed=task(),
    )
    assert "ends-in-success" in [one.rule.id for one in found_in(machine)]


def test_a_cleanup_of_all_that_gives_up_takes_the_message_with_it() -> None:
    machine = saga(
        CopyMap=task("ShareMap", "CleanUpOnError"),
        ShareMap=task("CreatePrinter", "CleanUpOnError"),
        CreatePrinter=task("Printed", "CleanUpOnError"),
        Printed=DONE,
        CleanUpOnError=task("NotifyFailure"),
        NotifyFailure=task("CalledOff", "CalledOff"),
        CalledOff=FAILED,
    )
    finding = next(one for one in found_in(machine) if one.rule.id == "rollback-stops")
    assert (finding.level, finding.states) == (Level.ERROR, ("CleanUpOnError", "NotifyFailure"))


def test_a_choice_that_asks_how_the_tidying_up_went_undoes_nothing() -> None:
    machine = delivered("CleanUpDrafts")
    machine["States"]["CleanUpDrafts"]["Next"] = "Tidy"
    machine["States"]["Tidy"] = {
        "Type": "Choice",
        "Choices": [{"Variable": "$.CleanUpDrafts.ok", "BooleanEquals": True, "Next": "Rented"}],
        "Default": "CalledOff",
    }
    assert {(one.level, one.fix.split(" for ")[0]) for one in doubts(machine)} == {
        (Level.WARNING, "retry CleanUpDrafts")
    }

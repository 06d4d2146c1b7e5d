"""What says that a step needs undoing, or that a state undoes it: a word of its name, and where failures lead."""

import pytest

from sagalint.definition.naming.words import what_of
from sagalint.guess.plan import guess_plan
from sagalint.rules.finding import Finding, Level
from tests.support.sagalint.small import DONE, FAILED, Definition, choice, found_in, saga, task


def doubts(machine: Definition) -> list[Finding]:
    return [one for one in found_in(machine) if one.rule.id == "doubt-not-compensated"]


def renting(first: str, second: str = "CheckRenter") -> Definition:
    """A rental in which something is done before a van is reserved and paid."""
    return saga(
        **{first: task(second), second: task("ReserveVan")},
        ReserveVan=task("ChargeDeposit", "ReleaseVan"),
        ChargeDeposit=task("Rented", "RefundDeposit"),
        Rented=DONE,
        RefundDeposit=task("ReleaseVan", "NotUndone"),
        ReleaseVan=task("CalledOff", "NotUndone"),
        CalledOff=FAILED,
        NotUndone={**FAILED, "Error": "RentalStuck"},
    )


@pytest.mark.parametrize("name", ["SignIn", "AuthorizeClerk", "YardNorth", "WarmUp", "UseYesterdaysMap"])
def test_a_word_that_is_not_known_asks_for_no_undo(name: str) -> None:
    assert not doubts(renting(name))


@pytest.mark.parametrize("name", ["RegisterClerk", "OpenYard", "ProvisionPhone", "IssueBadge", "InstallRack"])
def test_a_word_of_making_asks_for_an_undo(name: str) -> None:
    (finding,) = doubts(renting(name))
    assert (finding.level, finding.states) == (Level.WARNING, (name,))


def test_several_such_questions_are_one_warning() -> None:
    (finding,) = doubts(renting("OpenYard", "IssueBadge"))
    assert finding.states == ("OpenYard", "IssueBadge")
    assert finding.rests_on == ("OpenYard needs undoing", "IssueBadge needs undoing")


def test_what_is_done_on_a_cluster_goes_with_it() -> None:
    machine = saga(
        StartCluster=task("AddSetting"),
        AddSetting=task("Good"),
        Good=choice("TerminateOnError", AddSetting="TerminateCluster"),
        TerminateCluster=task("Rented"),
        TerminateOnError=task("CalledOff", calls="terminate-cluster"),
        Rented=DONE,
        CalledOff=FAILED,
    )
    assert "AddSetting needs undoing" not in [one for finding in doubts(machine) for one in finding.rests_on]


def test_where_many_catches_lead_clears_everything_away() -> None:
    machine = saga(
        CopyMap=task("ShareMap", "CleanUpOnError"),
        ShareMap=task("CreatePrinter", "CleanUpOnError"),
        CreatePrinter=task("PrintMap", "CleanUpOnError"),
        PrintMap=task("Printed", "CleanUpOnError"),
        Printed=DONE,
        CleanUpOnError=task("CalledOff", "CalledOff"),
        CalledOff=FAILED,
    )
    steps = guess_plan(machine).plan.steps
    assert {step.action: step.undone_by for step in steps} == dict.fromkeys(
        ("CopyMap", "ShareMap", "CreatePrinter", "PrintMap"), ("CleanUpOnError",)
    )
    assert not doubts(machine)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("ReleaseVanAfterPaymentFail", ["release", "van"]),
        ("CancelVanIfChargeFailed", ["cancel", "van"]),
        ("OnErrorReleaseVan", ["release", "van"]),
        ("TurnOnVan", ["turn", "on", "van"]),
    ],
)
def test_what_comes_after_after_says_when(name: str, said: list[str]) -> None:
    assert [*what_of(name).values()] == said


def test_a_release_after_a_failed_payment_refunds_nothing() -> None:
    machine = saga(
        ReserveVan=task("ProcessPayment", "FailRental", calls="reserve-van"),
        ProcessPayment=task("ConfirmRental", "ReleaseAfterPaymentFail", calls="process-payment"),
        ConfirmRental=task("Rented", "ReleaseAfterConfirmFail", calls="confirm-rental"),
        Rented=DONE,
        ReleaseAfterPaymentFail=task("FailRental", "FailRental", calls="release-van"),
        ReleaseAfterConfirmFail=task("FailRental", "FailRental", calls="release-van"),
        FailRental=task("CalledOff"),
        CalledOff=FAILED,
    )
    first, second = doubts(machine)
    assert (first.level, first.states) == (Level.ERROR, ("ProcessPayment",))
    assert second.states == ("ReserveVan",)


def test_a_refund_that_is_a_pass_refunds_nothing() -> None:
    machine = saga(
        ReserveVan=task("ChargeDeposit", "ReleaseVan"),
        ChargeDeposit=task("PrepareVan", "RefundDeposit"),
        PrepareVan=task("Rented", "RefundDeposit"),
        Rented=DONE,
        RefundDeposit={"Type": "Pass", "Result": "refunded", "ResultPath": "$.refund", "Next": "ReleaseVan"},
        ReleaseVan=task("CalledOff", "CalledOff"),
        CalledOff=FAILED,
    )
    first, *_ = doubts(machine)
    assert (first.level, first.states) == (Level.ERROR, ("ChargeDeposit", "RefundDeposit"))
    assert "only a Pass" in first.message


@pytest.mark.parametrize("name", ["DepositRefunded", "RefundFailed"])
def test_a_pass_that_says_what_has_happened_is_not_taken_for_a_refund(name: str) -> None:
    machine = saga(
        ChargeDeposit=task("PrintLabel", "RefundDeposit"),
        PrintLabel=task("Rented", "RefundDeposit"),
        Rented=DONE,
        RefundDeposit=task(name, name),
        **{name: {"Type": "Pass", "Next": "CalledOff"}},
        CalledOff=FAILED,
    )
    assert not doubts(machine)


def test_the_compensation_left_over_is_of_the_step_not_understood() -> None:
    machine = saga(
        BankHook=task("ReserveVan", "CalledOff"),
        ReserveVan=task("Rented", "ReleaseVan"),
        Rented=DONE,
        ReleaseVan=task("CancelPayment", "CancelPayment"),
        CancelPayment=task("CalledOff", "CalledOff"),
        CalledOff=FAILED,
    )
    steps = {step.action: step for step in guess_plan(machine).plan.steps}
    assert steps["BankHook"].undone_by == ("CancelPayment",)
    assert steps["BankHook"].rests_on == ("CancelPayment undoes BankHook",)

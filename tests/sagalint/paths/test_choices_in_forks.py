"""What a branch, or an item, does behind a Choice: as long as another is followed, it hangs on the same answer."""

from dataclasses import replace

import pytest

from sagalint import check
from sagalint.guess.plan import guess_plan
from tests.support.sagalint.small import (
    DONE,
    FAILED,
    Definition,
    choice,
    each,
    fork,
    found_in,
    message,
    part,
    saga,
    task,
)

PASS: Definition = {"Type": "Pass", "End": True}


def undo(then: str) -> Definition:
    """A compensation that goes on to the next when it gives up, and lets a clerk hear of it."""
    return task(then, "Alarm" + then)


def alarms(*names: str) -> dict[str, Definition]:
    return {"Alarm" + name: message(name, "Clerks", Catch=task(None, name)["Catch"]) for name in names}


RESERVES = part(ReserveTools=task())
ORDERS = part(Wanted=choice("None", cover="OrderCover"), OrderCover=task(), **{"None": PASS})
PAYS = part(How=choice("ChargeCard", points="DebitPoints"), DebitPoints=task(), ChargeCard=task())


def optional(*branches: Definition, stopped: str, refunded: str, asks: str = "cover") -> Definition:
    """Tools and, if somebody wants it, a cover, at once; then a deposit."""
    return saga(
        Prepare=fork(*branches, then="ChargeDeposit", caught=stopped),
        ChargeDeposit=task("Rented", "RefundDeposit"),
        Rented=DONE,
        RefundDeposit=undo(refunded),
        Covered=choice("ReleaseTools", **{asks: "CancelCover"}),
        CancelCover=undo("ReleaseTools"),
        ReleaseTools=undo("CalledOff"),
        CalledOff=FAILED,
        **alarms("Covered", "CancelCover", "ReleaseTools", "CalledOff"),
    )


def alternatives(refunded: str) -> Definition:
    """Points or a card, beside the tools; then a label."""
    return saga(
        Prepare=fork(RESERVES, PAYS, then="IssueLabel", caught="Paid"),
        IssueLabel=task("Rented", "RevokeLabel"),
        Rented=DONE,
        RevokeLabel=undo(refunded),
        Paid=choice("RefundCard", points="CreditPoints"),
        CreditPoints=undo("ReleaseTools"),
        RefundCard=undo("ReleaseTools"),
        ReleaseTools=undo("CalledOff"),
        CalledOff=FAILED,
        **alarms("Paid", "RefundCard", "ReleaseTools", "CalledOff"),
    )


def items(covered: str) -> Definition:
    """Each of several tools, with a cover if it needs one."""
    item = part(
        ReserveTools=task("Wanted"), Wanted=choice("None", cover="OrderCover"), OrderCover=task(), **{"None": PASS}
    )
    undone = part(
        Covered=choice("ReleaseTools", cover=covered),
        CancelCover=task("ReleaseTools", "ReleaseTools"),
        ReleaseTools=task(None, "Kept"),
        Kept=PASS,
    )
    return saga(
        Prepare=each(item, then="ChargeDeposit", caught="Undo"),
        ChargeDeposit=task("Rented", "RefundDeposit"),
        Rented=DONE,
        RefundDeposit=undo("Undo"),
        Undo=each(undone, then="CalledOff", caught="Half"),
        CalledOff=FAILED,
        Half={**FAILED, "Error": "Half"},
        **alarms("Undo"),
    )


RIGHT = {
    "the same question on the way back": optional(RESERVES, ORDERS, stopped="Covered", refunded="Covered"),
    "the optional branch alone": optional(ORDERS, stopped="Covered", refunded="Covered"),
    "whatever was asked, both are undone": optional(RESERVES, ORDERS, stopped="CancelCover", refunded="CancelCover"),
    "alternatives, each given back": alternatives("Paid"),
    "items": items("CancelCover"),
}
WRONG = {
    "a stopped branch may have ordered it": (
        optional(RESERVES, ORDERS, stopped="ReleaseTools", refunded="Covered"),
        "OrderCover",
    ),
    "it is left out once all is prepared": (
        optional(RESERVES, ORDERS, stopped="Covered", refunded="ReleaseTools"),
        "OrderCover",
    ),
    "another question on the way back": (
        optional(RESERVES, ORDERS, stopped="Covered", refunded="Covered", asks="rain"),
        "OrderCover",
    ),
    "whatever was paid, the card is refunded": (alternatives("RefundCard"), "DebitPoints"),
    "items": (items("ReleaseTools"), "OrderCover"),
}


def left(machine: Definition) -> set[str]:
    """The actions that are left, by the errors."""
    found = [one for one in found_in(machine) if one.rule.id == "doubt-not-compensated"]
    return {action for one in found for action in ("OrderCover", "DebitPoints", "ChargeCard") if action in one.message}


@pytest.mark.parametrize("machine", RIGHT.values(), ids=RIGHT)
def test_the_answer_of_a_choice_in_another_branch_is_kept(machine: Definition) -> None:
    assert not left(machine)


@pytest.mark.parametrize("machine", [one for name, one in RIGHT.items() if "whatever" not in name])
def test_no_compensation_is_unneeded_where_the_same_is_asked(machine: Definition) -> None:
    """A plan that a person has corrected also lets no compensation run for what another branch has not done."""
    plan = replace(guess_plan(machine).plan, rests_on=())
    unneeded = ("nothing-to-compensate", "doubt-not-compensated", "step-left-out")
    assert not [one for one in check(machine, plan).findings if one.rule.id in unneeded]


@pytest.mark.parametrize(("machine", "action"), WRONG.values(), ids=WRONG)
def test_what_a_choice_in_another_branch_may_have_done_is_owed(machine: Definition, action: str) -> None:
    assert left(machine) == {action}

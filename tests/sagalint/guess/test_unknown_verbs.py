"""A compensation whose verb no list knows: it is found by the thing that it and one action alone speak of."""

from itertools import pairwise

import pytest

from sagalint.definition.naming.words import same_thing
from sagalint.guess.plan import guess_plan
from tests.support.sagalint.small import ALL, DONE, FAILED, Definition, choice, found_in, message, rules_in, saga, task

VERBS = [
    "Book Release",
    "Reserve Free",
    "Keep Drop",
    "Charge Return",
    "Take GiveBack",
    "Withdraw Deposit",
    "Sell Void",
    "Admit Discharge",
    "Freeze Unfreeze",
    "Enroll Unenroll",
    "Deploy Rollback",
    "Fasten Loosen",
    "Encaisser Restituer",
    "Cobrar Devolver",
    "Mieten Zurueckgeben",
]
DEALS_WITH_A_FAILURE = ["RetryMower", "EscalateMower", "MarkMower", "NotifyMower", "CheckMower", "MowerFailed"]


def undone(machine: Definition) -> dict[str, tuple[str, ...]]:
    """By action, what undoes it."""
    return {step.action: step.undone_by for step in guess_plan(machine).plan.steps if step.undone_by}


def one_rollback(do: str, undo: str) -> Definition:
    """A rental whose steps all have the same rollback: only its order says whose compensation is whose."""
    actions = ["ReserveVan", do, "ChargeCard", "Rented"]
    back = ["RefundCard", undo, "ReleaseVan", "CalledOff"]
    steps = {name: task(then, back[0]) for name, then in pairwise(actions)}
    unsent = {"ErrorEquals": [ALL], "ResultPath": "$.unsent"}
    alarms = {f"Page{name}": message(then, "stuck", Catch=[{**unsent, "Next": then}]) for name, then in pairwise(back)}
    undoing = {name: task(then, f"Page{name}") for name, then in pairwise(back)}
    return saga(**steps, Rented=DONE, **undoing, **alarms, CalledOff=FAILED)


@pytest.mark.parametrize("verbs", VERBS)
def test_a_right_machine_with_one_rollback_has_no_finding(verbs: str) -> None:
    do, undo = (f"{verb}Mower" for verb in verbs.split())
    machine = one_rollback(do, undo)
    assert undone(machine)[do] == (undo,)
    assert not found_in(machine)


@pytest.mark.parametrize("verbs", VERBS)
def test_a_way_that_leaves_out_such_a_compensation_is_found(verbs: str) -> None:
    do, undo = (f"{verb}Mower" for verb in verbs.split())
    machine = one_rollback(do, undo)
    for name in ("RefundCard", "PageRefundCard"):
        machine["States"][name] |= {"Next": "ReleaseVan", "Catch": [{"ErrorEquals": [ALL], "Next": "ReleaseVan"}]}
    assert do in {state for one in found_in(machine) for state in one.states}


@pytest.mark.parametrize("verbs", VERBS)
def test_one_pair_with_a_catch_of_its_own_is_a_saga(verbs: str) -> None:
    do, undo = (f"{verb}Mower" for verb in verbs.split())
    machine = saga(
        **{do: task("PrintTicket", undo), "PrintTicket": task("Rented", "CalledOff"), "Rented": DONE},
        **{undo: task("CalledOff", "Stuck"), "CalledOff": FAILED, "Stuck": {**FAILED, "Error": "Stuck"}},
    )
    assert undone(machine)[do] == (undo,)
    assert "doubt-not-compensated" in rules_in(machine)
    machine["States"]["PrintTicket"] = task("Rented", undo, calls="PrintTicket", ResultPath="$.ticket")
    assert not found_in(machine)


@pytest.mark.parametrize("name", DEALS_WITH_A_FAILURE)
def test_what_deals_with_a_failure_undoes_nothing(name: str) -> None:
    assert "KeepMower" not in undone(one_rollback("KeepMower", name))


def test_a_thing_of_two_steps_says_nothing() -> None:
    machine = one_rollback("KeepMower", "FreeMower")
    machine["States"]["ChargeCard"]["Next"] = "SharpenMower"
    machine["States"]["SharpenMower"] = task("Rented", "RefundCard", calls="sharpen", ResultPath="$.sharp")
    assert "KeepMower" not in undone(machine)


def test_an_alarm_of_a_compensation_undoes_nothing() -> None:
    """BeepMower follows only where ReleaseVan gives up."""
    machine = one_rollback("KeepMower", "FreeShed")
    machine["States"]["ReleaseVan"]["Catch"][0]["Next"] = "BeepMower"
    machine["States"]["BeepMower"] = task("CalledOff", calls="beep", ResultPath="$.beep")
    assert "KeepMower" not in undone(machine)


def test_what_leads_on_to_a_step_undoes_nothing() -> None:
    machine = one_rollback("KeepMower", "FreeMower")
    machine["States"]["KeepMower"] = task("ChargeCard", "LendMower", calls="keep", ResultPath="$.kept")
    machine["States"]["LendMower"] = task("ChargeCard", "FreeMower", calls="lend", ResultPath="$.kept")
    assert undone(machine)["KeepMower"] == ("FreeMower",)


def test_one_pair_without_a_catch_of_its_own_undoes_nothing() -> None:
    machine = saga(
        StartScan=task("CopyPages", "Again"),
        Again=choice("CalledOff", times="StartScan"),
        CopyPages=task("Scanned", "CleanupPartialScan"),
        Scanned=DONE,
        CleanupPartialScan=task("CalledOff", "CalledOff"),
        CalledOff=FAILED,
    )
    assert not undone(machine)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("subscrib", "subscription", True),
        ("prescrib", "prescription", True),
        ("van", "vanish", False),
        ("account", "accelerat", False),
    ],
)
def test_a_long_beginning_in_common_is_one_thing(one: str, other: str, *, same: bool) -> None:
    assert same_thing(one, other) is same


def test_a_name_that_has_all_of_an_actions_and_a_verb_of_undoing_is_enough() -> None:
    """It is the only pair, and the failure of the next step leads there, not that of the action."""
    machine = saga(
        RedeemPoints=task("PackDrill", "Over"),
        PackDrill=task("Rented", "RestoreRedeemPoints"),
        Rented=DONE,
        RestoreRedeemPoints=task("CalledOff", "CalledOff"),
        CalledOff=FAILED,
        Over=FAILED,
    )
    assert undone(machine) == {"RedeemPoints": ("RestoreRedeemPoints",)}

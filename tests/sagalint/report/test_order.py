"""The order of findings: what the likeliest failure leaves, what is in doubt, what a message leaves, what stops."""

import json
from pathlib import Path

from sagalint.checker import check
from sagalint.guess.plan import guess_plan
from sagalint.inputs.lines import Place
from sagalint.plan import Plan, PlannedStep
from sagalint.report.checked import CheckedMachine
from sagalint.report.verdict import verdict, verdict_on_all
from sagalint.rules.finding import Level
from tests.support.sagalint.small import DONE, FAILED, Definition, choice, found_in, message, saga, task

UNDO = {
    "RefundDeposit": task("ReleaseDrill", "NotUndone"),
    "ReleaseDrill": task("CalledOff", "NotUndone"),
    "CalledOff": FAILED,
    "NotUndone": {**FAILED, "Error": "RentalStuck"},
}
TOLD_TOO_EARLY = saga(
    ChargeDeposit=task("TellYard", "CalledOff"),
    TellYard=message("PackDrill", "Yard"),
    PackDrill=task("Rented", "RefundDeposit"),
    Rented=DONE,
    RefundDeposit=task("CalledOff", "NotUndone"),
    **{name: UNDO[name] for name in ("CalledOff", "NotUndone")},
)
"""A charge in doubt is refunded by nothing; and a message that fails in the middle leaves a charge that is done."""


def firsts(machine: Definition) -> list[tuple[str, str]]:
    return [(one.rule.id, one.states[0]) for one in found_in(machine)]


def test_a_charge_in_doubt_comes_before_what_a_failing_message_leaves() -> None:
    assert firsts(TOLD_TOO_EARLY) == [("doubt-not-compensated", "ChargeDeposit"), ("doubt-not-compensated", "TellYard")]


def test_what_a_refusal_leaves_comes_before_what_is_in_doubt() -> None:
    machine = saga(
        ReserveDrill=task("CheckRenter", "CalledOff"),
        CheckRenter=task("Known", "ReleaseDrill"),
        Known=choice("Refused", CheckRenter="Rented"),
        Rented=DONE,
        Refused=FAILED,
        **{name: UNDO[name] for name in ("ReleaseDrill", "CalledOff", "NotUndone")},
    )
    assert firsts(machine) == [("doubt-not-compensated", "Known"), ("doubt-not-compensated", "ReserveDrill")]


def test_money_kept_for_sure_comes_before_a_payment_in_doubt() -> None:
    """Beside the payment in doubt something of less worth is done for sure."""
    declined = [{"ErrorEquals": ["Declined"], "ResultPath": "$.trouble", "Next": "ReleaseDrill"}]
    machine = saga(
        ReserveDrill=task("ChargeDeposit", "ReleaseDrill"),
        ChargeDeposit=task("PackDrill", Catch=declined),
        PackDrill=task("Rented", Catch=[{**declined[0], "Next": "RefundDeposit"}]),
        Rented=DONE,
        **UNDO,
    )
    first, *_ = found_in(machine)
    assert first.message.startswith("when PackDrill fails with States.Timeout, ChargeDeposit and ReserveDrill are done")


def test_what_aws_refuses_comes_before_what_is_left() -> None:
    beside = [{"ErrorEquals": ["States.Timeout", "States.ALL"], "MaxAttempts": 1}]
    machine = saga(ChargeDeposit=task("PackDrill"), PackDrill=task("Rented", Retry=beside), Rented=DONE)
    assert [rule for rule, _ in firsts(machine)] == ["refused-by-aws", "doubt-not-compensated"]


def test_a_resource_that_an_example_leaves_open_comes_after_what_is_left() -> None:
    part = "arn:aws:lambda:invoke"
    machine = saga(ChargeDeposit=task("PackDrill"), PackDrill=task("Rented", Resource=part), Rented=DONE)
    assert [rule for rule, _ in firsts(machine)] == ["doubt-not-compensated", "refused-by-aws"]


def test_an_effect_that_is_left_in_several_ways_weighs_as_the_gravest() -> None:
    """The nearest way is that of the message; PackDrill is the likelier one to fail."""
    machine = saga(
        ReserveDrill=task("ChargeDeposit", "ReleaseDrill"),
        ChargeDeposit=task("TellYard", "ReleaseDrill"),
        TellYard=message("PackDrill", "Yard"),
        PackDrill=task("Rented", "ReleaseDrill"),
        Rented=DONE,
        **{name: UNDO[name] for name in ("ReleaseDrill", "CalledOff", "NotUndone")},
    )
    first, *_ = found_in(machine)
    assert first.states == ("ChargeDeposit",)
    assert first.message.startswith("when PackDrill fails")


def test_what_is_left_comes_first_though_a_guess_may_be_wrong(tmp_path: Path) -> None:
    """ConfirmRental may be the commit; that ReleaseVan stops the rollback is sure, and takes two failures."""
    machine = saga(
        ReserveDrill=task("ReserveVan", "ReleaseDrill"),
        ReserveVan=task("ConfirmRental", "ReleaseVan"),
        ConfirmRental=task("Rented"),
        Rented=DONE,
        ReleaseVan=task("ReleaseDrill"),
        **{name: UNDO[name] for name in ("ReleaseDrill", "CalledOff", "NotUndone")},
    )
    plan = guess_plan(machine).plan
    report = check(machine, plan)
    left, stops = (one for one in report.findings if one.level is not Level.NOTE)
    assert (left.rule.id, left.level) == ("doubt-not-compensated", Level.WARNING)
    assert (stops.rule.id, stops.level) == ("rollback-stops", Level.ERROR)
    (tmp_path / "rental").write_text(json.dumps(machine), encoding="utf-8")
    checked = CheckedMachine("rental", Place(tmp_path / "rental"), machine, plan, report)
    assert verdict(checked).startswith("1 error, 1 warning. Fix the warning first: ")


def test_what_nothing_undoes_is_found_beside_what_is_left_out() -> None:
    """Each needs a fix of its own: a compensation, and a Catch."""
    declined = [{"ErrorEquals": ["NoVan"], "ResultPath": "$.trouble", "Next": "ReleaseDrill"}]
    machine = saga(
        ReserveDrill=task("ReserveVan", "ReleaseDrill"),
        ReserveVan=task("Rented", Catch=declined),
        Rented=DONE,
        ReleaseDrill=task("CalledOff"),
        CalledOff=FAILED,
    )
    found = [one.states for one in found_in(machine) if one.rule.id == "doubt-not-compensated"]
    assert found == [("ReserveVan", "ReserveDrill"), ("ReserveVan",)]


def test_of_several_machines_that_with_the_gravest_finding_is_named(tmp_path: Path) -> None:
    steps = (
        PlannedStep(action="ReserveDrill", compensation="ReleaseDrill"),
        PlannedStep(action="ChargeDeposit", compensation="RefundDeposit"),
    )
    stops = saga(
        ReserveDrill=task("ChargeDeposit", "ReleaseDrill"),
        ChargeDeposit=task("Rented", "RefundDeposit"),
        Rented=DONE,
        **UNDO,
    )
    late = {"ErrorEquals": ["Late"], "ResultPath": "$.trouble", "Next": "RefundDeposit"}
    charge = task("Rented", "ReleaseDrill", calls="charge")
    charge["Catch"] = [late, *charge["Catch"]]
    keeps = {**stops, "States": {**stops["States"], "ChargeDeposit": charge}}
    checked = []
    for name, machine in (("stops", stops), ("keeps", keeps)):
        (tmp_path / name).write_text(json.dumps(machine), encoding="utf-8")
        report = check(machine, Plan(steps))
        checked.append(CheckedMachine(name, Place(tmp_path / name), machine, Plan(steps), report))
    assert [one.findings[0].rule.id for one in checked] == ["rollback-stops", "doubt-not-compensated"]
    assert "Fix first, in keeps:" in verdict_on_all(checked)

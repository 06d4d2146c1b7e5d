"""What a plan that a person writes can say of a saga, and that it is checked as it is said."""

import json
from typing import Any

import pytest

from sagalint import check
from sagalint.guess.plan import guess_plan
from sagalint.plan import Plan, SagaPlanError
from sagalint.rules.finding import Level
from tests.support.sagalint.small import DONE, FAILED, Definition, choice, each, fork, message, part, saga, task

TWO_WAYS = saga(
    ReserveDrill=task("ChargeDeposit", "ReleaseAlone"),
    ChargeDeposit=task("Rented", "RefundDeposit"),
    Rented=DONE,
    RefundDeposit=task("ReleaseToo", "ReleaseToo"),
    ReleaseAlone=task("CalledOff", "Stuck"),
    ReleaseToo=task("CalledOff", "Stuck"),
    CalledOff=FAILED,
    Stuck=FAILED,
)
ONE_FOR_ALL = saga(
    ReserveDrill=task("ChargeDeposit", "CallOff"),
    ChargeDeposit=task("Rented", "CallOff"),
    Rented=DONE,
    CallOff=task("CalledOff", "CalledOff"),
    CalledOff=FAILED,
)
ASKED_FOR = saga(
    ReserveDrill=task("Insured", "ReleaseDrill"),
    Insured=choice("Rented", wish="AddInsurance"),
    AddInsurance=task("Rented", "RemoveInsurance"),
    Rented=DONE,
    RemoveInsurance=task("ReleaseDrill", "ReleaseDrill"),
    ReleaseDrill=task("CalledOff", "CalledOff"),
    CalledOff=FAILED,
)
DECLINED = saga(
    ReserveDrill=task("ChargeDeposit", "ReleaseDrill"),
    ChargeDeposit=task("Charged", "RefundDeposit"),
    Charged=choice("ReleaseDrill", ChargeDeposit="Rented"),
    Rented=DONE,
    RefundDeposit=task("ReleaseDrill", "ReleaseDrill"),
    ReleaseDrill=task("CalledOff", "CalledOff"),
    CalledOff=FAILED,
)
AT_ONCE = saga(
    TakeBoth=fork(part(ReserveDrill=task()), part(ReserveVan=task()), then="Rented", caught="ReleaseDrill"),
    Rented=DONE,
    ReleaseDrill=task("ReleaseVan", "ReleaseVan"),
    ReleaseVan=task("CalledOff", "CalledOff"),
    CalledOff=FAILED,
)
FOR_EACH_TOOL = saga(
    ReserveAll=each(part(ReserveTool=task()), "Rented", "ReleaseAll"),
    Rented=DONE,
    ReleaseAll=each(part(ReleaseTool=task(None, "Noted"), Noted={"Type": "Pass", "End": True}), "CalledOff"),
    CalledOff=FAILED,
)
TWO_HEAR = saga(
    ReserveDrill=task("TellRenter", "ReleaseDrill"),
    TellRenter=message("TellYard", "Renter"),
    TellYard=message(None, "Yard"),
    ReleaseDrill=task("CalledOff", "CalledOff"),
    CalledOff=FAILED,
)
RESERVED = {"action": "ReserveDrill", "compensation": "ReleaseDrill"}
CHARGED = {"action": "ChargeDeposit", "compensation": "RefundDeposit"}


def rules(machine: Definition, **plan: Any) -> set[str]:
    report = check(machine, Plan.from_json(json.dumps(plan)))
    return {finding.rule.id for finding in report.findings if finding.level is not Level.NOTE}


@pytest.mark.parametrize(
    ("machine", "plan", "without"),
    [
        (
            TWO_WAYS,
            {"steps": [{"action": "ReserveDrill", "compensations": ["ReleaseAlone", "ReleaseToo"]}, CHARGED]},
            {"steps": [{"action": "ReserveDrill", "compensation": "ReleaseAlone"}, CHARGED]},
        ),
        (
            ONE_FOR_ALL,
            {"steps": [{"action": one, "compensation": "CallOff"} for one in ("ReserveDrill", "ChargeDeposit")]},
            {"steps": [{"action": "ReserveDrill", "compensation": "CallOff"}, {**CHARGED, "compensation": "Refund"}]},
        ),
        (
            ASKED_FOR,
            {"steps": [RESERVED, {"action": "AddInsurance", "compensation": "RemoveInsurance", "optional": True}]},
            {"steps": [RESERVED, {"action": "AddInsurance", "compensation": "RemoveInsurance"}]},
        ),
        (
            DECLINED,
            {"steps": [RESERVED, {**CHARGED, "clean_results": [{"choice": "Charged", "next": "ReleaseDrill"}]}]},
            {"steps": [RESERVED, CHARGED]},
        ),
        (
            ASKED_FOR,
            {
                "steps": [RESERVED, {"action": "AddInsurance", "compensation": "RemoveInsurance"}],
                "accepted": [{"rule": "step-left-out", "because": "insurance is a wish"}],
            },
            {"steps": [RESERVED, {"action": "AddInsurance", "compensation": "RemoveInsurance"}]},
        ),
    ],
    ids=["several compensations", "one for several steps", "optional", "a result that refuses", "accepted by rule"],
)
def test_a_plan_that_says_it_has_no_findings(machine: Definition, plan: Any, without: Any) -> None:
    assert not rules(machine, **plan)
    assert rules(machine, **without)


def test_steps_done_at_the_same_time_are_undone_in_any_order() -> None:
    steps = [RESERVED, {"action": "ReserveVan", "compensation": "ReleaseVan"}]
    assert not rules(AT_ONCE, steps=steps)
    assert not rules(AT_ONCE, steps=steps[::-1])


def test_items_are_undone_by_a_map_of_their_own() -> None:
    step = {"action": "ReserveTool", "compensation": "ReleaseTool"}
    assert not rules(FOR_EACH_TOOL, steps=[step])
    half_done = json.loads(json.dumps(FOR_EACH_TOOL))
    all_else = half_done["States"]["ReserveAll"]["Catch"][0]
    named = {**all_else, "ErrorEquals": ["NoTool"]}
    half_done["States"]["ReserveAll"]["Catch"] = [named, {**all_else, "Next": "CalledOff"}]
    assert rules(half_done, steps=[step]) == {"doubt-not-compensated"}


def test_several_receivers_hear_once_each() -> None:
    heard = {"success": ["TellRenter", "TellYard"]}
    assert not rules(TWO_HEAR, steps=[RESERVED], messages=heard)
    twice = json.loads(json.dumps(TWO_HEAR))
    twice["States"]["TellYard"]["Parameters"] = twice["States"]["TellRenter"]["Parameters"]
    assert rules(twice, steps=[RESERVED], messages=heard) == {"not-one-message"}


def test_a_step_that_needs_undoing_is_found_until_the_plan_says_why_not() -> None:
    machine = saga(ChargeDeposit=task("PackDrill"), PackDrill=task("Rented"), Rented=DONE)
    pack = {"action": "PackDrill", "uncompensated_because": "it is packed last"}
    assert rules(machine, steps=[{"action": "ChargeDeposit", "undone_by_nothing": True}, pack]) == {
        "doubt-not-compensated"
    }
    assert not rules(machine, steps=[{"action": "ChargeDeposit", "uncompensated_because": "no refunds"}, pack])


def test_answers_are_kept_a_corrected_plan_rests_on_no_guess() -> None:
    written = json.loads(guess_plan(TWO_WAYS).plan.to_json())
    assert written["rests_on"]
    written["rests_on"] = []
    plan = Plan.from_json(json.dumps(written))
    assert not plan.guessed
    assert not any(finding.rests_on for finding in check(TWO_WAYS, plan).findings)


def test_a_step_cannot_both_have_a_compensation_and_need_one() -> None:
    with pytest.raises(SagaPlanError, match="a compensation and a reason to have none"):
        Plan.from_json(json.dumps({"steps": [{**RESERVED, "undone_by_nothing": True}]}))

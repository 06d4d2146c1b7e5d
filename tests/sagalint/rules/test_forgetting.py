"""What a rollback forgets changes no finding, and lets a long saga be checked whole."""

import json
import random
from typing import Any, Final

import pytest

from sagalint import Report, check
from sagalint.guess.plan import guess_plan
from sagalint.paths import explorer
from sagalint.paths.effects import Forgetting
from sagalint.plan import Plan
from tests.sagalint.rules.test_examples import EXHIBITS, machine
from tests.support.sagalint.generated import generated
from tests.support.sagalint.large import long_saga, wide_saga
from tests.support.sagalint.small import DONE, FAILED, Definition, choice, fork, part, saga, task

UNDONE_AT_ONCE = saga(
    ReserveDrill=task("ReserveVan", "UndoBoth"),
    ReserveVan=task("Ready", "UndoBoth"),
    Ready=choice("UndoBoth", ReserveVan="ChargeDeposit"),
    ChargeDeposit=task("Rented", "RefundDeposit"),
    Rented=DONE,
    RefundDeposit=task("UndoBoth", "ReserveVan"),
    UndoBoth=fork(part(ReleaseDrill=task()), part(ReleaseVan=task(None, "Noted"), Noted={"Type": "Pass", "End": True}),
                  then="CalledOff"),
    CalledOff=FAILED,
)  # fmt: skip
FAIL_ALIKE = saga(
    CreateOrder=task("ChargeDeposit", "CancelOrder"),
    ChargeDeposit=task("PackDrill", "CalledOff"),
    PackDrill=task("Rented", "CalledOff"),
    Rented=DONE,
    CancelOrder=task("CalledOff"),
    CalledOff=FAILED,
)
WITHOUT_A_CATCH, PLAN_OF_6 = long_saga(6)
del WITHOUT_A_CATCH["States"]["Book4"]["Catch"]
FORGETFUL, FORGETFUL_PLAN = generated(5)
FORGETFUL["States"]["Book3"]["Catch"].pop()
WIDE, WIDE_PLAN = wide_saga(3, 2)
CASES: list[Any] = [
    *(
        pytest.param(machine(one), Plan.from_json((one / "plan.json").read_text(encoding="utf-8")), id=one.name)
        for one in EXHIBITS
    ),
    *(pytest.param(machine(one), guess_plan(machine(one)).plan, id=f"{one.name}, guessed") for one in EXHIBITS),
    pytest.param(UNDONE_AT_ONCE, guess_plan(UNDONE_AT_ONCE).plan, id="a rollback that leads back, and a Parallel"),
    pytest.param(FAIL_ALIKE, guess_plan(FAIL_ALIKE).plan, id="two actions that leave the same"),
    pytest.param(WITHOUT_A_CATCH, Plan.from_json(json.dumps(PLAN_OF_6)), id="an action without a Catch"),
    pytest.param(FORGETFUL, FORGETFUL_PLAN, id="an error that is not caught"),
    pytest.param(WIDE, Plan.from_json(json.dumps(WIDE_PLAN)), id="branches"),
]


DAMAGED: Final = 60
"""Sagas with faults that nobody thought of."""


def damaged(seed: int) -> Definition:
    """A saga of five steps whose rollback leads astray at about every second way."""
    chance = random.Random(seed)
    definition, _ = long_saga(5)
    back = [name for name in definition["States"] if name.startswith("Cancel")]
    for name, state in definition["States"].items():
        for way in [*state.get("Catch", ()), *([state] if name in back else [])]:
            if chance.random() < 0.5:
                way["Next"] = chance.choice([*back, "Failed"])
    return definition


def said(report: Report) -> list[tuple[str, str, tuple[str, ...], str]]:
    return sorted((one.rule.id, one.level, one.states, one.message) for one in report.findings)


@pytest.mark.parametrize(("definition", "plan"), CASES)
def test_it_changes_no_finding(definition: Definition, plan: Plan, monkeypatch: pytest.MonkeyPatch) -> None:
    report = check(definition, plan)
    monkeypatch.setattr(Forgetting, "forget", lambda _, situation, __: situation)
    without = check(definition, plan)
    assert said(report) == said(without)
    assert report.explored <= without.explored


@pytest.mark.parametrize("seed", range(DAMAGED))
def test_it_hides_no_fault_behind_another(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    definition = damaged(seed)
    plan = guess_plan(definition).plan
    report = check(definition, plan)
    monkeypatch.setattr(Forgetting, "forget", lambda _, situation, __: situation)
    assert said(report) == said(check(definition, plan))


def test_the_situations_of_a_chain_grow_with_its_length() -> None:
    explored = {}
    for steps in (20, 40):
        definition, plan = long_saga(steps)
        explored[steps] = check(definition, Plan.from_json(json.dumps(plan))).explored
    assert explored[40] <= 2 * explored[20] + 2


def test_a_machine_with_too_many_situations_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(explorer, "MOST_SITUATIONS", 100)
    definition, plan = generated(10)
    assert "too-large" in {one.rule.id for one in check(definition, plan).findings}

"""A first plan, guessed from a machine: right about what undoes what, wherever the machine shows it."""

import json
from pathlib import Path
from typing import Any

import pytest

from sagalint import check
from sagalint.guess.plan import Guess, guess_plan
from sagalint.input_error import InputError
from sagalint.plan import Plan
from sagalint.rules.finding import Level
from tests.sagalint.rules.test_examples import EXHIBITS, machine
from tests.support.sagalint.own_machines import own_machine


def pairs(plan: Plan) -> list[tuple[str, str | None]]:
    return [(step.action, step.compensation) for step in plan.steps if step.undone_by]


@pytest.fixture(params=EXHIBITS, ids=lambda path: path.name)
def exhibit(request: pytest.FixtureRequest) -> Path:
    path: Path = request.param
    return path


def test_what_undoes_what_is_guessed_in_every_exhibit(exhibit: Path) -> None:
    guess = guess_plan(machine(exhibit))
    plan = Plan.from_json((exhibit / "plan.json").read_text(encoding="utf-8"))
    assert pairs(guess.plan) == pairs(plan)
    assert {*guess.plan.messages.success} == {*plan.messages.success}
    assert {*guess.plan.messages.failure} == {*plan.messages.failure}
    assert Plan.from_json(guess.plan.to_json()) == guess.plan


def test_every_guess_can_be_verified_and_says_what_it_stands_on(exhibit: Path) -> None:
    definition = machine(exhibit)
    guess = guess_plan(definition)
    check(definition, guess.plan)
    for step in guess.plan.steps:
        if step.compensation:
            assert any(step.action in doubt and step.compensation in doubt for doubt in guess.doubts)


def test_our_own_saga_is_guessed_but_for_what_only_its_author_knows(assembly: Path) -> None:
    definition, plan = own_machine("the saga", assembly)
    guess = guess_plan(definition)
    assert pairs(guess.plan) == pairs(plan)
    assert guess.plan.messages.failure == plan.messages.failure
    assert not [one for one in check(definition, guess.plan).findings if one.level is not Level.NOTE]
    assert guess.plan.secrets == plan.secrets


def test_the_labs_mistakes_are_found_with_a_guess_alone() -> None:
    lab = machine(next(path for path in EXHIBITS if path.name == "lab"))
    rules = {finding.rule.id for finding in check(lab, guess_plan(lab).plan).findings}
    assert rules >= {"doubt-not-compensated", "rollback-stops", "error-cannot-occur", "secret-leaks", "read-undefined"}


def test_a_task_that_only_checks_is_not_a_step() -> None:
    guess = guess_with({"CheckCard": {"Next": "ChargeCard"}})
    assert guess.plan.steps[0].action == "ChargeCard"


def guess_with(first: dict[str, Any]) -> Guess:
    task = {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "Arguments": {"FunctionName": "f"}}
    states = {
        **{name: {**task, **more} for name, more in first.items()},
        "ChargeCard": {**task, "Next": "Ship", "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "RefundCard"}]},
        "Ship": {**task, "End": True, "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "RefundCard"}]},
        "RefundCard": {**task, "Next": "Failed"},
        "Failed": {"Type": "Fail"},
    }
    return guess_plan({"QueryLanguage": "JSONata", "StartAt": next(iter(states)), "States": states})


@pytest.mark.parametrize(
    ("definition", "reported"),
    [
        ({"StartAt": "Wait", "States": {"Wait": {"Type": "Pass", "End": True}}}, "has no Task"),
        ({"steps": []}, "this is not a state machine"),
        (json.loads("[]"), "this is not a state machine"),
    ],
    ids=["no task", "a plan", "a list"],
)
def test_what_has_no_saga_is_refused_with_the_fix(definition: Any, reported: str) -> None:
    with pytest.raises(InputError, match=reported):
        guess_plan(definition)

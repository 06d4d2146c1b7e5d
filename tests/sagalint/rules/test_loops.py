"""Loops that count their rounds: one with a bound is followed to its end, one without is found soon."""

from typing import Any

import pytest

from sagalint.definition.machine import Machine
from sagalint.paths.explorer import Situations
from sagalint.paths.knowledge import Knowledge
from sagalint.paths.roles import Roles
from sagalint.plan import Plan, PlannedStep

PLAN = Plan((PlannedStep(action="Poll", uncompensated_because="it only reads"),))


def polling(condition: str) -> dict[str, Any]:
    """A machine that polls for as long as a condition on its rounds holds."""
    task = {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "Arguments": {"FunctionName": "poll"}}
    return {
        "QueryLanguage": "JSONata",
        "StartAt": "Begin",
        "States": {
            "Begin": {"Type": "Pass", "Assign": {"rounds": 0}, "Next": "Poll"},
            "Poll": {**task, "Assign": {"rounds": "{% $rounds + 1 %}"}, "Next": "Again"},
            "Again": {"Type": "Choice", "Choices": [{"Condition": condition, "Next": "Poll"}], "Default": "Done"},
            "Done": {"Type": "Succeed"},
        },
    }


@pytest.mark.parametrize(
    ("condition", "most"), [("{% $rounds < 3 %}", 12), ("{% $rounds < 100000 %}", 80), ("{% true %}", 80)]
)
def test_the_situations_of_a_counting_loop_are_few(condition: str, most: int) -> None:
    machine = Machine.read(polling(condition))
    situations = Situations(PLAN, Roles(machine, PLAN), Knowledge(machine))
    assert len(list(situations.moves())) > 3
    assert situations.all_seen
    assert len(situations) <= most

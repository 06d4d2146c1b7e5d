"""The saga on Express leaves doubt to the recovery: sagalint finds an edit that undoes it here, or loses it."""

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sagalint import check
from tests.support.sagalint.own_machines import ON_EXPRESS, own_machine

States = dict[str, Any]


def _undo_here(states: States) -> None:
    states["ChargeFare"]["Catch"][-1]["Next"] = "RefundFare"


def _pass_the_hand_over(states: States) -> None:
    states["CustomerAccountCredit"]["Catch"][-1]["Next"] = "SagaInDoubt"


def _end_well(states: States) -> None:
    states["HandOver"]["Next"] = "FareProcessingSucceeded"


def _go_on_twice(states: States) -> None:
    states["ChooseAnswer"]["Default"] = "RefundFare"


@pytest.mark.parametrize(
    ("edit", "rule"),
    [
        (_undo_here, "doubt-undone-here"),
        (_pass_the_hand_over, "doubt-not-compensated"),
        (_end_well, "ends-in-success"),
        (_go_on_twice, "nothing-to-compensate"),
    ],
)
def test_an_edit_of_the_hand_over_is_flagged(edit: Callable[[States], None], rule: str, assembly: Path) -> None:
    original, plan = own_machine(ON_EXPRESS, assembly)
    edited = copy.deepcopy(original)
    edit(edited["States"])
    assert edited != original
    assert rule in {finding.rule.id for finding in check(edited, plan).findings}

"""The bound of an evaluation counts steps: how busy the computer is changes no finding."""

from itertools import count

import pytest
from jsonata.timebox import Timebox

from sagalint import check
from sagalint.expressions.jsonata_tree import Condition
from tests.support.sagalint.generated import generated

ENDLESS = "($again := function(){ $again() }; $again())"
DEEP = "($deeper := function($n){ 1 + $deeper($n) }; $deeper(0))"


def test_a_slow_computer_finds_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    hours = count(step=3_600_000)
    monkeypatch.setattr(Timebox, "current_milli_time", staticmethod(lambda: next(hours)))
    assert not check(*generated(5)).findings


@pytest.mark.parametrize("expression", [ENDLESS, DEEP])
def test_an_endless_expression_comes_to_nothing(expression: str) -> None:
    assert Condition(expression).value({}) is None

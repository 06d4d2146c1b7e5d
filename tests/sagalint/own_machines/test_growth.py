"""How the time of a check grows with the saga: with the square of its steps; a long one is checked in seconds."""

from collections.abc import Callable

import pytest

from sagalint import Report, check
from tests.conftest import REPORTED
from tests.support.sagalint.generated import generated

LENGTHS = (5, 10, 20, 30)


@pytest.mark.long
def test_a_saga_of_30_steps_is_checked_in_10_seconds(record_property: Callable[[str, object], None]) -> None:
    reports = {steps: check(*generated(steps)) for steps in LENGTHS}
    assert all(not report.findings for report in reports.values())
    assert reports[30].seconds < 10
    assert _growth(reports, 10, 20) < 2**2.1
    lines = [f"{steps:5} steps {one.explored:6} situations {one.seconds:5.2f} s" for steps, one in reports.items()]
    record_property(REPORTED, "\n".join(["Generated sagas, checked:", *lines]))


def _growth(reports: dict[int, Report], steps: int, more: int) -> float:
    return reports[more].explored / reports[steps].explored


@pytest.mark.long
@pytest.mark.parametrize("step", [0, 14, 29])
def test_one_mistake_in_a_long_saga_is_found(step: int) -> None:
    definition, plan = generated(30)
    *_, unforeseen = definition["States"][f"Book{step}"]["Catch"]
    unforeseen["ErrorEquals"] = ["States.Timeout"]
    (finding,) = (one for one in check(definition, plan).findings if one.rule.id == "doubt-not-compensated")
    assert finding.states[0] == f"Book{step}"
    assert finding.story[-1].state == f"Book{step}"
    assert len(finding.story) == step + 1

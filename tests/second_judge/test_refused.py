"""No deployed expression holds what AWS refuses."""

import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from aws_cdk.assertions import Template

from tests.conftest import REPORTED
from tests.support.second_judge.places import Place, machine_names
from tests.support.second_judge.reference import Reference
from tests.support.second_judge.refused import refused, refused_names
from tests.support.template.graph import Graph

PLACE = Place("m", "S", "Arguments", "", caught=True, result=False, error=False, known=frozenset({"ride"}))


def test_aws_accepts_every_deployed_expression(
    deployed_places: list[Place], judge: Reference, record_property: Callable[[str, object], None]
) -> None:
    started = time.monotonic()
    found = {str(place): wrong for place in deployed_places if (wrong := refused(place, judge))}
    assert deployed_places
    assert found == {}
    record_property(
        REPORTED, f"what AWS refuses: {len(deployed_places)} expressions checked in {time.monotonic() - started:.1f} s"
    )


def test_aws_accepts_every_name_that_a_state_assigns(deployed: dict[str, Any]) -> None:
    for machine in machine_names(deployed):
        for name, state in Graph.of(Template.from_json(deployed), machine).states.items():
            assert refused_names(state) == [], f"{machine}: {name}"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "$eval('1')",
        "$unheard('1')",
        "fareId",
        "$",
        "$$.fareId",
        "$states",
        "$states.output",
        "$states.result.Payload",
        "$states.errorOutput.Error",
        "$receipt.chargeId",
        "($states := 1; $states.input)",
        "$map([1], function($one) { $two })",
    ],
)
def test_what_aws_refuses_is_found(text: str, judge: Reference) -> None:
    assert refused(replace(PLACE, text=text), judge)


@pytest.mark.parametrize(
    "text",
    [
        "$states.input.fareId",
        "$ride.fares[amount > 1].amount",
        "$ride.fares.($.amount)",
        "($own := function($one) { $one.fareId }; $own($ride))",
        "$uuid()",
        "$string($states.context.Execution.Id)",
    ],
)
def test_what_aws_accepts_is_not_found(text: str, judge: Reference) -> None:
    assert refused(replace(PLACE, text=text), judge) == []


def test_a_state_may_not_assign_what_is_reserved() -> None:
    assert refused_names({"Catch": [{"Assign": {"states": 1, "x" * 81: 1, "x" * 80: 1}}]}) == ["states", "x" * 81]

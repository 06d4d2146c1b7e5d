"""CloudFormation refuses to change the stage or the gateway of a deployed stack, and says how to ask for it."""

import dataclasses
from collections.abc import Mapping
from typing import Any, Final

import pytest
from aws_cdk.assertions import Template

from tests.stack.conftest import app_of
from wild_rydes_saga.foundation.stage_guard import (
    GATEWAY_PARAMETER,
    GATEWAY_RULE,
    PARAMETER,
    RULE,
    effects_of_change,
    gateway_name,
)
from wild_rydes_saga.settings import DEFAULT_STACK_NAME, STAGES, GatewayChoice

GATEWAYS: Final = {
    "template": ("simulated", "-c stage=workshop "),
    "stripe": ("stripe-usd", "-c stage=production -c gateway=stripe -c currency=usd "),
}
OTHER: Final = {"workshop": "production", "production": "workshop"}


@pytest.fixture(params=STAGES)
def staged(request: pytest.FixtureRequest) -> tuple[str, Template]:
    """A stage, and its template."""
    template: Template = request.getfixturevalue({"workshop": "template"}.get(request.param, request.param))
    return request.param, template


def assertion(template: Template) -> dict[str, Any]:
    """The one assertion of the rule: there are two stages."""
    [only] = template.to_json()["Rules"][RULE]["Assertions"]
    return dict(only)


def test_a_first_deployment_takes_the_stage_of_its_template(staged: tuple[str, Template]) -> None:
    stage, template = staged
    parameter = template.to_json()["Parameters"][PARAMETER]
    assert (parameter["Default"], parameter["AllowedValues"]) == (stage, [*STAGES])


def test_a_template_refuses_every_other_stage_and_never_its_own(staged: tuple[str, Template]) -> None:
    stage, template = staged
    found = assertion(template)["Assert"]
    assert found == {"Fn::Not": [{"Fn::Equals": [{"Ref": PARAMETER}, OTHER[stage]]}]}


def test_the_refusal_says_both_stages_the_effects_and_both_commands(staged: tuple[str, Template]) -> None:
    stage, template = staged
    said = assertion(template)["AssertDescription"]
    deployed = OTHER[stage]
    assert f"{DEFAULT_STACK_NAME} is deployed in the stage {deployed}, and this template is for {stage}." in said
    assert f"To stay in {deployed}: cdk deploy -c stage={deployed}." in said
    assert f"cdk deploy -c stage={stage} --parameters {PARAMETER}={stage} --require-approval any-change" in said
    effects = effects_of_change(STAGES[deployed], STAGES[stage])
    assert [effect for effect in effects if effect not in said] == []


def test_every_switch_of_a_stage_has_its_effect_in_words() -> None:
    before = STAGES["workshop"]
    switches = [one.name for one in dataclasses.fields(before) if isinstance(getattr(before, one.name), bool)]
    assert switches
    for name in switches:
        turned: dict[str, Any] = {name: not getattr(before, name)}
        after = dataclasses.replace(before, **turned)
        [forth], [back] = effects_of_change(before, after), effects_of_change(after, before)
        assert forth != back, name
    assert effects_of_change(before, before) == []


@pytest.mark.parametrize(("stage", "protected"), [("production", True), ("workshop", False)])
def test_only_production_is_protected_from_being_destroyed(stage: str, protected: bool) -> None:
    _, stack = app_of(stage)
    assert bool(stack.termination_protection) is protected


@pytest.mark.parametrize(("fixture", "name", "options"), [(key, *value) for key, value in GATEWAYS.items()])
def test_a_template_takes_its_own_gateway_and_refuses_every_other(
    fixture: str, name: str, options: str, request: pytest.FixtureRequest
) -> None:
    template: Template = request.getfixturevalue(fixture)
    found: Mapping[str, Any] = template.to_json()
    assert found["Parameters"][GATEWAY_PARAMETER]["Default"] == name
    [rule] = found["Rules"][GATEWAY_RULE]["Assertions"]
    assert rule["Assert"] == {"Fn::Equals": [{"Ref": GATEWAY_PARAMETER}, name]}
    said = rule["AssertDescription"]
    assert f"{DEFAULT_STACK_NAME} is deployed with another payment gateway than {name}. Nothing was changed." in said
    assert said.endswith(f"cdk deploy {options}--parameters {GATEWAY_PARAMETER}={name} --require-approval any-change")


def test_another_currency_is_another_gateway() -> None:
    names = [
        gateway_name(GatewayChoice()),
        *(gateway_name(GatewayChoice(name="stripe", currency=one)) for one in ("usd", "eur")),
    ]
    assert names == ["simulated", "stripe-usd", "stripe-eur"]

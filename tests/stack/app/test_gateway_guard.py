"""CloudFormation refuses to change the gateway of a deployed stack, and its currency, unless it is asked for."""

from collections.abc import Mapping
from typing import Any

import pytest
from aws_cdk.assertions import Template

from wild_rydes_saga.foundation.gateway_guard import PARAMETER, RULE, named
from wild_rydes_saga.settings import DEFAULT_STACK_NAME, GatewayChoice

GATEWAYS = {"template": ("simulated", ""), "stripe": ("stripe-usd", "-c gateway=stripe -c currency=usd ")}


@pytest.mark.parametrize(("fixture", "name", "options"), [(key, *value) for key, value in GATEWAYS.items()])
def test_a_template_takes_its_own_gateway_and_refuses_every_other(
    fixture: str, name: str, options: str, request: pytest.FixtureRequest
) -> None:
    template: Template = request.getfixturevalue(fixture)
    found: Mapping[str, Any] = template.to_json()
    assert found["Parameters"][PARAMETER]["Default"] == name
    [rule] = found["Rules"][RULE]["Assertions"]
    assert rule["Assert"] == {"Fn::Equals": [{"Ref": PARAMETER}, name]}
    said = rule["AssertDescription"]
    assert f"{DEFAULT_STACK_NAME} is deployed with another payment gateway than {name}. Nothing was changed." in said
    assert said.endswith(
        f"cdk deploy -c stage=workshop {options}--parameters {PARAMETER}={name} --require-approval any-change"
    )


def test_another_currency_is_another_gateway() -> None:
    names = [named(GatewayChoice()), *(named(GatewayChoice(name="stripe", currency=one)) for one in ("usd", "eur"))]
    assert names == ["simulated", "stripe-usd", "stripe-eur"]

"""The stack with each payment gateway: what belongs to the gateway comes and goes with it, and nothing else."""

import json
from typing import Any

import pytest
from aws_cdk.assertions import Template

from lambda_src.fare import CARD_FIELDS, TOKEN
from lambda_src.payments.stripe import http
from lambda_src.sdk import ATTEMPTS, CONNECT_TIMEOUT_SECONDS, READ_TIMEOUT_SECONDS
from tests.support.template.resources import properties
from wild_rydes_saga.deployed.operations.left_behind import IDENTIFIERS
from wild_rydes_saga.settings import (
    STRIPE_URL,
    GatewayChoice,
    SettingsError,
    checked_gateway,
)

STRIPES = {"AWS::SecretsManager::Secret": 1, "AWS::Lambda::LayerVersion": 2}
"""What the Stripe gateway has, by type, and how many of them its stack has."""


def ids(template: Template) -> dict[str, str]:
    """The type of each resource, by its logical id; an asset's or a version's content is in its id."""
    return {
        name: one["Type"]
        for name, one in template.to_json()["Resources"].items()
        if one["Type"] not in ("AWS::Lambda::Version", "AWS::StepFunctions::StateMachineVersion")
    }


def payments_functions(template: Template) -> dict[str, Any]:
    """The functions of the payments service by the name of their module."""
    functions = properties(template, "AWS::Lambda::Function")
    return {one["Handler"].split(".")[2]: one for one in functions if ".payments." in one["Handler"]}


@pytest.mark.long
def test_a_gateway_that_is_exchanged_changes_no_other_resource(stripe: Template, production: Template) -> None:
    gone, come = ids(production).items() - ids(stripe).items(), ids(stripe).items() - ids(production).items()
    alarm = "AWS::CloudWatch::Alarm"  # one that watches many tables has parts, so many as they need
    assert [kind for _, kind in gone if kind != alarm] == ["AWS::DynamoDB::Table"]
    assert sorted(kind for _, kind in come if kind != alarm) == [
        "AWS::Lambda::LayerVersion",
        "AWS::SecretsManager::Secret",
    ]


@pytest.mark.parametrize(("kind", "count"), STRIPES.items())
def test_only_the_stripe_stack_has_the_secret_and_the_sdk(
    kind: str, count: int, stripe: Template, production: Template
) -> None:
    stripe.resource_count_is(kind, count)
    production.resource_count_is(kind, count - 1)


def test_only_what_charges_and_refunds_has_the_sdk_and_the_secret(stripe: Template) -> None:
    functions = payments_functions(stripe)
    for name in ("charge_fare", "refund_fare"):
        variables = functions[name]["Environment"]["Variables"]
        assert len(functions[name]["Layers"]) == 2
        assert variables["GATEWAY"] == "stripe"
        assert (variables["GATEWAY_URL"], variables["CURRENCY"]) == (STRIPE_URL, "usd")
        assert set(variables["GATEWAY_KEY_SECRET"]) == {"Ref"}
    others = [one for one in properties(stripe, "AWS::Lambda::Function") if "GATEWAY" not in str(one)]
    assert len(others) == len(properties(stripe, "AWS::Lambda::Function")) - 2
    assert {len(one["Layers"]) for one in others} == {1}


def test_stripes_calls_leave_time_for_the_ledger(stripe: Template) -> None:
    """A function that is stopped leaves doubt: the calls end before, and what they did is recorded."""
    longest_call = ATTEMPTS * (CONNECT_TIMEOUT_SECONDS + READ_TIMEOUT_SECONDS)
    for function in payments_functions(stripe).values():
        assert http.BUDGET_SECONDS + longest_call < function["Timeout"]
    assert http.CALL_SECONDS < http.BUDGET_SECONDS


def test_no_card_is_passed_on_where_the_gateway_takes_none(stripe: Template) -> None:
    machines = json.dumps(properties(stripe, "AWS::StepFunctions::StateMachine"))
    for field in CARD_FIELDS:
        assert f'{field}\\\\\\"' not in machines
    assert TOKEN in machines
    assert "CARDS_KEY" not in payments_functions(stripe)["charge_fare"]["Environment"]["Variables"]


def test_the_secret_is_under_the_stacks_own_key(stripe: Template) -> None:
    [secret] = properties(stripe, "AWS::SecretsManager::Secret")
    assert "EncryptionKey" in json.dumps(secret["KmsKeyId"])
    assert "SecretString" not in secret


def test_adopt_can_name_a_secret_that_production_keeps(stripe: Template) -> None:
    [secret] = stripe.find_resources("AWS::SecretsManager::Secret").values()
    assert secret["DeletionPolicy"].startswith("Retain")
    assert IDENTIFIERS[secret["Type"]] == "Id"


@pytest.mark.parametrize(
    ("name", "currency", "url", "expected"),
    [
        pytest.param(None, None, None, GatewayChoice(), id="none"),
        pytest.param("simulated", None, None, GatewayChoice(), id="simulated"),
        pytest.param("stripe", None, None, GatewayChoice(name="stripe"), id="stripe"),
        pytest.param("stripe", "eur", None, GatewayChoice(name="stripe", currency="eur"), id="in-euro"),
        pytest.param(
            "stripe",
            None,
            "http://127.0.0.1:4000",
            GatewayChoice(name="stripe", url="http://127.0.0.1:4000"),
            id="the-double",
        ),
    ],
)
def test_the_context_chooses_the_gateway(name: object, currency: object, url: object, expected: GatewayChoice) -> None:
    assert checked_gateway(name, currency, url) == expected


@pytest.mark.parametrize(
    ("name", "currency", "url", "told"),
    [
        pytest.param("paypal", None, None, "use -c gateway=simulated or stripe", id="unknown"),
        pytest.param("", None, None, "use -c gateway=simulated or stripe", id="empty"),
        pytest.param("stripe", "dollars", None, "use -c currency=usd", id="no-currency"),
        pytest.param("stripe", "jpy", None, "jpy has no hundredths", id="no-hundredths"),
        pytest.param("stripe", "kwd", None, "kwd has no hundredths", id="thousandths"),
        pytest.param("stripe", None, "http://stripe.example", "is not where Stripe answers", id="another-host"),
        pytest.param(None, "eur", None, "belong to the Stripe gateway", id="simulated-euro"),
        pytest.param("simulated", None, STRIPE_URL, "belong to the Stripe gateway", id="simulated-url"),
    ],
)
def test_a_gateway_that_cannot_be_is_refused_with_the_fix(
    name: object, currency: object, url: object, told: str
) -> None:
    with pytest.raises(SettingsError, match=told):
        checked_gateway(name, currency, url)

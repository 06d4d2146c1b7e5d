"""An alarm rings at the first of what it watches; those that judge a rate, a load or a wait say from when on."""

from typing import Any, Final

import pytest
from aws_cdk.assertions import Template

from tests.stack.monitoring.test_monitoring import alarms, metrics
from tests.support.template.resources import properties
from wild_rydes_saga.settings import DEFAULT_STACK_NAME

pytestmark = pytest.mark.usefixtures("workshop")

LATER: Final = {
    "RidesFailing": 20,
    "ExpressRidesFailing": 20,
    "RecoveryBusy": 10,
    "TablesThrottled": 10,
    "RidesWaiting": 15 * 60,
    "RecoveryBehind": 30 * 60,
    "OutcomesUnread": 7 * 86400,
}
"""Percent, a number in five minutes, or seconds: as the alarm says in words."""
NEAR_TIMEOUT: Final = ("RideNearTimeout", "FunctionNearTimeout")
"""What these watch for is computed from the timeouts, and has a test of its own."""


def name_of(alarm: dict[str, Any]) -> str:
    """An alarm's name, the stack's name and the number of a part aside."""
    return str(alarm["AlarmName"]).removeprefix(f"{DEFAULT_STACK_NAME}-").rstrip("0123456789")


@pytest.mark.parametrize("stage", ["template", "production", "stripe"])
def test_an_alarm_rings_at_the_first_unless_it_judges_how_much(stage: str, request: pytest.FixtureRequest) -> None:
    found = properties(request.getfixturevalue(stage), "AWS::CloudWatch::Alarm")
    given = {name_of(one): one["Threshold"] for one in found if name_of(one) not in NEAR_TIMEOUT}
    assert given == {name: LATER.get(name, 1) for name in given}
    assert {*LATER} <= {*given}


def test_an_alarm_that_rings_later_says_so_within_a_quarter_of_an_hour(template: Template) -> None:
    for name, alarm in alarms(template).items():
        periods = {one["Period"] for one in metrics(alarm)}
        assert alarm["EvaluationPeriods"] * max(periods) <= 15 * 60, name


def test_a_stack_on_stripe_has_the_alarms_of_its_gateway(stripe: Template, production: Template) -> None:
    more = {*alarms(stripe)} - {*alarms(production)}
    assert "GatewayKeyRefused" in more
    assert not [one for one in more if not one.startswith("Gateway") and not one[-1].isdigit()]

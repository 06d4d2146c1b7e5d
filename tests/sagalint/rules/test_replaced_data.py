"""A Catch that puts the error in place of all the data starves the compensation that follows."""

from typing import Any

import pytest

from sagalint import check
from sagalint.plan import Plan

PLAN = Plan.from_json('{"steps": [{"action": "Charge", "compensation": "Refund"}]}')


def starving(catch: dict[str, Any], refund: dict[str, Any]) -> list[tuple[str, ...]]:
    task = {"Type": "Task", "Resource": "arn:aws:lambda:us-east-1:123456789012:function:f"}
    states = {
        "Charge": {**task, "End": True, "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "Refund", **catch}]},
        "Refund": {**task, **refund, "Next": "Failed"},
        "Failed": {"Type": "Fail"},
    }
    findings = check({"StartAt": "Charge", "States": states}, PLAN).findings
    return [one.states for one in findings if one.rule.id == "read-undefined"]


INVOKE = {"Resource": "arn:aws:states:::lambda:invoke", "Parameters": {"FunctionName": "f", "Payload.$": "$"}}


@pytest.mark.parametrize("refund", [{}, INVOKE], ids=["by ARN", "lambda:invoke"])
def test_it_is_found_though_the_data_is_handed_on_whole(refund: dict[str, Any]) -> None:
    assert starving({}, refund) == [("Charge", "Refund")]
    assert starving({"ResultPath": "$.error"}, refund) == []
    assert starving({"ResultPath": None}, refund) == []

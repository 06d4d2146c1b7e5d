"""A Catch that puts the error in place of all the data starves the compensation that follows."""

from typing import Any

import pytest

from sagalint import check
from sagalint.plan import Plan
from tests.support.sagalint.small import DONE, FAILED, found_in, saga, task

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


def test_what_a_parallel_hands_on_to_its_branches_is_found_too() -> None:
    """Its branches are given what it is given; a branch that is given fields by name is left aside."""
    undo = {"Type": "Task", "Resource": "arn:aws:lambda:us-east-1:123456789012:function:f", "End": True}
    branches = [{"StartAt": "Refund", "States": {"Refund": undo}}]
    for catch, found in (({}, [("Charge", "Refund")]), ({"ResultPath": "$.error"}, [])):
        states = {
            "Charge": {**undo, "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "UndoAll", **catch}]},
            "UndoAll": {"Type": "Parallel", "Branches": branches, "Next": "Failed"},
            "Failed": {"Type": "Fail"},
        }
        report = check({"StartAt": "Charge", "States": states}, PLAN)
        assert [one.states for one in report.findings if one.rule.id == "read-undefined"] == found


def test_a_field_that_an_error_has_replaced_is_to_be_saved_in_the_catch() -> None:
    reads = {"Parameters": {"id.$": "$.id"}, "Resource": "arn:aws:states:::lambda:invoke"}
    task = {"Type": "Task", "Resource": "arn:aws:lambda:us-east-1:123456789012:function:f", "ResultPath": None}
    states = {
        "Charge": {**task, "End": True, "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "Refund"}]},
        "Refund": {**task, **reads, "Next": "Failed"},
        "Failed": {"Type": "Fail"},
    }
    (finding,) = (
        one for one in check({"StartAt": "Charge", "States": states}, PLAN).findings if one.rule.id == "read-undefined"
    )
    assert "a Catch of Charge has replaced everything by the error" in finding.message
    assert "in the Catch of Charge" in finding.fix


@pytest.mark.parametrize("repeats", [True, False], ids=["a repeat", "a rollback"])
def test_a_repeat_that_lacks_its_data_is_found_where_nothing_is_undone(*, repeats: bool) -> None:
    """The Pass that counts the attempts leaves out what the task reads, so that none but the first can succeed."""
    counts = {"Type": "Pass", "Parameters": {"id.$": "$.id"}, "Next": "PackDrill" if repeats else "CountTools"}
    machine = saga(
        PackDrill=task("Packed", "CountAttempts", Parameters={"drill.$": "$.drill"}),
        Packed=DONE,
        CountAttempts=counts,
        CountTools=task("CalledOff", Parameters={"drill.$": "$.drill"}),
        CalledOff=FAILED,
    )
    if repeats:
        del machine["States"]["CountTools"], machine["States"]["CalledOff"]
    found = [one.states for one in found_in(machine) if one.rule.id == "read-undefined"]
    assert found == ([("CountAttempts", "PackDrill")] if repeats else [])

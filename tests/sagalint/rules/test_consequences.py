"""A finding is left out only where another one explains each path on which it happens."""

from typing import Any

from sagalint import check
from sagalint.plan import Plan

PLAN = Plan.from_json(
    """{
    "steps": [
        {"action": "Charge", "compensation": "Refund"},
        {"action": "Ship", "compensation": "Return"}
    ],
    "messages": {"failure": ["NotifyFailed"]},
    "recovered_by": "a rule of EventBridge"
}"""
)


def task(onward: str, *catches: tuple[str, str]) -> dict[str, Any]:
    retry = [{"ErrorEquals": ["States.ALL"], "MaxAttempts": 2}]
    return {
        "Type": "Task",
        "Resource": "arn:aws:lambda:us-east-1:123456789012:function:f",
        "TimeoutSeconds": 30,
        "Retry": retry,
        "Next": onward,
        "Catch": [{"ErrorEquals": [error], "ResultPath": "$.error", "Next": target} for error, target in catches],
    }


def found(states: dict[str, Any]) -> set[tuple[str, tuple[str, ...]]]:
    ends = {"Shipped": {"Type": "Succeed"}, "Failed": {"Type": "Fail", "Error": "Failed", "Cause": "It failed."}}
    report = check({"StartAt": "Charge", "TimeoutSeconds": 3600, "States": {**states, **ends}}, PLAN)
    return {(one.rule.id, one.states) for one in report.findings}


def test_a_message_before_the_refund_is_found_beside_a_charge_without_one() -> None:
    """Both name Charge, and each needs a fix of its own: the order of two states, and a Catch."""
    findings = found(
        {
            "Charge": task("Ship"),  # a failed charge ends the execution, and nothing refunds it
            "Ship": task("Shipped", ("States.ALL", "Return")),
            "Return": task("NotifyFailed", ("States.ALL", "NotifyFailed")),
            "NotifyFailed": task("Refund", ("States.ALL", "Refund")),  # too early
            "Refund": task("Failed", ("States.ALL", "Failed")),
        }
    )
    assert ("doubt-not-compensated", ("Charge",)) in findings
    assert ("untrue-message", ("NotifyFailed", "Charge")) in findings


def test_a_message_about_a_charge_that_nothing_refunds_is_one_finding() -> None:
    findings = found(
        {
            "Charge": task("Ship", ("States.ALL", "NotifyFailed")),
            "Ship": task("Shipped", ("States.ALL", "Return")),
            "Return": task("Refund", ("States.ALL", "Refund")),
            "Refund": task("Settled", ("States.ALL", "Failed")),
            "Settled": {"Type": "Pass", "Next": "NotifyFailed"},
            "NotifyFailed": task("Failed", ("States.ALL", "Failed")),
        }
    )
    assert ("doubt-not-compensated", ("Charge",)) in findings
    assert not {states for rule, states in findings if rule == "untrue-message" and "Charge" in states}

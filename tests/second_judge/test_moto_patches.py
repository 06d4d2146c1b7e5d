"""Each patch of moto's interpreter is needed: without it, a machine ends otherwise than on AWS."""

import json
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import boto3
import pytest
from moto import mock_aws

from tests.support.second_judge.on_moto.patches import patched_interpreter
from tests.support.second_judge.reference import Reference
from wild_rydes_saga.emulator.access_key import REGION

SCALE: Final = 0.001
LONG_SECONDS: Final = 5
QUERY_FAILED: Final = ("FAILED", "States.QueryEvaluationError")
DONE: Final = ("SUCCEEDED", None)


@dataclass(frozen=True)
class Case:
    """A machine of one state or two, and how it ends on AWS."""

    patch: str
    states: Mapping[str, Mapping[str, Any]]
    ends: tuple[str, str | None]


CASES: Final = [
    Case("engine", {"A": {"Type": "Pass", "Output": "{% 1 + 1 %}", "End": True}}, DONE),
    Case(
        "variables",
        {
            "A": {"Type": "Pass", "Assign": {"text": "{% 'a \" and a \\n' %}"}, "Next": "B"},
            "B": {"Type": "Pass", "Output": "{% $text %}", "End": True},
        },
        DONE,
    ),
    Case("error of an expression", {"A": {"Type": "Pass", "Output": "{% $error('no') %}", "End": True}}, QUERY_FAILED),
    Case(
        "error of a DynamoDB task",
        {
            "A": {
                "Type": "Task",
                "Resource": "arn:aws:states:::dynamodb:getItem",
                "Arguments": {"TableName": "{% $error('no') %}", "Key": {}},
                "End": True,
            }
        },
        QUERY_FAILED,
    ),
    Case(
        "error of a Fail state",
        {"A": {"Type": "Fail", "Error": "{% 'States.Timeout' %}", "Cause": "late"}},
        ("FAILED", "States.Timeout"),
    ),
    Case(
        "stop",
        {
            "A": {
                "Type": "Task",
                "Resource": "arn:aws:states:::lambda:invoke",
                "Arguments": {"FunctionName": "stop", "Payload": "{% $states.context.Execution.Id %}"},
                "End": True,
            }
        },
        ("ABORTED", None),
    ),
    Case("waits", {"A": {"Type": "Wait", "Seconds": LONG_SECONDS, "End": True}}, DONE),
]


def stop_and_fail(function: str, execution_arn: str) -> Any:
    """Stops the execution that calls it, and raises."""
    boto3.client("stepfunctions", region_name=REGION).stop_execution(executionArn=execution_arn)
    raise ValueError(function)


def run(case: Case, judge: Reference, *, without: str = "") -> tuple[str, str | None, bool]:
    """Runs the machine: how it ended, with which error, and whether it waited for long."""
    definition = json.dumps({"QueryLanguage": "JSONata", "StartAt": "A", "States": case.states})
    config: Any = {"stepfunctions": {"execute_state_machine": True}}
    with mock_aws(config=config), patched_interpreter(judge, stop_and_fail, scale=SCALE, without=without):
        client = boto3.client("stepfunctions", region_name=REGION)
        role = "arn:aws:iam::123456789012:role/moto"
        machine = client.create_state_machine(name=uuid.uuid4().hex, definition=definition, roleArn=role)
        began = time.monotonic()
        arn = client.start_execution(stateMachineArn=machine["stateMachineArn"], input="{}")["executionArn"]
        while (found := client.describe_execution(executionArn=arn))["status"] == "RUNNING":
            time.sleep(0.02)
        return found["status"], found.get("error"), time.monotonic() - began >= LONG_SECONDS


@pytest.mark.long
@pytest.mark.parametrize("case", CASES, ids=[case.patch for case in CASES])
def test_each_patch_is_needed_for_a_machine_to_end_as_on_aws(case: Case, judge: Reference) -> None:
    ends = (*case.ends, False)
    assert run(case, judge) == ends
    assert run(case, judge, without=case.patch) != ends

"""Each patch works and is still needed: a test here fails when the unpatched emulator does as AWS does."""

import io
import json
import time
import zipfile
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from wild_rydes_saga.deployed.account import Account, local_account
from wild_rydes_saga.emulator import process as emulator

ROLE = "arn:aws:iam::000000000000:role/any"
FAILING = """
class SeatTaken(Exception):
    pass
def handler(event, context):
    raise SeatTaken('row 4')
"""
COUNTING = """
calls = 0
def handler(event, context):
    global calls
    calls += 1
    if calls == 1:
        raise ValueError('the first call fails')
    return calls
"""


@pytest.fixture(scope="module")
def unpatched() -> Iterator[Account]:
    with emulator.running(module="tests.support.local_cloud.unpatched_emulator") as running:
        yield local_account(running)


@pytest.fixture(scope="module")
def patched() -> Iterator[Account]:
    with emulator.running() as running:
        yield local_account(running)


def ride(account: Account, name: str, resource: str, arguments: dict[str, Any]) -> dict[str, Any]:
    """Runs a machine of one task and returns the execution's description."""
    client = account.client("stepfunctions")
    state = {"Type": "Task", "Resource": resource, "Arguments": arguments, "End": True}
    definition = {"QueryLanguage": "JSONata", "StartAt": "Do", "States": {"Do": state}}
    machine = client.create_state_machine(name=name, definition=json.dumps(definition), roleArn=ROLE)
    execution = client.start_execution(stateMachineArn=machine["stateMachineArn"], input="{}")["executionArn"]
    for _ in range(300):
        description: dict[str, Any] = client.describe_execution(executionArn=execution)
        if description["status"] != "RUNNING":
            return description
        time.sleep(0.1)
    raise TimeoutError(name)


def fail_in_a_handler(account: Account) -> dict[str, Any]:
    """Runs a handler that raises an exception of its own."""
    create_function(account, "failing", FAILING)
    return ride(account, "failing", "arn:aws:states:::lambda:invoke", {"FunctionName": "failing", "Payload": {}})


def call_twice(account: Account) -> str:
    """Calls a handler that fails the first time and counts its calls; returns its second answer."""
    create_function(account, "counting", COUNTING)
    client = account.client("lambda")
    assert "FunctionError" in client.invoke(FunctionName="counting")
    return str(client.invoke(FunctionName="counting")["Payload"].read().decode())


def create_function(account: Account, name: str, source: str) -> None:
    """Deploys a function of one file."""
    code = io.BytesIO()
    with zipfile.ZipFile(code, "w") as package:
        package.writestr("index.py", source)
    account.client("lambda").create_function(
        FunctionName=name,
        Runtime="python3.14",
        Role=ROLE,
        Handler="index.handler",
        Code={"ZipFile": code.getvalue()},
    )


def publish_to_filtered_queue(account: Account) -> list[str]:
    """Publishes from a machine with an attribute; returns the messages of a queue that filters on it."""
    sqs, sns = account.client("sqs"), account.client("sns")
    queue = sqs.create_queue(QueueName="filtered")["QueueUrl"]
    queue_arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    topic = sns.create_topic(Name="topic")["TopicArn"]
    filters = {"FilterPolicy": json.dumps({"Colour": ["red"]}), "RawMessageDelivery": "true"}
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=queue_arn, Attributes=filters)
    for colour in ("red", "blue"):
        attributes = {"Colour": {"DataType": "String", "StringValue": colour}}
        arguments = {"TopicArn": topic, "Message": colour, "MessageAttributes": attributes}
        ride(account, f"publishing-{colour}", "arn:aws:states:::sns:publish", arguments)
    messages = sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10).get("Messages", [])
    return [message["Body"] for message in messages]


def test_a_handlers_exception_arrives_with_its_class_name_and_trace(patched: Account) -> None:
    failed = fail_in_a_handler(patched)
    assert failed["error"] == "SeatTaken"
    cause = json.loads(failed["cause"])
    assert (cause["errorMessage"], cause["errorType"]) == ("row 4", "SeatTaken")
    assert any("index.py" in line for line in cause["stackTrace"])


def test_the_patch_of_handler_errors_is_still_needed(unpatched: Account) -> None:
    assert fail_in_a_handler(unpatched)["error"] == "Runtime.HandlerError"


def test_an_environment_outlives_its_handlers_exception(patched: Account) -> None:
    assert call_twice(patched) == "2"


def test_the_patch_of_environments_is_still_needed(unpatched: Account) -> None:
    assert "the first call fails" in call_twice(unpatched)


def test_a_machines_message_attributes_are_delivered_and_filtered_on(patched: Account) -> None:
    assert publish_to_filtered_queue(patched) == ["red"]


def test_the_patch_of_message_attributes_is_still_needed(unpatched: Account) -> None:
    assert publish_to_filtered_queue(unpatched) == []


def passing(answer: str) -> str:
    """The definition of a machine that returns an answer."""
    state = {"Type": "Pass", "Output": answer, "End": True}
    return json.dumps({"QueryLanguage": "JSONata", "StartAt": "Answer", "States": {"Answer": state}})


def create_stack(account: Account, name: str, resources: dict[str, Any]) -> dict[str, str]:
    """Creates a stack; returns the physical ids of its resources, none if it failed."""
    client = account.client("cloudformation")
    client.create_stack(StackName=name, TemplateBody=json.dumps({"Resources": resources}))
    for _ in range(100):
        status = client.describe_stacks(StackName=name)["Stacks"][0]["StackStatus"]
        if status == "CREATE_COMPLETE":
            created = client.describe_stack_resources(StackName=name)["StackResources"]
            return {one["LogicalResourceId"]: one["PhysicalResourceId"] for one in created}
        if status in ("CREATE_FAILED", "ROLLBACK_COMPLETE"):
            return {}
        time.sleep(0.05)
    raise TimeoutError(name)


VERSIONED = {
    "Machine": {
        "Type": "AWS::StepFunctions::StateMachine",
        "Properties": {"StateMachineName": "versioned", "DefinitionString": passing("first"), "RoleArn": ROLE},
    },
    "Version": {
        "Type": "AWS::StepFunctions::StateMachineVersion",
        "Properties": {
            "StateMachineArn": {"Ref": "Machine"},
            "StateMachineRevisionId": {"Fn::GetAtt": ["Machine", "StateMachineRevisionId"]},
        },
    },
    "Alias": {
        "Type": "AWS::StepFunctions::StateMachineAlias",
        "Properties": {
            "Name": "live",
            "RoutingConfiguration": [{"StateMachineVersionArn": {"Fn::GetAtt": ["Version", "Arn"]}, "Weight": 100}],
        },
    },
}
EXPRESSION = {
    "Alarm": {
        "Type": "AWS::CloudWatch::Alarm",
        "Properties": {
            "AlarmName": "both",
            "ComparisonOperator": "GreaterThanThreshold",
            "EvaluationPeriods": 1,
            "Threshold": 1,
            "Metrics": [{"Id": "both", "Expression": "one + other"}],
        },
    }
}


def run_the_version(account: Account) -> tuple[str, str | None]:
    """Publishes a version and an alias, changes the machine, starts the alias; returns the answer and the version."""
    client = account.client("stepfunctions")
    arn = client.create_state_machine(name="changed", definition=passing("first"), roleArn=ROLE)["stateMachineArn"]
    version = client.publish_state_machine_version(stateMachineArn=arn)["stateMachineVersionArn"]
    routing = [{"stateMachineVersionArn": version, "weight": 100}]
    alias = client.create_state_machine_alias(name="live", routingConfiguration=routing)["stateMachineAliasArn"]
    client.update_state_machine(stateMachineArn=arn, definition=passing("second"))
    execution = client.start_execution(stateMachineArn=alias, input="{}")["executionArn"]
    while (description := client.describe_execution(executionArn=execution))["status"] == "RUNNING":
        time.sleep(0.05)
    return json.loads(description["output"]), description.get("stateMachineVersionArn")


def test_a_stack_creates_and_deletes_versions_and_aliases(patched: Account) -> None:
    client = patched.client("stepfunctions")
    created = create_stack(patched, "versioned", VERSIONED)
    assert (created["Version"], created["Alias"]) == (f"{created['Machine']}:1", f"{created['Machine']}:live")
    [route] = client.describe_state_machine_alias(stateMachineAliasArn=created["Alias"])["routingConfiguration"]
    assert route == {"stateMachineVersionArn": created["Version"], "weight": 100}
    patched.client("cloudformation").delete_stack(StackName="versioned")
    for _ in range(100):
        if not [one for one in client.list_state_machines()["stateMachines"] if one["name"] == "versioned"]:
            break
        time.sleep(0.05)
    with pytest.raises(client.exceptions.ResourceNotFound):
        client.describe_state_machine_alias(stateMachineAliasArn=created["Alias"])


def test_the_patch_of_versions_is_still_needed(unpatched: Account) -> None:
    with pytest.raises(ClientError, match="Unrecognized resource types"):
        create_stack(unpatched, "versioned", VERSIONED)


def test_an_execution_runs_and_names_the_version_that_was_started(patched: Account) -> None:
    answer, version = run_the_version(patched)
    assert answer == "first"
    assert version is not None
    assert version.endswith(":changed:1")


def test_the_patch_of_executions_of_versions_is_still_needed(unpatched: Account) -> None:
    assert run_the_version(unpatched) == ("second", None)


def test_a_stack_has_an_alarm_on_an_expression(patched: Account) -> None:
    create_stack(patched, "expression", EXPRESSION)
    [alarm] = patched.client("cloudwatch").describe_alarms(AlarmNames=["both"])["MetricAlarms"]
    assert alarm["Threshold"] == 1


def test_the_patch_of_metric_math_is_still_needed(unpatched: Account) -> None:
    assert create_stack(unpatched, "expression", EXPRESSION) == {}

"""What the template must say, resource by resource."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

OUTPUTS = {
    "FareSagaArn",
    "StartHereArn",
    "FaresTableName",
    "PaymentsTableName",
    "GatewayTableName",
    "AccountsTableName",
    "NotificationsTopicArn",
    "SuccessQueueUrl",
    "FailureQueueUrl",
    "RecoveryArn",
    "ParkedQueueUrl",
    "FareSagaAliasArn",
    "RecoveryAliasArn",
    "UndeliveredQueueUrl",
    "AlarmsTopicArn",
    "CardsTableName",
    "TokeniseFunctionName",
}


GOES_WITH_ITS_OWNER = {
    "AWS::Lambda::Version",
    "AWS::Lambda::Permission",
    "AWS::StepFunctions::StateMachineVersion",
}
"""Kept when a newer one comes, for rides in flight; AWS deletes them with the function, or the machine."""


def of_type(template: dict[str, Any], resource_type: str) -> Iterator[dict[str, Any]]:
    """The resources of a type."""
    return (resource for resource in template["Resources"].values() if resource["Type"] == resource_type)


def properties(template: dict[str, Any], resource_type: str) -> list[dict[str, Any]]:
    """The properties of the resources of a type."""
    return [resource["Properties"] for resource in of_type(template, resource_type)]


def test_the_outputs_and_machines_bear_the_contracts_names(template: dict[str, Any]) -> None:
    assert set(template["Outputs"]) >= OUTPUTS
    names = {machine["StateMachineName"] for machine in properties(template, "AWS::StepFunctions::StateMachine")}
    assert names == {
        "wild-rydes-async-msg-4-completed",
        "wild-rydes-async-msg-4-start-here",
        "wild-rydes-async-msg-4-recovery",
    }


def test_the_machines_are_jsonata_standard_and_the_learners_has_the_finished_ones_role(
    template: dict[str, Any],
) -> None:
    machines = properties(template, "AWS::StepFunctions::StateMachine")
    assert all(
        '"QueryLanguage":"JSONata"' in json.dumps(machine["DefinitionString"]).replace("\\", "") for machine in machines
    )
    assert all(machine.get("StateMachineType", "STANDARD") == "STANDARD" for machine in machines)
    roles = {machine["StateMachineName"].rpartition("-4-")[2]: machine["RoleArn"] for machine in machines}
    assert roles["start-here"] == roles["completed"] != roles["recovery"]


def test_every_machine_logs_every_event_without_its_data(template: dict[str, Any]) -> None:
    logged = [
        machine["LoggingConfiguration"]
        for machine in properties(template, "AWS::StepFunctions::StateMachine")
        if "LoggingConfiguration" in machine
    ]
    assert [(one["Level"], one["IncludeExecutionData"]) for one in logged] == [("ALL", False)] * 3


@pytest.mark.parametrize("key", ["fareId", "sagaId", "operationKey", "accountKey"])
def test_there_is_a_table_with_the_contracts_key(template: dict[str, Any], key: str) -> None:
    keys = [table["KeySchema"] for table in properties(template, "AWS::DynamoDB::Table")]
    assert [{"AttributeName": key, "KeyType": "HASH"}] in keys


def test_each_queue_gets_its_own_outcome_raw_and_filtered_by_attribute(template: dict[str, Any]) -> None:
    subscriptions = properties(template, "AWS::SNS::Subscription")
    assert sorted(json.dumps(one["FilterPolicy"]) for one in subscriptions) == [
        '{"IsSuccessful": ["false"]}',
        '{"IsSuccessful": ["true"]}',
    ]
    for subscription in subscriptions:
        assert subscription["RawMessageDelivery"] is True
        assert subscription.get("FilterPolicyScope", "MessageAttributes") == "MessageAttributes"
        assert "deadLetterTargetArn" in subscription["RedrivePolicy"]


def test_each_notification_queue_has_a_dead_letter_queue_of_its_own(template: dict[str, Any]) -> None:
    queues = properties(template, "AWS::SQS::Queue")
    targets = [
        json.dumps(queue["RedrivePolicy"]["deadLetterTargetArn"]) for queue in queues if "RedrivePolicy" in queue
    ]
    assert len(targets) == len(set(targets)) == 2


def test_nothing_is_left_behind_in_the_workshop(template: dict[str, Any]) -> None:
    for name, resource in template["Resources"].items():
        policy = resource.get("DeletionPolicy", "Delete")
        assert policy == "Delete" or resource["Type"] in GOES_WITH_ITS_OWNER, name
        assert resource["Type"] != "Custom::LogRetention", name


def test_every_function_logs_to_a_group_of_the_stack(template: dict[str, Any]) -> None:
    groups = {name for name, one in template["Resources"].items() if one["Type"] == "AWS::Logs::LogGroup"}
    functions = properties(template, "AWS::Lambda::Function")
    used = {function["LoggingConfig"]["LogGroup"]["Ref"] for function in functions}
    assert len(functions) == len(used) == 7
    assert used < groups


def test_every_function_runs_the_newest_runtime_with_the_layer_and_is_traced(template: dict[str, Any]) -> None:
    for function in properties(template, "AWS::Lambda::Function"):
        assert function["Runtime"] == "python3.14"
        assert function["Architectures"] == ["arm64"]
        assert function["TracingConfig"] == {"Mode": "Active"}
        assert len(function["Layers"]) == 1

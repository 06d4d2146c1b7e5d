"""What the template must say, resource by resource."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from aws_cdk.assertions import Capture, Match, Template

from tests.support.template.graph import Graph
from tests.support.template.resources import properties
from wild_rydes_saga.settings import DEFAULT_STACK_NAME

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
MACHINES = ("completed", "start-here", "express", "recovery")

GOES_WITH_ITS_OWNER = {
    "AWS::Lambda::Version",
    "AWS::Lambda::Permission",
    "AWS::StepFunctions::StateMachineVersion",
}
"""Kept when a newer one comes, for rides in flight; AWS deletes them with the function, or the machine."""


def test_the_outputs_bear_the_contracts_names(template: Template) -> None:
    for name in OUTPUTS:
        template.has_output(name, {"Value": Match.any_value()})


def test_the_machines_bear_the_contracts_names(template: Template) -> None:
    template.resource_count_is("AWS::StepFunctions::StateMachine", len(MACHINES))
    for name in MACHINES:
        template.has_resource_properties(
            "AWS::StepFunctions::StateMachine", {"StateMachineName": f"{DEFAULT_STACK_NAME}-{name}"}
        )


def test_rides_start_on_a_new_version_after_all_else_was_deployed(template: Template) -> None:
    """A deployment that fails is rolled back with the versions that it published: no ride may have begun on them."""
    resources = template.to_json()["Resources"]
    aliases = {name for name in template.find_resources("AWS::StepFunctions::StateMachineAlias") if "Saga" in name}
    assert len(aliases) == 2
    for alias in aliases:
        assert {*resources} - before(resources, alias) == {*aliases, "CDKMetadata"} & {*resources}


def before(resources: dict[str, Any], name: str) -> set[str]:
    """The resources that CloudFormation deploys before another: what that refers to or depends on, and so on."""
    found: set[str] = set()
    waiting = {name}
    while waiting:
        new = {*referred(resources[waiting.pop()])} & {*resources} - found
        found |= new
        waiting |= new
    return found


def referred(value: Any) -> Iterator[str]:
    """The logical ids that a part of a template names."""
    if isinstance(value, list):
        for one in value:
            yield from referred(one)
    elif isinstance(value, dict):
        for name, one in value.items():
            match name:
                case "Ref":
                    yield one
                case "Fn::GetAtt":
                    yield from one[:1]
                case "DependsOn":
                    yield from [one] if isinstance(one, str) else one
                case _:
                    yield from referred(one)


def test_one_machine_is_on_express_and_all_are_in_jsonata(template: Template) -> None:
    # Standard is what a machine is without a type.
    types = {
        machine["StateMachineName"].rpartition("-")[2]: machine.get("StateMachineType")
        for machine in properties(template, "AWS::StepFunctions::StateMachine")
    }
    assert {name for name, kind in types.items() if kind is not None} == {"express"}
    assert types["express"] == "EXPRESS"
    for name in MACHINES:
        assert Graph.of(template, name).definition["QueryLanguage"] == "JSONata"


def test_the_learners_machine_has_the_role_of_the_finished_one(template: Template) -> None:
    role = Capture()
    template.has_resource_properties(
        "AWS::StepFunctions::StateMachine", {"StateMachineName": f"{DEFAULT_STACK_NAME}-completed", "RoleArn": role}
    )
    template.has_resource_properties(
        "AWS::StepFunctions::StateMachine",
        {"StateMachineName": f"{DEFAULT_STACK_NAME}-start-here", "RoleArn": role.as_object()},
    )
    template.resource_properties_count_is("AWS::StepFunctions::StateMachine", {"RoleArn": role.as_object()}, 2)


@pytest.mark.parametrize(("stage", "level"), [("template", "ALL"), ("production", "ERROR")])
def test_every_machine_logs_without_its_data(stage: str, level: str, request: pytest.FixtureRequest) -> None:
    for machine in properties(request.getfixturevalue(stage), "AWS::StepFunctions::StateMachine"):
        logged = machine["LoggingConfiguration"]
        expected = "ERROR" if machine["StateMachineName"].endswith("-express") else level
        assert (logged["Level"], logged["IncludeExecutionData"]) == (expected, False)


@pytest.mark.parametrize("key", ["fareId", "sagaId", "operationKey", "accountKey"])
def test_there_is_a_table_with_the_contracts_key(template: Template, key: str) -> None:
    template.has_resource_properties(
        "AWS::DynamoDB::Table", {"KeySchema": Match.exact([{"AttributeName": key, "KeyType": "HASH"}])}
    )


def test_each_queue_gets_its_own_outcome_raw_and_filtered_by_attribute(template: Template) -> None:
    for successful in ("true", "false"):
        template.has_resource_properties(
            "AWS::SNS::Subscription", {"FilterPolicy": Match.exact({"IsSuccessful": [successful]})}
        )
    template.all_resources_properties(
        "AWS::SNS::Subscription",
        {
            "RawMessageDelivery": True,
            "FilterPolicyScope": Match.absent(),  # which means by attribute
            "RedrivePolicy": {"deadLetterTargetArn": Match.any_value()},
        },
    )


def test_each_notification_queue_has_a_dead_letter_queue_of_its_own(template: Template) -> None:
    """So has the queue of rides. The recovery's own have one together: the sweep takes the rides that are in there."""
    queues = template.find_resources("AWS::SQS::Queue", {"Properties": {"RedrivePolicy": Match.any_value()}})
    [name] = [name for name in template.find_resources("AWS::SQS::Queue") if "UndeliveredQueue" in name]
    undelivered = {"Fn::GetAtt": [name, "Arn"]}
    targets = [json.dumps(queue["Properties"]["RedrivePolicy"]["deadLetterTargetArn"]) for queue in queues.values()]
    kept = [one for one in targets if "DeadLetters" in one]
    assert len(kept) == len(set(kept)) == 3
    assert {one for one in targets if one not in kept} == {json.dumps(undelivered)}


def test_nothing_is_left_behind_in_the_workshop(template: Template) -> None:
    template.resource_count_is("Custom::LogRetention", 0)
    for name, resource in template.to_json()["Resources"].items():
        policy = resource.get("DeletionPolicy", "Delete")
        assert policy == "Delete" or resource["Type"] in GOES_WITH_ITS_OWNER, name


def test_every_function_logs_to_a_group_of_the_stack(template: Template) -> None:
    groups = set(template.find_resources("AWS::Logs::LogGroup"))
    functions = template.find_resources("AWS::Lambda::Function").values()
    used = {function["Properties"]["LoggingConfig"]["LogGroup"]["Ref"] for function in functions}
    assert len(functions) == len(used)
    assert used < groups


def test_every_function_has_the_newest_runtime_and_the_layer(template: Template) -> None:
    runs = {"Runtime": "python3.14", "Architectures": ["arm64"], "Layers": [Match.any_value()]}
    template.all_resources_properties("AWS::Lambda::Function", runs)


def test_every_function_is_traced(template: Template) -> None:
    template.all_resources_properties("AWS::Lambda::Function", {"TracingConfig": Match.exact({"Mode": "Active"})})

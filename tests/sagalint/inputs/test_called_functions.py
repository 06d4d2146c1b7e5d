"""The timeout of a function is known where the template says which one is called, and how long it may take."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from sagalint.definition.machine import Machine
from sagalint.inputs.templates import machine_in, machines_in
from tests.support.sagalint.templates import INVOKE, asl, calling, function, resource

SNAPSHOTS = Path(__file__).parents[2] / "snapshots"
FARE_SAGA, RECOVERY, START_HERE = "FareSagaMachineDE48CE24", "RecoveryMachineC18441CE", "StartHereMachine2E880C19"
EXPRESS = "ExpressSagaMachine56BCDF51"
PARAMETERS = {"Timeout": {"Type": "Number", "Default": "30"}}
GET_ARN = {"Fn::GetAtt": ["Charge", "Arn"]}
CHARGE = {"Charge": function(Timeout=20, FunctionName={"Fn::Sub": "${AWS::StackName}-charge"})}
SERVERLESS = "AWS::Serverless::Function"


@pytest.fixture(scope="module")
def stack() -> dict[str, Any]:
    return dict(json.loads((SNAPSHOTS / "template.json").read_text(encoding="utf-8")))


def test_the_machines_of_the_stack_are_found(stack: dict[str, Any]) -> None:
    assert set(machines_in(stack)) == {FARE_SAGA, RECOVERY, START_HERE, EXPRESS}


def test_the_fare_saga_in_the_template_is_the_fare_saga(stack: dict[str, Any]) -> None:
    found, snapshot = (
        machine_in(stack, FARE_SAGA),
        json.loads((SNAPSHOTS / "state_machine.json").read_text(encoding="utf-8")),
    )
    assert found.definition["StartAt"] == snapshot["StartAt"]
    assert shape(found.definition) == shape(snapshot)


def shape(definition: Mapping[str, Any]) -> dict[str, tuple[str, Any, Any]]:
    states = Machine.read(definition).everywhere()
    return {state.name: (state.type, state.body.get("Retry"), state.body.get("Catch")) for state in states}


@pytest.mark.parametrize(
    ("machine", "called"),
    [
        pytest.param(
            FARE_SAGA,
            {
                "ChargeFare": "PaymentsChargeFareFunctionBEB6E773",
                "RefundFare": "PaymentsRefundFareFunctionFA5A0C5E",
                "CustomerAccountCredit": "AccountsCreditCustomerAccountFunctionF4EC24CC",
                "ReverseAccountCredit": "AccountsReverseAccountCreditFunction0A961D2F",
            },
            id="fare-saga",
        ),
        pytest.param(
            RECOVERY,
            {
                "InspectExecution": "RecoveryInspectExecutionFunction5847A050",
                "RefundFare": "PaymentsRefundFareFunctionFA5A0C5E",
                "ReverseAccountCredit": "AccountsReverseAccountCreditFunction0A961D2F",
            },
            id="recovery",
        ),
        pytest.param(START_HERE, {}, id="start-here"),
    ],
)
def test_function_timeouts_are_those_that_the_template_states(
    machine: str, called: dict[str, str], stack: dict[str, Any]
) -> None:
    stated = {state: stack["Resources"][name]["Properties"]["Timeout"] for state, name in called.items()}
    assert machine_in(stack, machine).function_timeouts == stated


@pytest.mark.parametrize(
    "definition",
    [
        pytest.param(calling(GET_ARN), id="arn"),
        pytest.param(calling({"Ref": "Charge"}), id="ref"),
        pytest.param(calling({"Fn::Sub": "${Charge.Arn}:live"}), id="qualified"),
        pytest.param(calling({"Fn::Sub": "${Charge.Arn}:${Version.Version}"}), id="qualified-by-reference"),
        pytest.param(calling({"Ref": "Version"}), id="version"),
        pytest.param(calling({"Ref": "Alias"}), id="alias-of-a-version"),
        pytest.param(calling({"Fn::Sub": "${AWS::StackName}-charge"}), id="name"),
        pytest.param(calling({"Fn::Sub": "${AWS::StackName}-charge:live"}), id="qualified-name"),
        pytest.param(
            calling({"Fn::Sub": "arn:${AWS::Partition}:lambda:${AWS::Region}:${AWS::AccountId}:function:${Charge}"}),
            id="arn-by-hand",
        ),
        pytest.param(calling(GET_ARN, task="arn:aws:states:::aws-sdk:lambda:invoke"), id="aws-sdk"),
        pytest.param(calling(GET_ARN, InvocationType="RequestResponse"), id="said-to-wait"),
        pytest.param(asl(QueryLanguage="JSONata", Arguments={"FunctionName": GET_ARN}), id="jsonata"),
        pytest.param(asl(Resource=GET_ARN), id="direct"),
        pytest.param(
            asl(Type="Parallel", Branches=[{"StartAt": "In", "States": {"In": asl(Resource=GET_ARN)["States"]["Do"]}}]),
            id="in-a-branch",
        ),
        pytest.param(
            asl(Type="Map", Iterator={"StartAt": "In", "States": {"In": asl(Resource=GET_ARN)["States"]["Do"]}}),
            id="in-a-map",
        ),
    ],
)
def test_the_timeout_is_that_of_the_function_called(definition: dict[str, Any]) -> None:
    resources = {
        "Machine": resource({"Definition": definition}),
        **CHARGE,
        "Version": function("AWS::Lambda::Version", FunctionName={"Ref": "Charge"}),
        "Alias": function("AWS::Lambda::Alias", FunctionName={"Ref": "Version"}),
    }
    assert set(machine_in({"Resources": resources}).function_timeouts.values()) == {20}


@pytest.mark.parametrize(
    "definition",
    [
        pytest.param(calling(GET_ARN, task=INVOKE + ".waitForTaskToken"), id="answer-from-elsewhere"),
        pytest.param(calling(GET_ARN, InvocationType="Event"), id="not-waited-for"),
        pytest.param(calling("{% $function %}"), id="decided-by-a-run"),
        pytest.param(asl(Parameters={"FunctionName.$": "$.function"}), id="decided-by-a-path"),
        pytest.param(calling("another-charge"), id="another-name"),
        pytest.param(calling("arn:aws:lambda:us-east-1:999999999999:function:charge"), id="another-account"),
        pytest.param(calling({"Fn::ImportValue": "Charge"}), id="another-stack"),
        pytest.param(calling({"Ref": "Table"}), id="no-function"),
        pytest.param(calling({"Ref": "Loop"}), id="alias-of-itself"),
        pytest.param(calling({"Ref": "Unsaid"}), id="timeout-not-in-the-template"),
        pytest.param(asl(Resource="arn:aws:states:::dynamodb:putItem"), id="another-service"),
        pytest.param(asl(Type="Pass"), id="no-task"),
    ],
)
def test_a_timeout_that_the_template_does_not_give_is_unknown(definition: dict[str, Any]) -> None:
    resources = {
        "Machine": resource({"Definition": definition}),
        "Charge": function(Timeout=20, FunctionName="charge"),
        "Table": {"Type": "AWS::DynamoDB::Table"},
        "Loop": function("AWS::Lambda::Alias", FunctionName={"Ref": "Loop"}),
        "Unsaid": function(Timeout={"Fn::If": ["Live", 10, 20]}),
    }
    assert machine_in({"Resources": resources}).function_timeouts == {}


@pytest.mark.parametrize(
    ("charge", "timeout"),
    [
        pytest.param(function(), 3, id="default"),
        pytest.param({"Type": "AWS::Lambda::Function"}, 3, id="no-properties"),
        pytest.param(function(Timeout={"Ref": "AWS::NoValue"}), 3, id="no-value"),
        pytest.param(function(Timeout="15"), 15, id="text"),
        pytest.param(function(Timeout={"Ref": "Timeout"}), 30, id="parameter"),
        pytest.param(function(SERVERLESS, Timeout=7), 7, id="serverless"),
        pytest.param(function(SERVERLESS), 12, id="global"),
    ],
)
def test_a_timeout_is_read_however_it_is_written(charge: dict[str, Any], timeout: float) -> None:
    resources = {"Machine": resource({"Definition": calling(GET_ARN)}), "Charge": charge}
    whole = {"Resources": resources, "Parameters": PARAMETERS, "Globals": {"Function": {"Timeout": 12}}}
    assert machine_in(whole).function_timeouts == {"Do": timeout}

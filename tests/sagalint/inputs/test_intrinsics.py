"""References become legible wherever they stand, and numbers stay numbers."""

import json
from typing import Any

import pytest

from sagalint.inputs.templates import machine_in
from tests.support.sagalint.templates import asl, template


@pytest.mark.parametrize(
    ("reference", "becomes"),
    [
        pytest.param({"Ref": "Table"}, "${Table}", id="ref"),
        pytest.param({"Fn::GetAtt": ["Table", "Arn"]}, "${Table.Arn}", id="attribute"),
        pytest.param({"Fn::GetAtt": "Table.Arn"}, "${Table.Arn}", id="attribute-as-text"),
        pytest.param({"Ref": "AWS::Partition"}, "aws", id="partition"),
        pytest.param({"Ref": "AWS::Region"}, "us-east-1", id="region"),
        pytest.param({"Ref": "AWS::AccountId"}, "123456789012", id="account"),
        pytest.param({"Ref": "AWS::StackName"}, "${AWS::StackName}", id="stack-name"),
        pytest.param({"Fn::ImportValue": 'a"\\-b'}, "${Fn::ImportValue:a-b}", id="import"),
        pytest.param({"Fn::If": ["Live", {"Ref": "A"}, {"q": 1}]}, "${Fn::If:Live,A,q:1}", id="if"),
        pytest.param({"Fn::Join": [{"not": "text"}, []]}, "${Fn::Join:not:text,}", id="malformed"),
        pytest.param({"Fn::Join": ["-", ["a", {"Ref": "Table"}]]}, "a-${Table}", id="join-in-join"),
        pytest.param({"Fn::Join": ["-", {"Ref": "Zones"}]}, "a-b", id="join-of-a-list-parameter"),
        pytest.param({"Fn::Join": ["-", ["a", {"Ref": "AWS::NoValue"}]]}, "a", id="join-without-no-value"),
        pytest.param({"Fn::Sub": "${AWS::Region}/${Table.Arn}/${!Kept}"}, "us-east-1/${Table.Arn}/${Kept}", id="sub"),
        pytest.param({"Fn::Sub": ["${A}-${B}", {"A": {"Ref": "Stage"}}]}, "beta-${B}", id="sub-with-names"),
        pytest.param({"Ref": "Stage"}, "beta", id="default"),
        pytest.param({"Ref": "Password"}, "${Password}", id="secret-default"),
        pytest.param({"Ref": "Path"}, "${Path}", id="default-that-lies-elsewhere"),
        pytest.param({"Ref": "Open"}, "${Open}", id="no-default"),
    ],
)
@pytest.mark.parametrize("how", ["joined", "object"])
def test_references_become_legible(how: str, reference: Any, becomes: str) -> None:
    before, after = json.dumps(asl(Comment="#")).split("#")
    properties = {
        "joined": {"DefinitionString": {"Fn::Join": ["", [before, reference, after]]}},
        "object": {"Definition": asl(Comment=reference)},
    }[how]
    parameters = {
        "Stage": {"Type": "String", "Default": "beta"},
        "Zones": {"Type": "CommaDelimitedList", "Default": "a,b"},
        "Password": {"Type": "String", "Default": "hunter2", "NoEcho": "true"},
        "Path": {"Type": "AWS::SSM::Parameter::Value<String>", "Default": "/a/path"},
        "Open": {"Type": "String"},
    }
    assert machine_in(template(properties, Parameters=parameters)).definition == asl(Comment=becomes)


TEXT = json.dumps(asl(TimeoutSeconds=0)).replace("0", "${Timeout}")
PARAMETERS = {"Timeout": {"Type": "Number", "Default": "30"}}
BEFORE, _, AFTER = TEXT.partition("${Timeout}")
REF = {"Ref": "Timeout"}


@pytest.mark.parametrize(
    "properties",
    [
        pytest.param({"DefinitionString": json.dumps(asl(TimeoutSeconds=30))}, id="text"),
        pytest.param({"DefinitionString": {"Fn::Sub": TEXT}}, id="sub"),
        pytest.param({"DefinitionString": {"Fn::Sub": [TEXT, {"Timeout": 30}]}}, id="sub-with-names"),
        pytest.param({"DefinitionString": {"Fn::Join": ["", [BEFORE, REF, AFTER]]}}, id="join"),
        pytest.param({"DefinitionString": TEXT, "DefinitionSubstitutions": {"Timeout": 30}}, id="substitution"),
        pytest.param({"DefinitionString": TEXT, "DefinitionSubstitutions": {"Timeout": REF}}, id="of-a-parameter"),
        pytest.param({"DefinitionString": {"Fn::ToJsonString": asl(TimeoutSeconds=REF)}}, id="to-json"),
        pytest.param({"Definition": asl(TimeoutSeconds=REF)}, id="object"),
        pytest.param(
            {"Definition": asl(TimeoutSeconds="${Timeout}"), "DefinitionSubstitutions": {"Timeout": 30}},
            id="object-with-substitution",
        ),
        pytest.param({"Definition": asl(TimeoutSeconds=30, Comment={"Ref": "AWS::NoValue"})}, id="no-value"),
    ],
)
def test_a_number_is_a_number_however_the_definition_is_written(properties: dict[str, Any]) -> None:
    found = machine_in(template(properties, Parameters=PARAMETERS))
    assert found.definition == asl(TimeoutSeconds=30)


def test_a_substitution_does_not_touch_a_stand_in_of_the_same_name() -> None:
    definition = asl(Comment="${Charge} and ${Other}", Parameters={"FunctionName": {"Ref": "Charge"}})
    substitutions = {"Charge": {"Fn::GetAtt": ["Charge", "Arn"]}}
    found = machine_in(template({"Definition": definition, "DefinitionSubstitutions": substitutions})).definition
    assert found == asl(Comment="${Charge.Arn} and ${Other}", Parameters={"FunctionName": "${Charge}"})

"""A machine out of a template is the one that would be deployed, with the timeouts of the functions it calls."""

import json
from pathlib import Path
from typing import Any

import pytest

from sagalint import check
from sagalint.inputs.documents import read_document
from sagalint.inputs.templates import machine_in
from tests.support.sagalint.own_machines import own_machine

ONE_TASK = '{"StartAt": "Charge", "States": {"Charge": {"Type": "Task", "Resource": "${Function}", "End": true}}}'
BEFORE, AFTER = ONE_TASK.split("${Function}")
SAM = """\
Parameters:
  Seconds: {Type: Number, Default: 12}
Globals:
  Function: {Timeout: 7}
Resources:
  Charge:
    Type: AWS::Serverless::Function
    Properties: {Handler: a.b}
  Refund:
    Type: AWS::Serverless::Function
    Properties: {Timeout: !Ref Seconds}
  Alias:
    Type: AWS::Lambda::Alias
    Properties: {FunctionName: !Ref Refund, Name: live}
  Machine:
    Type: AWS::Serverless::StateMachine
    Properties:
      DefinitionUri: machine.asl.json
      DefinitionSubstitutions:
        ChargeArn: !GetAtt Charge.Arn
        RefundArn: !Ref Alias
        Seconds: !Ref Seconds
"""
WITH_SUBSTITUTIONS = """\
{"StartAt": "Charge", "States": {
  "Charge": {"Type": "Task", "Resource": "${ChargeArn}", "TimeoutSeconds": ${Seconds}, "Next": "Refund"},
  "Refund": {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke",
             "Parameters": {"FunctionName": "${RefundArn}"}, "End": true}}}
"""


@pytest.fixture
def template(assembly: Path) -> dict[str, Any]:
    return dict(read_document(assembly / "WildRydesSaga.template.json"))


@pytest.mark.parametrize("name", ["FareSaga/Machine", "FareSaga", "wild-rydes-async-msg-4-completed"])
def test_our_own_machine_is_taken_out_as_it_is_deployed(name: str, template: dict[str, Any], assembly: Path) -> None:
    found = machine_in(template, name)
    definition, plan = own_machine("the saga", assembly)
    assert found.definition["States"].keys() == definition["States"].keys()
    assert found.function_timeouts == plan.function_timeouts
    assert not check(found.definition, plan).findings


def test_globals_parameters_aliases_and_definition_files_of_sam_are_read(tmp_path: Path) -> None:
    (tmp_path / "template.yaml").write_text(SAM, encoding="utf-8")
    (tmp_path / "machine.asl.json").write_text(WITH_SUBSTITUTIONS, encoding="utf-8")
    found = machine_in(read_document(tmp_path / "template.yaml"), None, tmp_path)
    assert found.definition["States"]["Charge"]["TimeoutSeconds"] == 12
    assert found.function_timeouts == {"Charge": 7, "Refund": 12}


@pytest.mark.parametrize(
    "definition",
    [
        {"DefinitionString": {"Fn::Sub": ONE_TASK.replace("Function", "Charge.Arn")}},
        {"DefinitionString": {"Fn::Sub": [ONE_TASK, {"Function": {"Fn::GetAtt": ["Charge", "Arn"]}}]}},
        {"DefinitionString": {"Fn::Join": ["", [BEFORE, {"Fn::GetAtt": ["Charge", "Arn"]}, AFTER]]}},
        {"DefinitionString": ONE_TASK, "DefinitionSubstitutions": {"Function": {"Fn::GetAtt": ["Charge", "Arn"]}}},
        {"Definition": json.loads(ONE_TASK), "DefinitionSubstitutions": {"Function": {"Ref": "Charge"}}},
    ],
    ids=["Sub", "Sub with variables", "Join", "substitutions in text", "substitutions in an object"],
)
def test_the_default_timeout_of_3_seconds_is_known_in_every_form(definition: Any) -> None:
    machine = {"Type": "AWS::StepFunctions::StateMachine", "Properties": definition}
    found = machine_in({"Resources": {"Machine": machine, "Charge": {"Type": "AWS::Lambda::Function"}}})
    assert "Charge" in found.definition["States"]["Charge"]["Resource"]
    assert found.function_timeouts == {"Charge": 3}

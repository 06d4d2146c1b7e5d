"""A machine out of a template is the one that would be deployed, with the timeouts of the functions it calls."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.verify.own_machines import own_machine
from wild_rydes_saga.saga.plan import Plan
from wild_rydes_saga.saga.verify import verify
from wild_rydes_saga.saga.verify.inputs import VerifyInputError, read_document
from wild_rydes_saga.saga.verify.template import machine_in, machines_in

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
    assert not verify(found.definition, plan).findings


def test_every_machine_is_listed_when_none_is_named(template: dict[str, Any]) -> None:
    with pytest.raises(VerifyInputError, match="several state machines") as refused:
        machine_in(template)
    assert all(one in str(refused.value) for one in machines_in(template))


def test_sam_globals_parameters_aliases_and_a_definition_beside_the_template(tmp_path: Path) -> None:
    (tmp_path / "template.yaml").write_text(SAM)
    (tmp_path / "machine.asl.json").write_text(WITH_SUBSTITUTIONS)
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
def test_however_the_definition_is_written_the_default_timeout_of_3_seconds_is_known(definition: Any) -> None:
    machine = {"Type": "AWS::StepFunctions::StateMachine", "Properties": definition}
    found = machine_in({"Resources": {"Machine": machine, "Charge": {"Type": "AWS::Lambda::Function"}}})
    assert "Charge" in found.definition["States"]["Charge"]["Resource"]
    assert found.function_timeouts == {"Charge": 3}


@pytest.mark.parametrize(
    ("template", "told"),
    [
        ([], "no CloudFormation template"),
        ({"States": {}}, "no CloudFormation template"),
        ({"Resources": {"Table": {"Type": "AWS::DynamoDB::Table"}}}, "has no state machine"),
        ({"Resources": {"M": {"Type": "AWS::StepFunctions::StateMachine"}}}, "pass the ASL file itself"),
        (
            {"Resources": {"M": {"Type": "AWS::StepFunctions::StateMachine", "Properties": {"DefinitionString": "{"}}}},
            r"M.* is no JSON .*line 1, column 2",
        ),
    ],
    ids=["a list", "a machine", "no machine", "no definition", "no JSON"],
)
def test_what_cannot_be_used_is_refused_with_the_mend(template: Any, told: str) -> None:
    with pytest.raises(VerifyInputError, match=told):
        machine_in(template)


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("none.json", None, "there is no file"),
        ("empty.json", b" ", "is empty"),
        ("half.json", b'{"card": "4242', "is no JSON .*line 1"),
        ("tab.yaml", b"States:\n\t- 4242", r"neither JSON nor a YAML document .*line 2"),
        ("bytes.json", b"\xff\xfe4242", "is not UTF-8"),
        ("two.yaml", b"a: 4242\n---\nb: 1\n", "neither JSON nor a YAML document"),
    ],
)
def test_a_file_that_cannot_be_read_is_named_and_its_content_is_not_told(
    name: str, content: bytes | None, told: str, tmp_path: Path
) -> None:
    path = tmp_path / name
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(VerifyInputError, match=told) as refused:
        read_document(path)
    assert name in str(refused.value)
    assert "4242" not in str(refused.value)


def test_a_plan_is_no_machine_and_says_so() -> None:
    with pytest.raises(VerifyInputError, match="this is no state machine"):
        verify({"steps": []}, Plan.from_json('{"steps": [{"action": "A", "uncompensated_because": "it only looks"}]}'))

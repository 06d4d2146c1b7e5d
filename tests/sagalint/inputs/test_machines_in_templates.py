"""The machine that is meant is found in a template, wherever its definition lies; what is none is refused."""

import json
from pathlib import Path
from typing import Any

import pytest

from sagalint.input_error import InputError
from sagalint.inputs.templates import machine_in
from tests.support.sagalint.templates import asl, resource, template

TEXT = json.dumps(asl(TimeoutSeconds=0)).replace("0", "${Timeout}")


@pytest.fixture
def two() -> dict[str, Any]:
    definition = {"Definition": asl()}
    return {
        "Resources": {
            "First": resource({**definition, "StateMachineName": "fares"})
            | {"Metadata": {"aws:cdk:path": "Stack/FareSaga/Machine/Resource"}},
            "Second": resource({**definition, "Name": {"Fn::Sub": "${Stage}-rides"}}, "AWS::Serverless::StateMachine")
            | {"Metadata": {"aws:cdk:path": "Stack/Rides/Machine/Resource"}},
            "Third": resource(definition) | {"Metadata": {"aws:cdk:path": "Stack/Flow/Resource"}},
            "Topic": {"Type": "AWS::SNS::Topic"},
            "Breach": None,
        },
        "Parameters": {"Stage": {"Type": "String", "Default": "beta"}},
    }


@pytest.mark.parametrize(
    ("name", "logical_id", "own_name"),
    [
        pytest.param("First", "First", "fares", id="logical-id"),
        pytest.param("fares", "First", "fares", id="name"),
        pytest.param("beta-rides", "Second", "beta-rides", id="serverless-name"),
        pytest.param("Flow", "Third", "Third", id="construct"),
        pytest.param("Rides/Machine", "Second", "beta-rides", id="end-of-construct-path"),
    ],
)
def test_a_machine_is_found_by_any_of_its_names(name: str, logical_id: str, own_name: str, two: dict[str, Any]) -> None:
    found = machine_in(two, name)
    assert (found.logical_id, found.name) == (logical_id, own_name)


def test_a_name_that_only_a_deployment_knows_is_none() -> None:
    named = {"Definition": asl(), "StateMachineName": {"Fn::Sub": "${AWS::StackName}-rides"}}
    assert machine_in(template(named)).name == "Machine"


def test_the_only_machine_needs_no_name() -> None:
    assert machine_in(template({"Definition": asl()})).logical_id == "Machine"


@pytest.mark.parametrize(
    ("name", "reported"),
    [
        pytest.param(None, r"several state machines: name one of First, Second, Third", id="none"),
        pytest.param("Machine", r"several state machines that Machine can mean: name one of First, Second$", id="two"),
        pytest.param("Topic", r"no state machine Topic: name one of First, Second, Third", id="no-machine"),
    ],
)
def test_which_machine_must_be_clear(name: str | None, reported: str, two: dict[str, Any]) -> None:
    with pytest.raises(InputError, match=reported):
        machine_in(two, name)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        pytest.param("machine.asl.json", TEXT, id="json"),
        pytest.param(
            "machine.asl.yaml",
            "StartAt: Do\nStates:\n  Do:\n    Type: Task\n    Resource: arn:aws:states:::lambda:invoke\n"
            "    End: true\n    TimeoutSeconds: ${Timeout}\n",
            id="yaml",
        ),
    ],
)
def test_a_serverless_definition_may_lie_beside_the_template(name: str, text: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text(text, encoding="utf-8")
    properties = {"DefinitionUri": name, "DefinitionSubstitutions": {"Timeout": 30}}
    assert machine_in(template(properties), folder=tmp_path).definition == asl(TimeoutSeconds=30)


@pytest.mark.parametrize(
    ("whole", "reported"),
    [
        pytest.param([], "no CloudFormation template", id="no-object"),
        pytest.param(asl(), "no CloudFormation template", id="the-definition-itself"),
        pytest.param({"Resources": {}}, "has no state machine:", id="no-machine"),
        pytest.param(template({"DefinitionString": TEXT[:-1]}), r"of Machine, .* line 1, column 1\d\d\)", id="no-json"),
        pytest.param(
            template({"DefinitionString": {"Ref": "X"}}), "of Machine is not a state machine", id="only-a-ref"
        ),
        pytest.param(template({"DefinitionString": "[]"}), "of Machine is not a state machine", id="no-machine-inside"),
        pytest.param(template({"DefinitionS3Location": {}}), "of Machine is not in the template: pass", id="s3"),
        pytest.param(template({"DefinitionUri": "s3://b/k"}), "of Machine is not in the template: pass", id="s3-uri"),
        pytest.param(template({"DefinitionUri": "gone.json"}), "gone.json does not exist", id="missing-file"),
        pytest.param(template({}), "of Machine is not in the template: pass", id="no-definition"),
    ],
)
def test_anything_but_a_machine_is_refused(whole: Any, reported: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=reported):
        machine_in(whole, folder=tmp_path)


def test_broken_json_beside_the_template_is_named_with_its_file(tmp_path: Path) -> None:
    (tmp_path / "machine.asl.json").write_text('{"StartAt": "Do",\n "States": {},}', encoding="utf-8")
    with pytest.raises(InputError, match=r"machine\.asl\.json, the definition of Machine, .* in line 2"):
        machine_in(template({"DefinitionUri": "machine.asl.json"}), folder=tmp_path)

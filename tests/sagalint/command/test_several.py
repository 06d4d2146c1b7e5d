"""Several machines in one run: one verdict, each with its own plan, and what cannot be read hides no other one."""

import json
from pathlib import Path

import pytest

from tests.sagalint.command.running import FINE, FORGOTTEN, machines, sagalint
from tests.support.sagalint.files import project


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two machines, each with its plan beside it: one without findings, and one with an error."""
    files = {
        f"{name}_{what}_json": (example / file).read_text(encoding="utf-8")
        for name, example in (("fine", FINE), ("forgotten", FORGOTTEN))
        for what, file in (("asl", "machine.asl.json"), ("plan", "plan.json"))
    }
    return project(tmp_path, **files)


def test_a_folder_has_one_verdict_and_each_machine_its_plan(folder: Path) -> None:
    done = sagalint(".", cwd=folder)
    assert (done.returncode, done.stderr) == (1, "")
    first, *_ = done.stdout.split("\n\n")
    assert " ".join(first.split()).startswith("1 error in 1 of 2 machines. Fix first, in forgotten: when BookFlight")
    assert {one["machine"]: one["plan"] for one in machines(".", cwd=folder)} == {"fine": "given", "forgotten": "given"}


def test_a_definition_that_cannot_be_read_ends_with_2_after_the_report(folder: Path) -> None:
    project(folder, broken_asl_json='{"StartAt": "A", "States": {')
    done = sagalint(".", cwd=folder)
    assert done.returncode == 2
    assert "error: broken.asl.json is not JSON" in done.stderr
    assert "forgotten (forgotten.asl.json): 1 error." in done.stdout


def test_a_plan_that_is_given_is_for_the_machine_that_it_fits(folder: Path) -> None:
    look = {"Type": "Task", "Resource": "arn:aws:lambda:us-east-1:123456789012:function:look", "End": True}
    project(folder, looks_asl_json=json.dumps({"StartAt": "Look", "States": {"Look": look}}))
    plan = '{"steps": [{"action": "Look", "uncompensated_because": "it only looks"}]}'
    project(folder, given_json=plan)
    found = {one["machine"]: one["plan"] for one in machines(".", "--plan", "given.json", cwd=folder)}
    assert found == {"fine": "given", "forgotten": "given", "looks": "given"}
    project(folder, given_json=plan.replace("Look", "Nowhere"))
    done = sagalint(".", "--plan", "given.json", cwd=folder)
    assert done.returncode == 2
    assert "given.json fits none of the machines fine, forgotten, looks" in done.stderr


def test_the_plan_of_several_machines_is_not_written(folder: Path) -> None:
    done = sagalint(".", "--write-plan", "new.json", cwd=folder)
    assert (done.returncode, (folder / "new.json").exists()) == (2, False)
    assert "--write-plan writes the plan of one machine, and these are there: fine, forgotten" in done.stderr


def test_what_aws_would_refuse_is_an_error_with_its_line(tmp_path: Path) -> None:
    text = '{\n "StartAt": "A",\n "States": {\n  "A": {"Type": "Wait", "Seconds": 1, "Next": "B", "End": true}\n }\n}\n'
    (machine,) = machines(project(tmp_path, a_asl_json=text) / "a.asl.json")
    found = {(one["rule"], one["level"], tuple(one["states"]), one["line"]) for one in machine["findings"]}
    assert found == {("refused-by-aws", "error", ("A",), 4)}
    assert len(machine["findings"]) == 2
    assert sagalint(tmp_path / "a.asl.json").returncode == 1


def test_a_definition_that_lies_elsewhere_is_left_out_and_named(folder: Path) -> None:
    properties = "{Type: AWS::Serverless::StateMachine, Properties: {DefinitionUri: s3://bucket/key}}"
    project(folder, template_yaml=f"Resources:\n  Far: {properties}\n")
    done = sagalint(".", cwd=folder)
    assert done.returncode == 1
    assert "left out: template.yaml: the definition of Far is not in the template" in done.stderr
    assert sagalint("template.yaml", cwd=folder).returncode == 2

"""What the field's own linters say of the template and the machines."""

import json
import re
import subprocess
from pathlib import Path

import pytest
from aws_cdk.assertions import Template

from tests.conftest import ROOT
from tests.support.template.graph import Graph

MACHINES = ("completed", "start-here", "recovery")


def run(*command: str) -> str:
    """Runs a linter and returns what it printed; fails if it found something."""
    done = subprocess.run(command, capture_output=True, encoding="utf-8", check=False, cwd=ROOT)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture
def definition(request: pytest.FixtureRequest, template: Template, tmp_path: Path) -> str:
    path = tmp_path / "machine.asl.json"
    path.write_text(json.dumps(Graph.of(template, request.param).definition), encoding="utf-8")
    return str(path)


@pytest.mark.parametrize("definition", MACHINES, indirect=True)
def test_the_machine_passes_asl_validator(definition: str) -> None:
    run("asl-validator", "--json-path", definition)


@pytest.mark.parametrize("definition", MACHINES, indirect=True)
def test_the_machine_passes_statelint(definition: str) -> None:
    # statelint does not know that a Wait's Seconds may be JSONata (AWS, "Wait workflow state").
    path = Path(definition)
    path.write_text(
        re.sub(r'"Seconds": "\{%.*?%\}"', '"Seconds": 1', path.read_text(encoding="utf-8")), encoding="utf-8"
    )
    run("statelint", definition)


@pytest.mark.usefixtures("workshop")
@pytest.mark.parametrize(
    "stage", ["template", *(pytest.param(one, marks=pytest.mark.long) for one in ("production", "stripe"))]
)
def test_the_template_passes_cfn_lint(stage: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    path = tmp_path / "template.json"
    path.write_text(json.dumps(request.getfixturevalue(stage).to_json()), encoding="utf-8")
    run("cfn-lint", "--regions", "us-east-1", "--template", str(path))

"""The app as the CDK CLI runs it."""

import json
import os
import subprocess
from pathlib import Path

import pytest
from aws_cdk.assertions import Template

from tests.conftest import ROOT
from tests.support.template.app import app_command
from tests.support.template.graph import Graph
from wild_rydes_saga.saga import Plan
from wild_rydes_saga.settings import SettingsError, checked_stack_name
from wild_rydes_saga.stack import WildRydesSagaStack


def synth(folder: Path, **context: str) -> subprocess.CompletedProcess[str]:
    """Runs the app as the CDK CLI does, with no AWS settings at all."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    app = {**json.loads((ROOT / "cdk.json").read_text(encoding="utf-8"))["context"], **context}
    return subprocess.run(
        app_command(),
        cwd=ROOT,
        env={**kept, "CDK_OUTDIR": str(folder), "CDK_CONTEXT_JSON": json.dumps(app)},
        capture_output=True,
        encoding="utf-8",
        check=False,
    )


@pytest.mark.long
def test_the_stack_takes_the_name_and_stage_from_the_context(tmp_path: Path) -> None:
    done = synth(tmp_path, stack_name="my-rides", stage="production")
    assert done.returncode == 0
    assert "note: no address receives the alarms: give one with -c alarm_email=" in done.stderr
    manifest = json.loads((tmp_path / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["artifacts"]["WildRydesSaga"]["properties"]["stackName"] == "my-rides"
    template = (tmp_path / "WildRydesSaga.template.json").read_text(encoding="utf-8")
    assert "my-rides-completed" in template
    assert '"FORCED_FAILURES": "off"' in template


def test_the_plan_of_the_saga_is_written_beside_the_template(assembly: Path, stack: WildRydesSagaStack) -> None:
    written = Plan.from_json((assembly / "WildRydesSaga.plan.json").read_text(encoding="utf-8"))
    assert written == stack.fare_saga.plan
    template = Template.from_string((assembly / "WildRydesSaga.template.json").read_text(encoding="utf-8"))
    planned = {name for step in written.steps for name in (step.action, step.compensation) if name}
    assert planned | {*written.ending} == set(Graph.of(template, "completed").states)


@pytest.mark.parametrize("name", ["my rides", "1st", "x" * 69, "", 7])
def test_a_name_that_cannot_be_a_stacks_is_refused_with_the_fix(name: object) -> None:
    with pytest.raises(SettingsError, match=r"is not a stack name: use -c stack_name="):
        checked_stack_name(name)


def test_a_wrong_context_value_is_reported_in_one_line_without_a_trace(tmp_path: Path) -> None:
    done = synth(tmp_path, stage="staging")
    assert done.returncode != 0
    assert "there is no stage 'staging': use -c stage=workshop or production" in done.stderr
    assert "Traceback" not in done.stderr

"""CI runs `.ci/run`, reads only, and hides no failure."""

import re
import subprocess
from typing import Any

import pytest
import yaml

from tests.conftest import ROOT

WORKFLOW = ROOT / ".github" / "workflows" / "ci.yml"


@pytest.fixture(scope="module")
def workflow() -> dict[Any, Any]:
    loaded: dict[Any, Any] = yaml.safe_load(WORKFLOW.read_text())
    return loaded


def test_ci_runs_every_check_before_a_merge(workflow: dict[Any, Any]) -> None:
    triggers = workflow[True]  # YAML reads the key `on` as true
    assert {"push", "pull_request"} <= set(triggers)
    assert "${{ github.ref }}" in workflow["concurrency"]["group"]
    assert workflow["concurrency"]["cancel-in-progress"] is True
    job = workflow["jobs"]["ci"]
    assert job["if"] == "github.event_name != 'schedule'"
    assert [step["run"] for step in job["steps"] if "run" in step] == ["bash .ci/run"]
    assert "make lint\nmake wheel\nmake test-long\nmake test\n" in (ROOT / ".ci" / "run").read_text()


def test_the_weekly_audit_does_not_hide_its_failure(workflow: dict[Any, Any]) -> None:
    (schedule,) = workflow[True]["schedule"]
    assert re.fullmatch(r"\d+ \d+ \* \* [0-6]", schedule["cron"])
    job = workflow["jobs"]["audit"]
    assert job["if"] == "github.event_name == 'schedule'"
    assert [step["run"] for step in job["steps"] if "run" in step] == ["make audit"]
    assert "continue-on-error" not in WORKFLOW.read_text()


def test_the_workflow_may_only_read_and_keeps_no_credentials(workflow: dict[Any, Any]) -> None:
    assert workflow["permissions"] == {}
    for job in workflow["jobs"].values():
        assert job["permissions"] == {"contents": "read"}
        (checkout,) = [step for step in job["steps"] if step.get("uses", "").startswith("actions/checkout@")]
        assert checkout["with"]["persist-credentials"] is False


def test_every_job_has_the_python_of_the_pins(workflow: dict[Any, Any]) -> None:
    for job in workflow["jobs"].values():
        (python,) = [step for step in job["steps"] if step.get("uses", "").startswith("actions/setup-python@")]
        assert python["with"] == {"python-version": "3.11"}
        assert job["timeout-minutes"] == 90


def test_every_action_is_pinned_by_its_commit() -> None:
    for file in WORKFLOW.parent.iterdir():
        uses = re.findall(r"\buses:(.*)", file.read_text())
        assert uses
        for action in uses:
            assert re.fullmatch(r" [\w-]+/[\w/-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", action), action


def test_zizmor_finds_nothing_in_the_workflows() -> None:
    options = ["--offline", "--no-progress", "--strict-collection", "--no-ignores", "--persona=pedantic"]
    done = subprocess.run(["zizmor", *options, WORKFLOW.parent], capture_output=True, text=True, check=False, cwd=ROOT)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "No findings to report" in done.stdout

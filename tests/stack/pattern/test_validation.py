"""CDK's validation fails the synthesis when sagalint has a finding about a machine."""

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import ROOT
from tests.support.faults.mutants import without_catch
from tests.support.sagalint.own_machines import own_machine

OVERRIDDEN = """\
import sys
from pathlib import Path

sys.path.insert(0, {root!r})
import app
from wild_rydes_saga.stack import WildRydesSagaStack


class Overridden(WildRydesSagaStack):
    def __init__(self, *arguments, **settings):
        super().__init__(*arguments, **settings)
        machine = self.fare_saga.state_machine.node.default_child
        machine.add_property_override("DefinitionString", Path({definition!r}).read_text())


app.WildRydesSagaStack = Overridden
app.main()
"""


def cdk_synth(folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    """The real CDK CLI, on this checkout's app unless the options name another."""
    return subprocess.run(
        ["cdk", "synth", "--quiet", "--output", str(folder / "out"), *options],
        cwd=ROOT,
        env={**os.environ, "CDK_DISABLE_VERSION_CHECK": "1", "NO_COLOR": "1", "CI": "true"},
        capture_output=True,
        encoding="utf-8",
        check=False,
    )


def overridden(folder: Path, definition: str) -> subprocess.CompletedProcess[str]:
    """Synthesises the app with another definition of the saga's machine, as by a CDK escape hatch."""
    path = folder / "machine.asl.json"
    path.write_text(definition, encoding="utf-8")
    app = folder / "app.py"
    app.write_text(OVERRIDDEN.format(root=str(ROOT), definition=str(path)), encoding="utf-8")
    return cdk_synth(folder, "--app", f"python3 {app}")


def violations(folder: Path) -> list[dict[str, Any]]:
    reports = json.loads((folder / "out" / "validation-report.json").read_text(encoding="utf-8"))["pluginReports"]
    return [violation for report in reports for violation in report["violations"]]


@pytest.mark.parametrize("stage", ["assembly", "production_assembly"])
def test_our_own_machines_and_resources_pass_in_every_stage(stage: str, request: pytest.FixtureRequest) -> None:
    report = json.loads((request.getfixturevalue(stage) / "validation-report.json").read_text(encoding="utf-8"))
    assert report["pluginReports"] == []


@pytest.mark.long
def test_a_machine_without_a_catch_fails_the_synthesis_with_its_story(tmp_path: Path, assembly: Path) -> None:
    definition, _ = own_machine("the saga", assembly)
    without_catch(definition["States"])
    done = overridden(tmp_path, json.dumps(definition))
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert "2. ChargeFare gets no answer in time" in done.stderr
    assert "Suggested fix: give ChargeFare a Catch for States.ALL" in done.stderr
    assert "doubt-not-compensated" in {violation["ruleName"] for violation in violations(tmp_path)}


@pytest.mark.long
def test_an_invalid_definition_is_reported_without_a_trace(tmp_path: Path) -> None:
    done = overridden(tmp_path, "{")
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert [violation["ruleName"] for violation in violations(tmp_path)] == ["not-checked"]

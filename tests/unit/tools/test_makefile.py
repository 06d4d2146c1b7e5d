"""`make help`, and a target without the variable that it needs."""

import argparse
import contextlib
import io
import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.support.local_cloud.shell import from_a_shell
from wild_rydes_saga.cli.__main__ import add_operators

MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")


def make(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Runs make as if everything were installed."""
    installed = ["-o", ".venv/.done", "-o", "node_modules/.done"]
    return subprocess.run(
        ["make", *installed, *arguments],
        cwd=ROOT,
        capture_output=True,
        encoding="utf-8",
        check=False,
        env=from_a_shell(),
    )


def needing_commands() -> list[str]:
    """The operator's commands that cannot run without an argument."""
    parser = argparse.ArgumentParser()
    commands = parser.add_subparsers()
    add_operators(commands)
    needing = []
    for name in commands.choices:
        try:
            with contextlib.redirect_stderr(io.StringIO()):
                parser.parse_args([name])
        except SystemExit:
            needing.append(name)
    return needing


def test_help_lists_every_target_under_a_heading_in_80_columns() -> None:
    lines = make("help").stdout.splitlines()
    described = re.findall(r"^([a-z-]+):.*## ", MAKEFILE, re.MULTILINE)
    headings = re.findall(r"^##@ (.*)", MAKEFILE, re.MULTILINE)
    assert [line.split()[0] for line in lines if re.match(r"  \S", line)] == described
    assert [line for line in lines if re.match(r"\S", line)] == headings
    assert 3 <= len(headings) <= 7
    assert [line for line in lines if len(line) > 80] == []


def test_every_target_of_the_makefile_is_described_and_no_file() -> None:
    targets = set(re.findall(r"^([a-z][a-z-]*):(?!=)", MAKEFILE, re.MULTILINE))
    database = make("-p", "-n", "help").stdout
    phony = re.search(r"^\.PHONY:(.*)", database, re.MULTILINE)
    assert phony is not None
    assert set(phony[1].split()) == targets == set(re.findall(r"^([a-z-]+):.*## ", MAKEFILE, re.MULTILINE))


def test_some_commands_need_an_argument() -> None:
    assert {*needing_commands()} == {"ride", "recover", "lift"}


@pytest.mark.parametrize("target", needing_commands())
def test_a_missing_variable_is_named_with_an_example(target: str) -> None:
    done = make(target)
    assert done.returncode == 2
    assert done.stdout == ""
    first, *examples = done.stderr.splitlines()
    assert re.fullmatch(rf"error: make {target} needs RIDE=\.\.\.( or ALL=\.\.\.)? For example:", first)
    assert examples[0].startswith(f"  make {target} RIDE=")
    assert "usage:" not in done.stderr


def test_the_checks_keep_no_cache_where_nothing_can_be_written() -> None:
    """As a user to whom the checkout does not belong; root may write everywhere."""
    other = 65534 if os.geteuid() == 0 else None
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        shutil.copyfile(ROOT / "Makefile", folder / "Makefile")
        shown = {}
        for mode in (0o555, 0o777):
            folder.chmod(mode)
            command = ["make", "-pn", "help"]
            shown[mode] = subprocess.run(
                command, cwd=folder, capture_output=True, encoding="utf-8", check=False, env=from_a_shell(), user=other
            ).stdout
    caches = ("RUFF_NO_CACHE := true", "MYPY_CACHE_DIR := /dev/null", "NO_CACHE := --no-cache")
    assert {mode: [line in text for line in caches] for mode, text in shown.items()} == {
        0o555: [True] * 3,
        0o777: [False] * 3,
    }

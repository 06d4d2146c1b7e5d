"""The page for somebody who has never seen this project: each of its commands does what it says, from nothing."""

import os
import re
import stat
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.conftest import ROOT
from tools.page import blocks_of, wrong_on

PAGE = ROOT / "docs" / "sagalint.md"
RUNS = f'PYTHONPATH="{ROOT}" exec "{sys.executable}" -m sagalint "$@"'
INSTALLS = (
    f'[ "$1" = install ] && [ -f "$2/pyproject.toml" ] && PYTHONPATH="{ROOT}" "{sys.executable}" -c "import sagalint"'
)
SHIMS = {
    "sagalint": RUNS,
    "pip": INSTALLS,
    "pipx": INSTALLS,
    "uvx": f"""\
if [ "$1" = --quiet ]; then shift; fi
[ "$1" = --from ] && [ -f "$2/pyproject.toml" ] && [ "$3" = sagalint ] || exit 64
shift 3
{RUNS}""",
}
"""What stands for the installed command, and for what installs it, which needs a network."""


@pytest.fixture
def tools(tmp_path: Path) -> Path:
    folder = tmp_path / "tools"
    folder.mkdir()
    for name, text in SHIMS.items():
        (folder / name).write_text(f"#!/usr/bin/env bash\n{text}\n")
        (folder / name).chmod(0o755)
    return folder


def test_every_command_of_the_page_does_what_it_says(tmp_path: Path, tools: Path) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    assert not [*wrong_on(PAGE, empty, ROOT, tools)]


def test_what_the_page_installs_has_the_command() -> None:
    project = tomllib.loads((ROOT / "sagalint" / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["scripts"] == {"sagalint": "sagalint.command:main"}


def yaml_blocks() -> list[Any]:
    return [yaml.safe_load(block.text) for block in blocks_of(PAGE) if block.language == "yaml"]


def test_the_workflow_of_the_page_uses_an_action_that_is_there() -> None:
    (checks, _), _ = yaml_blocks()
    folder = checks["uses"].partition("@")[0].removeprefix("OWNER/REPOSITORY/")
    action = yaml.safe_load((ROOT / folder / "action.yml").read_text(encoding="utf-8"))
    assert {*checks["with"]} <= {*action["inputs"]}


def test_the_hook_of_the_page_is_there_and_runs() -> None:
    _, config = yaml_blocks()
    hooks = {hook["id"]: hook for hook in yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))}
    (hook,) = (hooks[one["id"]] for one in config["repos"][0]["hooks"])
    assert (ROOT / hook["entry"]).stat().st_mode & stat.S_IXUSR
    files = re.compile(hook["files"])
    for name in ("a/order.asl.json", "order.asl.yaml", "template.yaml", "main.tf", "serverless.yml", "a.plan.json"):
        assert files.search(name), name
    assert not files.search("package.json")


@pytest.mark.parametrize(("machine", "code"), [("well-made", 0), ("own-step-forgotten", 1)])
def test_the_hook_fails_with_the_check(machine: str, code: int, tools: Path) -> None:

    folder = ROOT / "tests" / "sagalint" / "examples" / machine
    environment = {**os.environ, "PATH": f"{tools}{os.pathsep}/usr/bin{os.pathsep}/bin"}
    done = subprocess.run(
        [ROOT / "sagalint" / "hook", "."],
        cwd=folder,
        env=environment,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == code, done.stdout + done.stderr

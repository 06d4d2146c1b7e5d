"""`make setup` sees when what is installed does not fit the checkout, and shows a tool's own error."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.support.local_cloud.shell import from_a_shell

NEEDED = (
    *("Makefile", "tools/one_at_a_time.py", "requirements-uv.txt", "requirements.txt", "requirements-dev.txt"),
    *("package.json", ".npmrc"),
)


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A checkout in which Python counts as set up. Its path has a space, as a user's may."""
    folder = tmp_path / "a checkout"
    (folder / ".venv" / "bin").mkdir(parents=True)
    (folder / "tools").mkdir()
    for name in (*NEEDED, "package-lock.json"):
        shutil.copyfile(ROOT / name, folder / name)
    (folder / ".venv" / "bin" / "python").symlink_to(sys.executable)
    environment(folder, made_in=folder)
    (folder / ".venv" / ".done").touch()
    return folder


def environment(folder: Path, *, made_in: Path, more: str = "") -> None:
    """Describes the virtual environment, as Python's `venv` does."""
    config = f"home = /usr/bin\ncommand = /usr/bin/python3 -m venv {made_in.resolve()}/.venv\n{more}"
    (folder / ".venv" / "pyvenv.cfg").write_text(config, encoding="utf-8")


def make(folder: Path, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["make", *arguments],
        cwd=folder,
        env={**from_a_shell(), **variables},
        capture_output=True,
        encoding="utf-8",
        check=False,
    )


def sets_python_up(folder: Path) -> bool:
    planned = make(folder, "-n", ".venv/.done").stdout
    assert ("-m venv --clear .venv" in planned) is ("Setting up Python" in planned)
    return "Setting up Python" in planned


def test_what_is_set_up_stays(checkout: Path) -> None:
    assert not sets_python_up(checkout)


def test_a_moved_checkout_whose_tools_know_their_old_place_is_set_up_again(checkout: Path) -> None:
    moved = checkout.rename(checkout.with_name("moved"))
    assert sets_python_up(moved)


def test_a_moved_checkout_whose_tools_can_be_moved_stays_as_it_is(checkout: Path) -> None:
    environment(checkout, made_in=checkout, more="relocatable = true\n")
    moved = checkout.rename(checkout.with_name("moved"))
    assert not sets_python_up(moved)


def test_a_python_that_is_gone_is_replaced(checkout: Path) -> None:
    python = checkout / ".venv" / "bin" / "python"
    python.unlink()
    python.symlink_to(checkout / "uninstalled")
    assert sets_python_up(checkout)


def test_an_environment_that_is_a_link_is_left_to_its_owner(checkout: Path) -> None:
    moved = checkout.rename(checkout.with_name("moved"))
    (moved / ".venv").rename(moved / "elsewhere")
    (moved / ".venv").symlink_to("elsewhere")
    assert not sets_python_up(moved)


def test_a_registry_that_cannot_be_reached_is_reported_by_npm_itself(checkout: Path, tmp_path: Path) -> None:
    done = make(
        checkout,
        "node_modules/.done",
        npm_config_registry="http://127.0.0.1:9",
        npm_config_cache=str(tmp_path / "cache"),
        npm_config_fetch_retries="0",
    )
    assert done.returncode == 2
    assert "ECONNREFUSED" in done.stderr
    assert "error: npm could not install the CDK CLI; its own message is above." in done.stderr
    assert not (checkout / "node_modules" / ".done").exists()


def test_clean_works_where_the_installation_is_half_done(checkout: Path) -> None:
    (checkout / ".venv" / ".done").unlink()
    (checkout / ".venv" / "bin" / "python").unlink()
    (checkout / ".venv" / "bin" / "python").symlink_to("/bin/false")
    done = make(checkout, "clean")
    assert (done.returncode, done.stderr) == (0, "")
    assert not (checkout / ".venv").exists()


def test_a_second_setup_waits_and_then_finds_everything_installed(checkout: Path, tmp_path: Path) -> None:
    """An npm that takes a moment, and notes each time that it runs, in place of the real one."""
    programs = tmp_path / "programs"
    programs.mkdir()
    ran = tmp_path / "ran"
    npm = f'#!/bin/sh\necho npm >> "{ran}"\nsleep 1\nmkdir -p node_modules\n'
    (programs / "npm").write_text(npm, encoding="utf-8")
    (programs / "npm").chmod(0o755)
    command = ["make", "setup"]
    environment = {**from_a_shell(), "PATH": f"{programs}:{os.environ['PATH']}"}
    both = [
        subprocess.Popen(command, cwd=checkout, env=environment, stdout=subprocess.PIPE, encoding="utf-8")
        for _ in range(2)
    ]
    said = "".join(one.communicate(timeout=60)[0] for one in both)
    assert [one.returncode for one in both] == [0, 0]
    assert ran.read_text(encoding="utf-8") == "npm\n"
    assert said.count("Setting up Node") == said.count("Waiting for another make of this checkout") == 1

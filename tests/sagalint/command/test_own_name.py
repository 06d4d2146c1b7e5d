"""What a report says to type next can be typed: as the command was called, from a checkout too."""

import re
import subprocess
import sys

import pytest

from sagalint.command import main
from sagalint.own_name import CALLED_AS
from tests.conftest import ROOT
from tests.sagalint.command.running import FORGOTTEN
from tests.support.local_cloud.shell import from_a_shell

MACHINE = str(FORGOTTEN / "machine.asl.json")
RECIPE = next(line for line in (ROOT / "Makefile").read_text(encoding="utf-8").splitlines() if CALLED_AS in line)


def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], called: str, line: str = "") -> str:
    """All that is written when the command is called by a name, or for a person by a line."""
    monkeypatch.setattr(sys, "argv", [called, MACHINE])
    monkeypatch.setenv(CALLED_AS, line)
    main([MACHINE])
    shown = capsys.readouterr()
    return " ".join((shown.out + shown.err).split())


@pytest.mark.parametrize(
    ("called", "command"),
    [("/usr/bin/sagalint", "sagalint"), ("/lib/sagalint/__main__.py", "python -m sagalint")],
)
def test_hints_name_the_command_as_it_was_called(
    called: str, command: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    shown = run(monkeypatch, capsys, called)
    assert f"What a rule means: {command} --explain doubt-not-compensated" in shown
    assert "add --show note" in shown
    assert "Write it with --write-plan FILE, correct it, and give it with --plan FILE" in shown


def test_hints_can_be_typed_where_make_calls_the_command(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    found = re.search(rf"{CALLED_AS}='(.*?)'", RECIPE)
    assert found
    shown = run(monkeypatch, capsys, "sagalint/__main__.py", found[1])
    assert 'add ARGS="--show note"' in shown
    assert 'Write it with ARGS="--write-plan FILE"' in shown
    hint = re.search(r'What a rule means: (make sagalint ARGS="--explain doubt-not-compensated")', shown)
    assert hint


def test_make_runs_what_a_hint_says() -> None:
    """The target alone: what it rests on is set up already. The make that runs the tests says nothing to it."""
    command = ["make", "--old-file", "setup", "sagalint", "ARGS=--explain no-timeout"]
    done = subprocess.run(command, cwd=ROOT, env=from_a_shell(), capture_output=True, encoding="utf-8", check=False)
    assert (done.returncode, done.stdout.startswith("no-timeout (note)")) == (0, True), done.stderr

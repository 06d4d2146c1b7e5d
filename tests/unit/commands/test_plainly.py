"""No command shows its user a stack trace: not for what the system refuses, nor on a terminal without unicode."""

import errno
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT
from wild_rydes_saga.cli.plainly import in_words

FAILING = """\
import sys; from pathlib import Path
from wild_rydes_saga.cli import plainly
plainly.FOLDER = Path(sys.argv[1]); plainly._DETAILS = Path(sys.argv[1]) / "error.log"
def command():
    raise {error}
sys.exit(plainly.run_plainly(command, KeyError))
"""
SHOWING = "import sys; from wild_rydes_saga.cli.plainly import run_plainly\nsys.exit(run_plainly(lambda: {show} or 0))"


def run(code: str, *arguments: str, **variables: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-c", code, *arguments],
        cwd=ROOT,
        env={**os.environ, **variables},
        capture_output=True,
        check=False,
    )


@pytest.mark.parametrize(
    ("error", "line"),
    [
        ("KeyError('made for the user')", "error: 'made for the user'"),
        ("OSError(28, 'No space left', 'a.txt')", "error: the disk is full: cannot write a.txt. Free some space, "),
        ("OSError(30, 'Read-only file system', 'a.txt')", "error: cannot write a.txt: Read-only file system. Use a "),
        ("TimeoutError('the ride did not end')", "error: the ride did not end"),
        ("FileNotFoundError(2, 'No such file', 'a.txt')", "error: No such file: a.txt"),
        ("ZeroDivisionError('by\\x1b[31m zero')", "error: unexpected: ZeroDivisionError: by?[31m zero"),
    ],
)
def test_a_command_that_fails_says_why_in_plain_words(error: str, line: str, tmp_path: Path) -> None:
    done = run(FAILING.format(error=error), str(tmp_path))
    assert done.returncode == 1
    assert done.stderr.decode().startswith(line)
    assert b"Traceback" not in done.stdout + done.stderr


def test_the_details_of_an_unexpected_error_are_kept_for_its_owner(tmp_path: Path) -> None:
    done = run(FAILING.format(error="ZeroDivisionError"), str(tmp_path))
    details = tmp_path / "error.log"
    assert f"The details are in {details}" in done.stderr.decode()
    assert "Traceback" in details.read_text(encoding="utf-8")
    assert details.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("number", [errno.EACCES, errno.EROFS])
def test_what_cannot_be_written_is_named_with_the_fix(number: int) -> None:
    words = in_words(OSError(number, os.strerror(number), "/a/b"))
    assert words == f"cannot write /a/b: {os.strerror(number)}. Use a checkout that belongs to you"


@pytest.mark.parametrize("encoding", ["latin-1", "ascii", "utf-8"])
def test_what_a_terminal_cannot_show_is_replaced(encoding: str) -> None:
    done = run(SHOWING.format(show=r"print('… ✓ → é \u6c34 \udcff')"), PYTHONIOENCODING=encoding)
    assert (done.returncode, done.stderr) == (0, b"")
    shown = {"latin-1": "... ok -> é ? ?", "ascii": "... ok -> ? ? ?", "utf-8": "… ✓ → é 水 ?"}
    assert done.stdout.decode(encoding) == f"{shown[encoding]}\n"


@pytest.mark.parametrize("many", [1, 100_000])
def test_a_pipe_that_nobody_reads_ends_a_command_quietly(many: int) -> None:
    command = [sys.executable, "-c", SHOWING.format(show=f"print('line\\n' * {many})")]
    read_end, write_end = os.pipe()
    os.close(read_end)
    try:
        done = subprocess.run(command, cwd=ROOT, stdout=write_end, stderr=subprocess.PIPE, check=False)
    finally:
        os.close(write_end)
    assert (done.returncode, done.stderr) == (1, b"")


def test_a_command_of_rich_into_a_closed_pipe_ends_quietly() -> None:
    show = "[c.print('line') for c in [__import__('rich.console').console.Console()] for _ in range(9)]"
    read_end, write_end = os.pipe()
    os.close(read_end)
    try:
        command = [sys.executable, "-c", SHOWING.format(show=show)]
        done = subprocess.run(command, cwd=ROOT, stdout=write_end, stderr=subprocess.PIPE, check=False)
    finally:
        os.close(write_end)
    assert (done.returncode, done.stderr) == (1, b"")


def started_by_make() -> set[str]:
    """The Python modules of ours that the Makefile runs."""
    modules = set(re.findall(r"python -m ([\w.]+)", (ROOT / "Makefile").read_text(encoding="utf-8")))
    return {module for module in modules if (ROOT / module.partition(".")[0]).is_dir()}


def test_some_commands_are_started_by_make() -> None:
    assert {"wild_rydes_saga.cli", "tools.audit", "tests.support.faults", "sagalint"} <= started_by_make()


@pytest.mark.parametrize("module", sorted(started_by_make() - {"sagalint"}))
def test_every_command_of_the_makefile_is_run_plainly(module: str) -> None:
    """A product of its own, sagalint has its own way and its own tests."""
    path = ROOT / module.replace(".", "/")
    source = (path / "__main__.py" if path.is_dir() else path.with_suffix(".py")).read_text(encoding="utf-8")
    assert "run_plainly(" in source

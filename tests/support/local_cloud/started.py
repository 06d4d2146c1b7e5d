"""What a command has started, and what it leaves: processes, and files in the temporary folder."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from tests.conftest import ROOT

_PATIENCE_SECONDS = 240


def processes_of(folder: Path) -> list[str]:
    """The processes whose environment names a folder, where the system lists them: what was started for it."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if os.fsencode(folder) in (process / "environ").read_bytes():
                found.append((process / "cmdline").read_text(encoding="utf-8").replace("\0", " "))
    return found


def wait_until(true: Callable[[], bool], what: str) -> None:
    """Waits for something; fails if it does not come true."""
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while not true():
        assert time.monotonic() < deadline, f"not within {_PATIENCE_SECONDS} s: {what}"
        time.sleep(0.05)


def wait_until_nothing_is_left(temporary: Path) -> None:
    """Waits until nothing runs that was started with this temporary folder, and nothing is in it."""
    wait_until(lambda: not processes_of(temporary), f"all processes of {temporary} have ended")
    wait_until(lambda: not list(temporary.iterdir()), f"{temporary} is empty")


@contextlib.contextmanager
def started(*arguments: str, temporary: Path) -> Iterator[subprocess.Popen[str]]:
    """A Python command in a session of its own, with its own temporary folder; killed after the block."""
    process = subprocess.Popen(
        [sys.executable, "-u", *arguments],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        cwd=ROOT,
        env={**os.environ, "TMPDIR": str(temporary)},
        start_new_session=True,
    )
    try:
        yield process
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()


def read_until(process: subprocess.Popen[str], text: str) -> str:
    """Reads what a command prints up to a line with this text, or its end; returns it."""
    assert process.stdout is not None
    printed = ""
    while text not in printed and (line := process.stdout.readline()):
        printed += line
    return printed


def code_of(process: subprocess.Popen[str]) -> tuple[int, str]:
    """Waits for a command's end; returns its exit code and the rest of what it printed."""
    printed = process.communicate(timeout=_PATIENCE_SECONDS)[0]
    return process.returncode, printed

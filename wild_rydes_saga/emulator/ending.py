"""Ends processes that were started here, and no others: a process is recognised before it gets a signal."""

import contextlib
import os
import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final

from wild_rydes_saga.emulator.alive import is_held, pid_in

ENDINGS: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
"""Signals by which a user or a system ends a command."""
_STOP_SECONDS: Final = 5
_START_TIME: Final = 18
"""Where /proc/PID/stat has a process's start, counted after its state (proc_pid_stat(5), field 22)."""
_ENDED: Final = "Z"
"""The state of a process that has ended, and that its parent has not asked about yet."""
_PROC: Final = Path("/proc")
_WORKERS: Final = "ministack-lambda-"
"""How the names of the folders begin in which the emulator's Lambda workers are."""


@dataclass(frozen=True)
class Process:
    """A process of this machine that has not ended: its id, its group's id, and its command line."""

    pid: int
    group: int
    command: str


def processes() -> Iterator[Process]:
    """The processes of this machine, as far as the system lists them to this user."""
    if (_PROC / "self" / "stat").exists():
        yield from _processes_of_linux()
        return
    listed = subprocess.run(
        ["ps", "-A", "-ww", "-o", "pid=,pgid=,stat=,command="],
        capture_output=True,
        encoding="utf-8",
        errors="replace",
        check=False,
    )
    for line in listed.stdout.splitlines():
        pid, group, state, *command = line.split(maxsplit=3)
        if not state.startswith(_ENDED):
            yield Process(int(pid), int(group), "".join(command))


def _processes_of_linux() -> Iterator[Process]:
    for folder in _PROC.glob("[0-9]*"):
        with contextlib.suppress(OSError, ValueError):  # it has ended meanwhile
            state, _parent, group, *_ = _stat(int(folder.name))
            arguments = (folder / "cmdline").read_bytes().split(b"\0")
            if state != _ENDED:
                yield Process(int(folder.name), int(group), " ".join(map(os.fsdecode, arguments)).strip())


def started_at(pid: int) -> str:
    """When a process was started, in the system's own words; an empty string if it is not there."""
    if (_PROC / "self" / "stat").exists():
        with contextlib.suppress(OSError):
            state, *fields = _stat(pid)
            return "" if state == _ENDED else fields[_START_TIME]
        return ""
    command = ["ps", "-p", str(pid), "-o", "lstart="]
    return subprocess.run(command, capture_output=True, encoding="utf-8", check=False).stdout.strip()


def _stat(pid: int) -> list[str]:
    """The fields of a process after its name, which may contain anything."""
    text = (_PROC / str(pid) / "stat").read_text(encoding="utf-8", errors="replace")
    return text.rpartition(")")[2].split()


def end_group(pid: int) -> None:
    """Ends a process that leads its group, with the group: asks first, and kills what is left."""
    for signal_number in (signal.SIGTERM, signal.SIGKILL):
        if not _group_exists(pid):
            return
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(pid, signal_number)
        deadline = time.monotonic() + _STOP_SECONDS
        while time.monotonic() < deadline and _group_exists(pid):
            time.sleep(0.05)


def _group_exists(pid: int) -> bool:
    with contextlib.suppress(ChildProcessError):
        os.waitpid(pid, os.WNOHANG)
    try:
        os.killpg(pid, 0)
    except (ProcessLookupError, PermissionError):  # macOS refuses for a group of which only ended ones are left
        return False
    # Ended ones count above. In a container nobody may ask about them.
    return any(one.group == pid for one in processes())


def end_holder(alive: Path, lifeline: IO[bytes] | None, *, seconds: float) -> None:
    """Ends the process that holds a file locked, with its group; does nothing if none does.

    Args:
        alive: The locked file, which names the process.
        lifeline: The process's standard input, if this process has it. It is closed.
        seconds: How long to try.
    """
    if lifeline is not None:
        with contextlib.suppress(OSError):
            lifeline.close()
    deadline = time.monotonic() + seconds
    while is_held(alive) and time.monotonic() < deadline:
        if pid := pid_in(alive):
            end_group(pid)
        time.sleep(0.05)


def kill(found: Process) -> None:
    """Kills a process that was just listed; does nothing if it has ended."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.kill(found.pid, signal.SIGKILL)


def end_workers(folder: Path) -> None:
    """Kills the Lambda workers of the emulator that keeps everything in this folder, if it has left some behind."""
    start = f"{folder}{os.sep}{_WORKERS}"
    for found in processes():
        if start in found.command and found.pid != os.getpid():
            kill(found)


@contextlib.contextmanager
def undisturbed() -> Iterator[None]:
    """Lets no Ctrl-C, and no signal to end, cut the block short: it takes effect after the block."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    arrived: list[int] = []
    before = {one: signal.signal(one, lambda number, _frame: arrived.append(number)) for one in ENDINGS}
    try:
        yield
    finally:
        for one, handler in before.items():
            signal.signal(one, signal.SIG_DFL if handler is None else handler)
        if arrived:
            signal.raise_signal(arrived[0])

"""One command at a time changes a checkout's local cloud: `make up` and `make down` wait for each other."""

import contextlib
import fcntl
import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Final

from wild_rydes_saga.emulator.ending import processes, started_at

_LOCK: Final = "lock"
_COMMAND: Final = "wild_rydes_saga.cli"
"""In the command line of every command that takes the lock."""


@contextlib.contextmanager
def one_at_a_time(folder: Path, wait: Callable[[], object]) -> Iterator[None]:
    """Holds the checkout's lock for as long as the block lasts. The kernel frees it if this process is killed.

    Args:
        folder: Where the checkout keeps what it generates, which is made.
        wait: Called if another command has the lock, before this waits for it.
    """
    folder.mkdir(exist_ok=True)
    folder.chmod(0o700)
    with (folder / _LOCK).open("a+", encoding="utf-8") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            wait()
            fcntl.flock(lock, fcntl.LOCK_EX)
        _sign(lock)
        yield


def interrupt_holder(folder: Path) -> None:
    """Asks the command that has the lock to stop and to clear up, as Ctrl-C does. Asks no other process."""
    with contextlib.suppress(OSError, ValueError):
        pid, started = (folder / _LOCK).read_text(encoding="utf-8").split(" ", 1)
        if started_at(int(pid)) == started and any(
            one.pid == int(pid) and _COMMAND in one.command for one in processes()
        ):
            os.kill(int(pid), signal.SIGTERM)


def _sign(lock: IO[str]) -> None:
    lock.truncate(0)
    lock.write(f"{os.getpid()} {started_at(os.getpid())}")
    lock.flush()

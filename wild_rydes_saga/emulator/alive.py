"""A file that an emulator holds locked for as long as it lives: whether it runs is a fact, never a guess from a pid.

The process that starts an emulator takes the lock and hands it on, so that there is no moment in which the
emulator runs without it. The kernel frees the lock when the emulator ends, however it ends.
"""

import contextlib
import fcntl
import os
import time
from pathlib import Path
from typing import Final

DESCRIPTOR: Final = "LOCAL_CLOUD_ALIVE"
"""Variable: the number under which the emulator has inherited the locked file."""
_PATIENCE_SECONDS: Final = 1
"""For others who ask, at the same moment, whether the lock is held."""


def hold(path: Path) -> int:
    """Takes the lock and returns the file's descriptor; raises `BlockingIOError` if an emulator has it."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    deadline = time.monotonic() + _PATIENCE_SECONDS
    try:
        while True:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.01)
            else:
                os.ftruncate(descriptor, 0)  # the pid of the one before
                return descriptor
    except BaseException:
        os.close(descriptor)
        raise


def is_held(path: Path) -> bool:
    """Whether an emulator has the lock."""
    try:
        descriptor = os.open(path, os.O_RDWR)
    except FileNotFoundError:
        return False
    try:
        # Shared, so that two who ask at the same time do not take each other for an emulator.
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False


def write_pid(descriptor: int, pid: int) -> None:
    """Notes which process has the lock."""
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, str(pid).encode(), 0)


def pid_in(path: Path) -> int:
    """The process that has the lock; 0 if it is not noted yet."""
    with contextlib.suppress(FileNotFoundError, ValueError):
        return int(path.read_text(encoding="utf-8"))
    return 0

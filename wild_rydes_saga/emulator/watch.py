"""The emulator watches itself: it ends when nothing needs it any more, so that a killed command leaves none behind."""

import os
import select
import shutil
import signal
import threading
from pathlib import Path
from typing import IO, Final

from wild_rydes_saga.emulator.alive import write_pid
from wild_rydes_saga.emulator.ending import kill, processes

STAY: Final = b"stay\n"
"""Said to an emulator's standard input: live on without the process that started you."""
_SECONDS: Final = 1


def let_stay(lifeline: IO[bytes] | None) -> None:
    """Lets a process that keeps watch live on after this one, which has its standard input."""
    if lifeline is not None:
        lifeline.write(STAY)
        lifeline.close()


def keep_watch(descriptor: int, folder: Path) -> None:
    """Ends this emulator, with its workers and its folder, once nothing needs it any more.

    That is when the process that started it ends without saying `STAY`, and when its locked file is deleted, with
    its checkout perhaps.

    Args:
        descriptor: The locked file, which this process has inherited.
        folder: What the emulator keeps, which goes with it.
    """
    os.set_inheritable(descriptor, False)
    write_pid(descriptor, os.getpid())
    threading.Thread(target=_watch, args=(descriptor, folder), daemon=True).start()


def _watch(descriptor: int, folder: Path) -> None:
    lifeline = [0]  # standard input
    while os.fstat(descriptor).st_nlink:
        if select.select(lifeline, [], [], _SECONDS)[0]:
            if not os.read(0, len(STAY)):
                break
            lifeline = []
    _end_myself(folder)


def _end_myself(folder: Path) -> None:
    me = os.getpid()
    if os.getpgid(me) == me:
        for found in processes():
            if found.group == me and found.pid != me:
                kill(found)
    shutil.rmtree(folder, ignore_errors=True)
    os.kill(me, signal.SIGKILL)

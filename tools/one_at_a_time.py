"""Runs a command while a lock is held, so that one runs at a time: `python one_at_a_time.py FILE WAITING COMMAND...`.

FILE is locked and not changed, WAITING is printed if another one holds the lock. The kernel frees the lock when the
command has ended, however it did. Needs nothing but Python, also an old one: it runs before anything is installed.
"""

import fcntl
import os
import signal
import sys


def hold(file: str, waiting: str) -> None:
    """Takes the file's lock for this process and for what it becomes; prints a line if it has to wait for it.

    On a file system without locks it takes none.
    """
    descriptor = os.open(file, os.O_RDONLY)
    os.set_inheritable(descriptor, True)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        print(waiting, flush=True)  # noqa: T201  # for the person who waits
        fcntl.flock(descriptor, fcntl.LOCK_EX)
    except OSError:
        return


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    hold(sys.argv[1], sys.argv[2])
    os.execvp(sys.argv[3], sys.argv[3:])  # noqa: S606  # the Makefile's own command

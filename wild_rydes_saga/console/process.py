"""The console as a process of its own, beside the checkout's local cloud: recorded, and ended like it."""

import http.client
import json
import os
import secrets
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import IO, Final

from wild_rydes_saga.emulator.alive import DESCRIPTOR, hold, is_held, write_pid
from wild_rydes_saga.emulator.ending import end_holder, undisturbed
from wild_rydes_saga.emulator.process import HOST, PREFIX, EmulatorError, free_port
from wild_rydes_saga.emulator.record import write_private
from wild_rydes_saga.emulator.watch import let_stay

KEY: Final = "CONSOLE_KEY"
"""Variable: the key that requests must carry. A process's environment is read by its user alone."""
FOLDER: Final = "CONSOLE_FOLDER"
"""Variable: where the checkout keeps the record of its local cloud."""
AWS_STACK: Final = "CONSOLE_AWS_STACK"
"""Variable: instead of that folder, the name of a stack on AWS."""
STATE: Final = "console.json"
_ALIVE: Final = "console.alive"
MODULE: Final = "wild_rydes_saga.console.server"
_LOG: Final = "console.log"
_START_SECONDS: Final = 60
_STOP_SECONDS: Final = 20


@dataclass(frozen=True)
class RunningConsole:
    """A console: where it is, or will be.

    Attributes:
        port: Where it listens, on 127.0.0.1.
        key: What its page needs; new at each start.
        folder: What it keeps, which goes when it ends.
        alive: The file that it holds locked while it runs.
        lifeline: Its standard input, in the process that started it; it ends when that is closed.
    """

    port: int
    key: str = field(repr=False)
    folder: Path
    alive: Path
    lifeline: IO[bytes] | None = field(default=None, compare=False, repr=False)

    @property
    def address(self) -> str:
        """What to open. A browser sends the part after `#` to nobody; the page reads it."""
        return f"http://{HOST}:{self.port}/#key={self.key}"

    def is_running(self) -> bool:
        """Whether the process is there."""
        return is_held(self.alive)

    def let_stay(self) -> None:
        """Lets it live on after this process."""
        let_stay(self.lifeline)

    def stop(self) -> None:
        """Ends it and deletes its folder; does nothing if it is gone."""
        with undisturbed():
            end_holder(self.alive, self.lifeline, seconds=_STOP_SECONDS)
            shutil.rmtree(self.folder, ignore_errors=True)


def remembered(folder: Path) -> RunningConsole | None:
    """The console that was recorded last, also one that has ended; None without a record."""
    try:
        state = json.loads((folder / STATE).read_text(encoding="utf-8"))
        kept = Path(state["folder"])
        if not kept.name.startswith(PREFIX):  # it is going to be deleted
            return None
        return RunningConsole(int(state["port"]), str(state["key"]), kept, folder / _ALIVE)
    except (FileNotFoundError, ValueError, TypeError, KeyError):  # none, or not written by this version
        return None


def running_console(folder: Path) -> RunningConsole | None:
    """The checkout's console, if it runs."""
    console = remembered(folder)
    return console if console and console.is_running() else None


def start(folder: Path, port: int | None = None) -> RunningConsole:
    """Starts the console of the checkout's local cloud, and waits until it answers.

    It ends with this process unless it is let stay, and with the local cloud in any case.

    Args:
        folder: Where the checkout keeps the record of its local cloud.
        port: Where it listens; a free port if None.

    Raises:
        EmulatorError: It does not come up, or its port is taken.
    """
    end(folder)
    kept = Path(tempfile.gettempdir()).resolve() / f"{PREFIX}{secrets.token_hex(8)}"
    plan = RunningConsole(port or free_port(), secrets.token_urlsafe(24), kept, folder / _ALIVE)
    # Recorded first: `make down` finds it from its first moment on.
    write_private(folder / STATE, json.dumps({"port": plan.port, "key": plan.key, "folder": str(kept)}))
    console = plan
    try:
        kept.mkdir(mode=0o700)
        process = _spawn(plan, folder)
        console = replace(plan, lifeline=process.stdin)
        _wait_until_it_answers(console, process)
    except BaseException:
        console.stop()
        raise
    return console


def end(folder: Path) -> None:
    """Ends the checkout's console, if there is one, and deletes its record."""
    if (console := remembered(folder)) is not None:
        console.stop()
    for name in (_ALIVE, STATE):
        (folder / name).unlink(missing_ok=True)


def _spawn(plan: RunningConsole, folder: Path) -> "subprocess.Popen[bytes]":
    """Starts the process, which inherits the locked file: it never runs without the lock."""
    held = hold(plan.alive)
    settings: Mapping[str, str] = {
        "TMPDIR": str(plan.folder),
        DESCRIPTOR: str(held),
        "PYTHONUTF8": "1",
        KEY: plan.key,
        FOLDER: str(folder.resolve()),
    }
    try:
        with undisturbed(), (plan.folder / _LOG).open("wb") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", MODULE, str(plan.port)],
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=subprocess.STDOUT,
                env={**os.environ, **settings},
                cwd=Path(__file__).resolve().parents[2],
                pass_fds=[held],
                start_new_session=True,
            )
            write_pid(held, process.pid)
            return process
    finally:
        os.close(held)


def _wait_until_it_answers(console: RunningConsole, process: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            printed = (console.folder / _LOG).read_text(encoding="utf-8", errors="replace").strip().splitlines()
            raise EmulatorError(
                f"the console ended at its start: {' '.join(printed[-1:])}. Is port {console.port} taken? "
                "Choose another one: make console CONSOLE_PORT=8080"
            )
        if _answers(console):
            return
        time.sleep(0.1)
    raise EmulatorError(f"the console did not answer on port {console.port} within {_START_SECONDS} s")


def _answers(console: RunningConsole) -> bool:
    connection = http.client.HTTPConnection(HOST, console.port, timeout=2)
    try:
        connection.request("GET", "/static/icon.svg")
        return connection.getresponse().status == http.HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()

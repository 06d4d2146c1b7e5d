"""The emulator as a process of its own: started on 127.0.0.1, watched until it answers, stopped with its workers."""

import contextlib
import os
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import IO, Final

from wild_rydes_saga.emulator.access_key import AccessKey
from wild_rydes_saga.emulator.alive import DESCRIPTOR, hold, is_held, pid_in, write_pid
from wild_rydes_saga.emulator.ending import end_holder, end_workers, undisturbed
from wild_rydes_saga.emulator.watch import let_stay

HOST: Final = "127.0.0.1"
MORE_HOSTS: Final = "LOCAL_CLOUD_HOSTS"
"""Variable: more values of Host that are the local cloud's own, for a test's proxy in front of it."""
MODULE: Final = "wild_rydes_saga.emulator.server"
_LOG: Final = "emulator.log"
_START_SECONDS: Final = 60
PREFIX: Final = "wild-rydes-"
"""How the names of folders begin that an emulator keeps in the temporary folder."""


class EmulatorError(Exception):
    """The emulator cannot be started or is not there. Says why, and the fix."""


@dataclass(frozen=True)
class Emulator:
    """An emulator: where it is, or will be. All it keeps is in `folder`, which goes when it is stopped.

    Attributes:
        port: Where it listens, on 127.0.0.1.
        folder: What it keeps; its temporary directory too.
        key: The one access key that it obeys.
        alive: The file that it holds locked while it runs.
        lifeline: Its standard input, in the process that started it; it ends when that is closed.
    """

    port: int
    folder: Path
    key: AccessKey
    alive: Path
    lifeline: IO[bytes] | None = field(default=None, compare=False, repr=False)

    @property
    def endpoint_url(self) -> str:
        """Where it answers."""
        return f"http://{HOST}:{self.port}"

    @property
    def log(self) -> Path:
        """What it printed."""
        return self.folder / _LOG

    @property
    def pid(self) -> int:
        """Its process, which also leads its Lambda workers; 0 if there is none."""
        return pid_in(self.alive)

    def is_running(self) -> bool:
        """Whether the process is there: a fact that the kernel keeps, and no guess from a pid, which may be reused."""
        return is_held(self.alive)

    def let_stay(self) -> None:
        """Lets it live on after this process."""
        let_stay(self.lifeline)

    def stop(self) -> None:
        """Ends the emulator and its Lambda workers, and deletes its folder; does nothing if all of it is gone."""
        with undisturbed():
            end_holder(self.alive, self.lifeline, seconds=_START_SECONDS)
            end_workers(self.folder)
            shutil.rmtree(self.folder, ignore_errors=True)


def planned(port: int | None = None, *, alive: Path | None = None) -> Emulator:
    """An emulator that is not started yet, with a key and a folder's name of its own. It can be recorded first.

    Args:
        port: The port; a free one if None.
        alive: The file that it is to hold locked; one in its folder if None.

    Raises:
        EmulatorError: The port is taken.
    """
    if port is not None and _is_taken(port):
        raise EmulatorError(f"port {port} is taken: stop what listens there, or choose another (make up PORT=4567)")
    folder = Path(tempfile.gettempdir()).resolve() / f"{PREFIX}{secrets.token_hex(8)}"
    return Emulator(port or free_port(), folder, AccessKey.new(), alive or folder / "alive")


def start(port: int | None = None, *, settings: Mapping[str, str] | None = None, module: str = MODULE) -> Emulator:
    """Starts an emulator that ends with this process, and waits until it answers; see `launch` and `planned`."""
    return launch(planned(port), settings=settings, module=module)


def launch(plan: Emulator, *, settings: Mapping[str, str] | None = None, module: str = MODULE) -> Emulator:
    """Starts a planned emulator and waits until it answers. It ends with this process, unless it is let stay.

    Args:
        plan: The emulator.
        settings: More environment variables for it, such as `SFN_WAIT_SCALE`.
        module: What to run; tests run one that also injects faults.

    Raises:
        EmulatorError: The emulator does not come up.
    """
    pass_no_proxy()
    emulator = plan
    try:
        plan.folder.mkdir(mode=0o700)
        process = _spawn(plan, settings or {}, module)
        emulator = replace(plan, lifeline=process.stdin)
        _wait_until_it_answers(emulator, process)
    except BaseException:
        emulator.stop()
        raise
    return emulator


def _spawn(plan: Emulator, settings: Mapping[str, str], module: str) -> subprocess.Popen[bytes]:
    """Starts the process, which inherits the locked file: it never runs without the lock."""
    held = hold(plan.alive)
    changed = {**settings, "TMPDIR": str(plan.folder), DESCRIPTOR: str(held), "PYTHONUTF8": "1", **plan.key.variables}
    try:
        with undisturbed(), plan.log.open("wb") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", module, str(plan.port)],
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=subprocess.STDOUT,
                env={**_callers_environment(), **changed},
                cwd=Path(__file__).resolve().parents[2],
                pass_fds=[held],
                start_new_session=True,
            )
            write_pid(held, process.pid)
            return process
    finally:
        os.close(held)


def _callers_environment() -> dict[str, str]:
    """The caller's, without what is AWS's own: handlers inherit it. Nor does the caller's shell add a Host."""
    return {name: value for name, value in os.environ.items() if not name.startswith("AWS_") and name != MORE_HOSTS}


@contextlib.contextmanager
def running(*, settings: Mapping[str, str] | None = None, module: str = MODULE) -> Iterator[Emulator]:
    """An emulator on a free port for as long as the block lasts."""
    emulator = start(settings=settings, module=module)
    try:
        yield emulator
    finally:
        emulator.stop()


def _wait_until_it_answers(emulator: Emulator, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            last_words = emulator.log.read_text(encoding="utf-8", errors="replace").strip().splitlines()[-1:]
            raise EmulatorError(f"the emulator ended at its start: {' '.join(last_words)}")
        if _answers(emulator):
            return
        time.sleep(0.1)
    raise EmulatorError(f"the emulator did not answer on port {emulator.port} within {_START_SECONDS} s")


def _answers(emulator: Emulator) -> bool:
    try:
        request = emulator.key.signed(f"{emulator.endpoint_url}/_ministack/health")
        with urllib.request.urlopen(request, timeout=2):  # noqa: S310  # always http
            return True
    except (urllib.error.URLError, OSError):
        return False


def pass_no_proxy() -> None:
    """Sees to it that nothing in this process, or started by it, asks a proxy for the local cloud."""
    for name in ("NO_PROXY", "no_proxy"):
        there = os.environ.get(name, "")
        if HOST not in there:
            os.environ[name] = ",".join(filter(None, [there, HOST, "localhost"]))


def _is_taken(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex((HOST, port)) == 0


def free_port() -> int:
    """A port of this machine on which nothing listens."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])

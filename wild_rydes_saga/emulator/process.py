"""The emulator as a process of its own: started on 127.0.0.1, watched until it answers, stopped with its workers."""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from wild_rydes_saga.emulator.access_key import AccessKey

HOST: Final = "127.0.0.1"
MORE_HOSTS: Final = "LOCAL_CLOUD_HOSTS"
"""Variable: more values of Host that are the local cloud's own, for a test's proxy in front of it."""
MODULE: Final = "wild_rydes_saga.emulator.server"
_LOG: Final = "emulator.log"
_START_SECONDS: Final = 60
_STOP_SECONDS: Final = 5
_START_TIME: Final = 18
"""Where /proc/PID/stat says when a process was started, counted after its state (proc_pid_stat(5), field 22)."""


class EmulatorError(Exception):
    """The emulator cannot be started or is not there. Says why, and the mend."""


@dataclass(frozen=True)
class Emulator:
    """A running emulator. All it keeps is in `folder`, which goes when it is stopped."""

    pid: int
    born: str
    port: int
    folder: Path
    key: AccessKey

    @property
    def endpoint_url(self) -> str:
        """Where it answers."""
        return f"http://{HOST}:{self.port}"

    @property
    def log(self) -> Path:
        """What it printed."""
        return self.folder / _LOG

    def is_running(self) -> bool:
        """Tells whether the process is there, and is the one that was started: a pid may be used again."""
        return self.born != "" and _born(self.pid) == self.born

    def stop(self) -> None:
        """Ends the emulator and its Lambda workers; does nothing if it is gone."""
        with _undisturbed():
            if self.is_running():
                _end_group(self.pid)
            shutil.rmtree(self.folder, ignore_errors=True)


def start(port: int | None = None, *, settings: Mapping[str, str] | None = None, module: str = MODULE) -> Emulator:
    """Starts an emulator and waits until it answers.

    Args:
        port: The port; a free one if None.
        settings: More environment variables for the emulator, such as `SFN_WAIT_SCALE`.
        module: What to run; tests run one that also injects faults.

    Raises:
        EmulatorError: The port is taken, or the emulator does not come up.
    """
    if port is not None and _is_taken(port):
        raise EmulatorError(f"port {port} is taken: stop what listens there, or choose another (make up PORT=4567)")
    chosen = port or free_port()
    folder = Path(tempfile.mkdtemp(prefix="wild-rydes-"))
    pass_no_proxy()
    key = AccessKey.new()
    environment = {**_callers_environment(), **(settings or {}), "TMPDIR": str(folder), **key.variables}
    with (folder / _LOG).open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", module, str(chosen)],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            env=environment,
            cwd=Path(__file__).resolve().parents[2],
            start_new_session=True,
        )
    emulator = Emulator(process.pid, _born(process.pid), chosen, folder, key)
    try:
        _wait_until_it_answers(emulator, process)
    except BaseException:
        _end_group(process.pid)
        shutil.rmtree(folder, ignore_errors=True)
        raise
    return emulator


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
            last_words = emulator.log.read_text(errors="replace").strip().splitlines()[-1:]
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


def _born(pid: int) -> str:
    """When a process was started, in the system's own words; an empty string if it is not there."""
    if Path("/proc/self/stat").exists():
        with contextlib.suppress(OSError):
            state, *fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            return "" if state == "Z" else fields[_START_TIME]
        return ""
    told = subprocess.run(["ps", "-p", str(pid), "-o", "lstart="], capture_output=True, text=True, check=False)
    return told.stdout.strip()


def pass_no_proxy() -> None:
    """Sees to it that nothing in this process, or started by it, asks a proxy for the local cloud."""
    for name in ("NO_PROXY", "no_proxy"):
        there = os.environ.get(name, "")
        if HOST not in there:
            os.environ[name] = ",".join(filter(None, [there, HOST, "localhost"]))


@contextlib.contextmanager
def _undisturbed() -> Iterator[None]:
    """Lets no second Ctrl-C cut the block short."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _end_group(pid: int) -> None:
    """Ends the session that the emulator leads: itself and the workers it started."""
    for signal_number in (signal.SIGTERM, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(pid, signal_number)
        deadline = time.monotonic() + _STOP_SECONDS
        while time.monotonic() < deadline and _group_exists(pid):
            time.sleep(0.05)


def _group_exists(pid: int) -> bool:
    with contextlib.suppress(ChildProcessError):
        os.waitpid(pid, os.WNOHANG)
    try:
        os.killpg(pid, 0)
    except ProcessLookupError:
        return False
    return True


def _is_taken(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex((HOST, port)) == 0


def free_port() -> int:
    """A port of this machine on which nothing listens."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])

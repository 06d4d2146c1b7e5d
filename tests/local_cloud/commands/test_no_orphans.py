"""Whatever ends a command, and whenever: no local cloud is left that `make down` does not know, and no other dies."""

import errno
import io
import json
import os
import shutil
import signal
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from rich.console import Console

from tests.support.local_cloud.listening import on_linux_alone
from tests.support.local_cloud.started import (
    code_of,
    processes_of,
    read_until,
    started,
    wait_until,
    wait_until_nothing_is_left,
)
from wild_rydes_saga.cli.down import clear, down
from wild_rydes_saga.console import process as console_process
from wild_rydes_saga.deployed.account import local_account
from wild_rydes_saga.emulator import process as emulator
from wild_rydes_saga.emulator import record
from wild_rydes_saga.emulator.checkout import interrupt_holder, one_at_a_time

pytestmark = on_linux_alone

UP = """\
import sys; from pathlib import Path
from wild_rydes_saga.cli.plainly import run_plainly; from wild_rydes_saga.cli.screen import new_console
from wild_rydes_saga.cli.up import up; from wild_rydes_saga.emulator.process import EmulatorError
sys.exit(run_plainly(lambda: up(new_console(), int(sys.argv[1]), Path(sys.argv[2])) or 0, EmulatorError))
"""
"""`make up` in a checkout whose folder is given."""
SLEEPING = "import time\ndef handler(event, context):\n    print('awake', flush=True)\n    time.sleep(60)\n"
ROLE = "arn:aws:iam::000000000000:role/any"


@pytest.fixture
def temporary(tmp_path: Path) -> Path:
    folder = tmp_path / "temporary"
    folder.mkdir()
    return folder


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """What a checkout generates. Its name has a space, as a user's may."""
    return tmp_path / "a checkout" / ".local"


@pytest.fixture
def screen(folder: Path) -> Iterator[Console]:
    folder.parent.mkdir()
    console = Console(file=io.StringIO(), width=200)
    yield console
    down(console, folder)


def recorded(folder: Path, _printed: str) -> bool:
    return (folder / "cloud.json").exists()


def locked(folder: Path, _printed: str) -> bool:
    return record.running_cloud(folder) is not None


def synthesising(_folder: Path, printed: str) -> bool:
    return "Synthesising" in printed


def deploying(_folder: Path, printed: str) -> bool:
    return "Deploying" in printed


@pytest.mark.parametrize("moment", [recorded, locked, synthesising, pytest.param(deploying, marks=pytest.mark.long)])
def test_a_killed_up_leaves_nothing_that_down_does_not_end(
    moment: Callable[[Path, str], bool], folder: Path, temporary: Path, screen: Console
) -> None:
    with started("-c", UP, str(emulator.free_port()), str(folder), temporary=temporary) as process:
        if moment in (recorded, locked):
            wait_until(lambda: moment(folder, ""), moment.__name__)
        else:
            printed = read_until(process, moment.__name__.capitalize())
            assert moment(folder, printed), printed
        process.kill()
    wait_until(lambda: record.running_cloud(folder) is None, "the emulator ends by itself")
    down(screen, folder)
    wait_until_nothing_is_left(temporary)
    assert {path.name for path in folder.iterdir()} <= {"lock"}


@pytest.mark.long
def test_of_two_ups_at_once_one_starts_the_cloud(folder: Path, temporary: Path, screen: Console) -> None:
    ports = [str(emulator.free_port()) for _ in range(2)]
    with (
        started("-c", UP, ports[0], str(folder), temporary=temporary) as one,
        started("-c", UP, ports[1], str(folder), temporary=temporary) as other,
    ):
        ended = [code_of(process) for process in (one, other)]
    assert sorted(code for code, _ in ended) == [0, 1], ended
    [(_, refused)] = [one for one in ended if one[0] == 1]
    assert "error: the local cloud runs on port" in refused
    assert "Traceback" not in refused
    assert len([line for line in processes_of(temporary) if "emulator.server" in line]) == 1
    down(screen, folder)
    wait_until_nothing_is_left(temporary)


def test_down_stops_an_up_that_still_runs(folder: Path, temporary: Path, screen: Console) -> None:
    with started("-c", UP, str(emulator.free_port()), str(folder), temporary=temporary) as process:
        printed = read_until(process, "Synthesising")
        down(screen, folder)
        code, rest = code_of(process)
    assert code == 130, printed + rest
    assert "Traceback" not in rest
    wait_until_nothing_is_left(temporary)


def test_a_cloud_ends_with_the_command_that_started_it(temporary: Path) -> None:
    """As for the demo and the tests, which need no `make down`."""
    code = "import time; from wild_rydes_saga.emulator.process import start; a = start(); print('up'); time.sleep(60)"
    with started("-c", code, temporary=temporary) as process:
        assert "up" in read_until(process, "up")
        process.kill()
    wait_until_nothing_is_left(temporary)


def test_a_cloud_that_stays_ends_when_its_checkout_is_deleted(
    folder: Path, temporary: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TMPDIR", str(temporary))
    monkeypatch.setattr("tempfile.tempdir", None)
    folder.mkdir(parents=True)
    cloud = emulator.launch(record.planned_cloud(folder, emulator.free_port()))
    cloud.let_stay()
    assert cloud.is_running()
    shutil.rmtree(folder.parent)
    wait_until_nothing_is_left(temporary)


def test_the_workers_of_a_killed_emulator_end_with_it(temporary: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TMPDIR", str(temporary))
    monkeypatch.setattr("tempfile.tempdir", None)
    cloud = emulator.start()
    try:
        invoke_sleeping_function(cloud)
        wait_until(lambda: any("_worker" in line for line in processes_of(temporary)), "the worker runs")
        os.kill(cloud.pid, signal.SIGKILL)
        wait_until(lambda: not cloud.is_running(), "the emulator is dead")
    finally:
        cloud.stop()
    wait_until_nothing_is_left(temporary)


def invoke_sleeping_function(cloud: emulator.Emulator) -> None:
    code = io.BytesIO()
    with zipfile.ZipFile(code, "w") as archive:
        archive.writestr("sleeping.py", SLEEPING)
    client = local_account(cloud).client("lambda")
    client.create_function(
        FunctionName="sleeping",
        Runtime="python3.13",
        Role=ROLE,
        Handler="sleeping.handler",
        Timeout=90,
        Code={"ZipFile": code.getvalue()},
    )
    client.invoke(FunctionName="sleeping", InvocationType="Event")


def test_down_ends_no_process_that_has_the_pid_of_a_dead_cloud(folder: Path) -> None:
    """A pid is used again. The record of a cloud that has died may name anybody's process."""
    folder.mkdir(parents=True)
    with started("-c", "import time; time.sleep(60)", temporary=folder) as innocent:
        record.planned_cloud(folder, emulator.free_port())
        (folder / "cloud.alive").write_text(str(innocent.pid), encoding="utf-8")
        (folder / "lock").write_text(f"{innocent.pid} 1", encoding="utf-8")
        interrupt_holder(folder)
        clear(folder)
        assert innocent.poll() is None


def test_a_second_command_waits_for_the_first(folder: Path) -> None:
    folder.mkdir(parents=True)
    waited: list[bool] = []
    code = (
        "import sys; from pathlib import Path; from wild_rydes_saga.emulator.checkout import one_at_a_time\n"
        "with one_at_a_time(Path(sys.argv[1]), lambda: print('waiting')): print('mine')"
    )
    with one_at_a_time(folder, lambda: waited.append(True)):
        second = subprocess.Popen(
            [sys.executable, "-u", "-c", code, str(folder)], stdout=subprocess.PIPE, encoding="utf-8"
        )
        assert read_until(second, "\n") == "waiting\n"
    assert code_of(second) == (0, "mine\n")
    assert waited == []


@pytest.mark.parametrize(
    ("file", "key"),
    [(record.STATE, {"key_id": "a", "secret": "b"}), (console_process.STATE, "a")],
    ids=["cloud", "console"],
)
def test_a_record_that_names_any_folder_is_not_believed(file: str, key: object, folder: Path, tmp_path: Path) -> None:
    """What it names is deleted."""
    folder.mkdir(parents=True)
    precious = tmp_path / "precious"
    precious.mkdir()
    state = {"port": emulator.free_port(), "folder": str(precious), "key": key}
    (folder / file).write_text(json.dumps(state), encoding="utf-8")
    clear(folder)
    assert precious.exists()


def test_a_full_disk_keeps_nobody_from_stopping_the_cloud(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    folder.mkdir(parents=True)
    cloud = emulator.launch(record.planned_cloud(folder, emulator.free_port()))
    monkeypatch.setattr("os.pwrite", full)
    console = Console(file=io.StringIO())
    down(console, folder)
    assert not cloud.is_running()
    assert not cloud.folder.exists()

"""The console's process: there after `make up`, gone after `make down`, and never left over."""

import os
import signal
import stat
from pathlib import Path

import pytest

from tests.local_cloud.commands.test_local_cloud import listeners
from tests.support.local_cloud.listening import on_linux_alone
from tests.support.local_cloud.started import processes_of, read_until, started, wait_until, wait_until_nothing_is_left
from wild_rydes_saga.cli.down import clear
from wild_rydes_saga.console import process
from wild_rydes_saga.emulator import process as emulator
from wild_rydes_saga.emulator import record
from wild_rydes_saga.emulator.alive import pid_in
from wild_rydes_saga.emulator.process import Emulator, EmulatorError

pytestmark = on_linux_alone

START = """\
import sys, time; from pathlib import Path
from wild_rydes_saga.console import process; from wild_rydes_saga.emulator import process as emulator, record
folder = Path(sys.argv[1]); cloud = emulator.launch(record.planned_cloud(folder, emulator.free_port()))
console = process.start(folder); print("both run"); time.sleep(60)
"""


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setenv("TMPDIR", str(folder))
    monkeypatch.setattr("tempfile.tempdir", None)
    return folder


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "a checkout" / ".local"
    folder.mkdir(parents=True)
    return folder


def running(folder: Path) -> tuple[Emulator, process.RunningConsole]:
    cloud = emulator.launch(record.planned_cloud(folder, emulator.free_port()))
    return cloud, process.start(folder)


def test_it_listens_on_this_machine_alone_and_its_key_is_not_listed(folder: Path, temporary: Path) -> None:
    cloud, console = running(folder)
    try:
        pid = pid_in(folder / "console.alive")
        assert listeners(pid) == [f"0100007F:{console.port:04X}"]
        assert not any(console.key in line for line in processes_of(temporary))
        assert console.address.endswith(f"#key={console.key}")
        modes = {one.name: stat.S_IMODE(one.stat().st_mode) for one in (folder / "console.json", console.folder)}
        assert [*modes.values()] == [0o600, 0o700], "the temporary folder is everybody's"
    finally:
        clear(folder)
    assert not console.is_running()
    assert not cloud.is_running()
    wait_until_nothing_is_left(temporary)
    assert list(folder.iterdir()) == []


@pytest.mark.long
def test_both_end_with_the_command_that_started_them(folder: Path, temporary: Path) -> None:
    with started("-c", START, str(folder), temporary=temporary) as command:
        assert "both run" in read_until(command, "both run")
        command.kill()
    wait_until_nothing_is_left(temporary)


@pytest.mark.long
def test_a_console_that_stays_ends_with_its_local_cloud(folder: Path, temporary: Path) -> None:
    cloud, console = running(folder)
    cloud.let_stay()
    console.let_stay()
    try:
        os.kill(cloud.pid, signal.SIGKILL)
        wait_until(lambda: not console.is_running(), "the console ends")
    finally:
        clear(folder)
    wait_until_nothing_is_left(temporary)


@pytest.mark.long
def test_a_taken_port_is_reported_with_the_fix(folder: Path, temporary: Path) -> None:
    cloud, console = running(folder)
    try:
        with pytest.raises(EmulatorError, match="CONSOLE_PORT"):
            process.start(folder, cloud.port)
        assert not console.is_running(), "a new console replaces the one before"
    finally:
        clear(folder)
    wait_until_nothing_is_left(temporary)

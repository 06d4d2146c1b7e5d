"""The local cloud as a user has it: on 127.0.0.1 alone, there after `up`, gone after `down`, and no traces left."""

import contextlib
import io
import os
import signal
import socket
import stat
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from tests.support.local_cloud.shell import type_in_a_new_shell
from tests.support.local_cloud.started import code_of, read_until, started, wait_until_nothing_is_left
from tests.support.template.holdings import holdings
from wild_rydes_saga.cli.down import down
from wild_rydes_saga.cli.up import up
from wild_rydes_saga.deployed import cdk
from wild_rydes_saga.deployed.account import Account, local_account
from wild_rydes_saga.deployed.local_deployment import is_up_to_date
from wild_rydes_saga.emulator import process as emulator
from wild_rydes_saga.emulator.process import EmulatorError
from wild_rydes_saga.emulator.record import running_cloud
from wild_rydes_saga.settings import DEFAULT_STACK_NAME


def listeners(pid: int) -> list[str]:
    """The addresses that a process listens on, as the kernel lists them."""
    links = []
    for descriptor in Path(f"/proc/{pid}/fd").iterdir():
        with contextlib.suppress(FileNotFoundError):  # the process goes on opening and closing files meanwhile
            links.append(str(descriptor.readlink()))
    sockets = {link.removeprefix("socket:[").removesuffix("]") for link in links if link.startswith("socket:[")}
    rows = [
        line.split()
        for name in ("tcp", "tcp6")
        for line in Path(f"/proc/net/{name}").read_text(encoding="utf-8").splitlines()[1:]
    ]
    return [row[1] for row in rows if row[3] == "0A" and row[9] in sockets]


def test_a_taken_port_is_reported_with_the_fix() -> None:
    with socket.socket() as taken:
        taken.bind((emulator.HOST, 0))
        taken.listen()
        with pytest.raises(EmulatorError, match=r"port \d+ is taken: .*make up PORT="):
            emulator.start(taken.getsockname()[1])


@pytest.mark.skipif(not Path("/proc/net/tcp").exists(), reason="only Linux tells listeners this way")
def test_it_listens_on_this_machine_alone_and_leaves_nothing_once_stopped() -> None:
    running = emulator.start()
    try:
        assert listeners(running.pid) == [f"0100007F:{running.port:04X}"]
        assert stat.S_IMODE(running.folder.stat().st_mode) == 0o700, "the temporary folder is everybody's"
    finally:
        running.stop()
    assert not running.is_running()
    assert not running.folder.exists()
    running.stop()


@pytest.mark.long
def test_up_runs_the_lines_it_prints_and_destroy_and_down_leave_nothing(tmp_path: Path) -> None:
    folder = tmp_path / ".local"
    printed = io.StringIO()
    console = Console(file=printed, width=500)
    with socket.socket() as probe:
        probe.bind((emulator.HOST, 0))
        port = probe.getsockname()[1]
    up(console, port, folder)
    try:
        cloud = running_cloud(folder)
        assert cloud is not None
        account = local_account(cloud)
        there = everything(account, DEFAULT_STACK_NAME)
        assert {kind: len(names) for kind, names in there.items()} == holdings(folder / "cdk.out")
        assert is_up_to_date(account, folder)
        up(console, port, folder)
        assert printed.getvalue().count("✓ Synthesising") == 1, "a second `make up` deploys nothing"
        typed = [line for line in printed.getvalue().splitlines() if line.startswith(("source ", "aws "))][-6:]
        assert [line.split()[0] for line in typed] == ["source", *["aws"] * 5]
        type_what_up_printed(typed, tmp_path)
        cdk.destroy(account, folder / "cdk.out")
        assert not any(everything(account, DEFAULT_STACK_NAME).values())
        assert not is_up_to_date(account, folder)
    finally:
        down(console, folder)
    assert not any((folder / name).exists() for name in ("aws.env", "outputs.json", "cloud.json"))
    down(console, folder)
    assert "No local cloud is running" in printed.getvalue()


def type_what_up_printed(typed: list[str], folder: Path) -> None:
    """Types the lines that `make up` printed, also as they were before `aws` knew the local cloud by itself."""
    with_endpoint = [line.replace("aws ", 'aws --endpoint-url "$AWS_ENDPOINT_URL" ', 1) for line in typed[1:]]
    for lines in (typed, [typed[0], *with_endpoint]):
        answer = type_in_a_new_shell("\n".join(lines), folder)
        assert answer.returncode == 0, answer.stderr


def everything(account: Account, stack_name: str) -> dict[str, set[str]]:
    """The names of all that an account holds of a stack's, of the kinds that outlive their use."""
    ask: dict[str, Callable[[], Any]] = {
        "machines": lambda: account.client("stepfunctions").list_state_machines()["stateMachines"],
        "tables": lambda: account.client("dynamodb").list_tables()["TableNames"],
        "queues": lambda: account.client("sqs").list_queues().get("QueueUrls", []),
        "topics": lambda: account.client("sns").list_topics()["Topics"],
        "functions": lambda: account.client("lambda").list_functions()["Functions"],
        "log groups": lambda: account.client("logs").describe_log_groups()["logGroups"],
    }
    return {kind: {str(one) for one in names() if stack_name in str(one)} for kind, names in ask.items()}


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["Ctrl-C", "a request to end"])
@pytest.mark.parametrize(
    "moment", ["Starting the local cloud", "Synthesising", pytest.param("Deploying", marks=pytest.mark.long)]
)
def test_interrupting_the_demo_leaves_nothing(moment: str, number: int, tmp_path: Path) -> None:
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    command = ["-m", "wild_rydes_saga.cli", "demo", "--pictures", str(tmp_path / "pictures")]
    with started(*command, temporary=temporary) as demo:
        printed = read_until(demo, moment)
        time.sleep(1)
        # Ctrl-C reaches every process of the terminal's foreground group, a request to end only the one.
        (os.killpg if number == signal.SIGINT else os.kill)(demo.pid, number)
        code, rest = code_of(demo)
        assert (code, "Traceback" in rest) == (130, False), printed + rest
        wait_until_nothing_is_left(temporary)


@pytest.mark.long
def test_a_whole_demo_leaves_nothing_in_the_temporary_folder(tmp_path: Path) -> None:
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    command = ["-m", "wild_rydes_saga.cli", "demo", "--pictures", str(tmp_path / "pictures")]
    with started(*command, temporary=temporary) as demo:
        code, printed = code_of(demo)
    assert (code, "Every ride came out as the lab says." in printed) == (0, True), printed
    assert list(temporary.iterdir()) == []

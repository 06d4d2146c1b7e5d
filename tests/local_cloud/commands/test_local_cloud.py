"""The local cloud as a user has it: on 127.0.0.1 alone, there after `up`, gone after `down`, and no traces left."""

import contextlib
import io
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from tests.conftest import ROOT
from tests.support.documents import code_blocks
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

LAB = ROOT / "docs" / "lab.md"
RUNBOOK = ROOT / "docs" / "runbook.md"
SHOWN = ("SUCCEEDED", "NotifySuccess", "AccountCreditException", "FareProcessingFailed", '"message":"step done"')
"""What the lab says that a learner sees: how its rides end, their paths, and a line of a handler's log."""


def listeners(pid: int) -> list[str]:
    """The addresses that a process listens on, as the kernel tells them."""
    links = [str(link.readlink()) for link in Path(f"/proc/{pid}/fd").iterdir()]
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
    finally:
        running.stop()
    assert not running.is_running()
    assert not running.folder.exists()
    running.stop()


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
        shown = ""
        for lines in [*lab_lines(), "\n".join(typed)]:
            answer = type_in_a_new_shell(lines, tmp_path)
            assert answer.returncode == 0, answer.stderr
            shown += answer.stdout
        assert [what for what in SHOWN if what not in shown] == []
        type_the_runbook(tmp_path)
        cdk.destroy(account, folder / "cdk.out")
        assert not any(everything(account, DEFAULT_STACK_NAME).values())
        assert not is_up_to_date(account, folder)
    finally:
        down(console, folder)
    assert not any((folder / name).exists() for name in ("aws.env", "outputs.json", "cloud.json"))
    down(console, folder)
    assert "No local cloud is running" in printed.getvalue()


def lab_lines() -> Iterator[str]:
    """The lab's blocks of AWS CLI lines for the local cloud."""
    found = [block for block in code_blocks(LAB, "bash") if "source .local/aws.env" in block]
    assert found
    return iter(found)


def type_the_runbook(folder: Path) -> None:
    """Types the runbook's AWS CLI lines, but for those in which a person has to fill in a ride, as for AWS."""
    outputs, *blocks = [block for block in code_blocks(RUNBOOK, "bash") if "aws " in block]
    here = 'source .local/aws.env\naws() { command aws --endpoint-url "$AWS_ENDPOINT_URL" "$@"; }\n'
    typed = [block for block in blocks if not re.search("its-execution-name|the-receipt-handle", block)]
    assert len(typed) >= 5
    for block in typed:
        answer = type_in_a_new_shell(f"{here}{outputs}{block}", folder)
        assert answer.returncode == 0, f"{block}\n{answer.stderr}"


def type_in_a_new_shell(lines: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Types lines as they stand in a shell that knows nothing of AWS."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("AWS")}
    return subprocess.run(
        ["bash", "-euo", "pipefail"],
        input=lines,
        cwd=folder,
        env=clean,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )


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


def test_interrupting_the_demo_stops_what_it_started(tmp_path: Path) -> None:
    """As Ctrl-C does: every process of the terminal's foreground group gets the signal."""
    demo = subprocess.Popen(
        [sys.executable, "-u", "-m", "wild_rydes_saga.cli", "demo", "--pictures", str(tmp_path / "pictures")],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        cwd=ROOT,
        env={**os.environ, "TMPDIR": str(tmp_path)},
        start_new_session=True,
    )
    assert demo.stdout is not None
    printed = ""
    while "Synthesising" not in printed:
        line = demo.stdout.readline()
        assert line, printed
        printed += line
    time.sleep(1)
    os.killpg(demo.pid, signal.SIGINT)
    printed += demo.communicate(timeout=60)[0]
    assert demo.returncode == 130, printed
    assert "Traceback" not in printed
    assert list(tmp_path.glob("wild-rydes-*")) == []
    assert processes_of(tmp_path) == []


def processes_of(folder: Path) -> list[str]:
    """The processes whose environment names a folder, where the system tells: what was started for it."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if os.fsencode(folder) in (process / "environ").read_bytes():
                found.append((process / "cmdline").read_text(encoding="utf-8"))
    return found

"""The local cloud as a user has it: on 127.0.0.1 alone, there after `up`, gone after `down`, and no traces left."""

import io
import os
import re
import shlex
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from tests.conftest import ROOT
from tests.support.documents import code_blocks
from tests.support.local_cloud.started import code_of, read_until, started, wait_until_nothing_is_left
from tests.support.template.holdings import holdings
from wild_rydes_saga.cli.down import down
from wild_rydes_saga.cli.outputs import write_outputs
from wild_rydes_saga.cli.up import up
from wild_rydes_saga.deployed import cdk
from wild_rydes_saga.deployed.account import Account, local_account
from wild_rydes_saga.deployed.local_deployment import is_up_to_date
from wild_rydes_saga.deployed.stacks import aws_stack
from wild_rydes_saga.emulator import process as emulator
from wild_rydes_saga.emulator.process import EmulatorError
from wild_rydes_saga.emulator.record import running_cloud
from wild_rydes_saga.settings import DEFAULT_STACK_NAME

LAB = ROOT / "docs" / "lab.md"
RUNBOOK = ROOT / "docs" / "runbook.md"
SHELLS = ("bash", "zsh")
"""In which the lab's and the runbook's lines work: a shell that is not installed is left out."""
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
        type_what_up_printed(typed, tmp_path)
        for shell in filter(shutil.which, SHELLS):
            type_the_lab(tmp_path, shell)
            type_the_runbook(tmp_path, shell)
        type_the_lab_as_on_aws(console, account, folder)
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


def type_the_lab(folder: Path, shell: str = "bash", *, file: str = "aws.env", path: str = "") -> None:
    """Types the lab's blocks of AWS CLI lines, each in a new shell, and finds what a learner is to see."""
    blocks = [block for block in code_blocks(LAB, "bash") if "source .local/aws.env" in block]
    assert len(blocks) >= 5
    shown = ""
    for block in blocks:
        answer = type_in_a_new_shell(block.replace(".local/aws.env", f".local/{file}"), folder, shell, path)
        assert answer.returncode == 0, f"{shell}: {block}\n{answer.stderr}"
        shown += answer.stdout
    assert [what for what in SHOWN if what not in shown] == []


def type_the_lab_as_on_aws(console: Console, account: Account, folder: Path) -> None:
    """Types the lab after `make outputs`, where an `aws` on PATH that needs no option calls the stack's account."""
    write_outputs(console, aws_stack(DEFAULT_STACK_NAME, account), folder)
    assert "--endpoint-url" not in (folder / "real-aws.env").read_text(encoding="utf-8")
    calls = folder.parent / "an account of AWS"
    calls.mkdir()
    settings = " ".join(f"{name}={shlex.quote(value)}" for name, value in account.variables.items())
    real = f'exec env {settings} "{ROOT / ".venv" / "bin" / "aws"}" --endpoint-url {account.endpoint_url} "$@"'
    (calls / "aws").write_text(f"#!/bin/sh\n{real}\n", encoding="utf-8")
    (calls / "aws").chmod(0o755)
    type_the_lab(folder.parent, file="real-aws.env", path=f"{calls}:")


def type_the_runbook(folder: Path, shell: str) -> None:
    """Types the runbook's AWS CLI lines, but for those in which a person has to fill in a ride, as for AWS."""
    outputs, *blocks = [block for block in code_blocks(RUNBOOK, "bash") if "aws " in block]
    typed = [block for block in blocks if not re.search("its-execution-name|the-receipt-handle", block)]
    assert len(typed) >= 5
    for block in typed:
        answer = type_in_a_new_shell(f"source .local/aws.env\n{outputs}{block}", folder, shell)
        assert answer.returncode == 0, f"{shell}: {block}\n{answer.stderr}"


def type_in_a_new_shell(
    lines: str, folder: Path, shell: str = "bash", path: str = ""
) -> subprocess.CompletedProcess[str]:
    """Types lines as they stand in a shell that knows nothing of AWS."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("AWS")}
    return subprocess.run(
        [shell, "-eu", "-o", "pipefail"],
        input=lines,
        cwd=folder,
        env={**clean, "PATH": path + os.environ["PATH"]},
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


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["Ctrl-C", "a request to end"])
@pytest.mark.parametrize("moment", ["Starting the local cloud", "Synthesising", "Deploying"])
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


def test_a_whole_demo_leaves_nothing_in_the_temporary_folder(tmp_path: Path) -> None:
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    command = ["-m", "wild_rydes_saga.cli", "demo", "--pictures", str(tmp_path / "pictures")]
    with started(*command, temporary=temporary) as demo:
        code, printed = code_of(demo)
    assert (code, "Every ride came out as the lab says." in printed) == (0, True), printed
    assert list(temporary.iterdir()) == []

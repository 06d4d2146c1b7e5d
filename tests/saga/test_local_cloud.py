"""The local cloud as a user has it: on 127.0.0.1 alone, there after `up`, gone after `down`, and no traces left."""

import io
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from tests.conftest import ROOT
from wild_rydes_saga.local import cdk, emulator
from wild_rydes_saga.local.account import local_account
from wild_rydes_saga.local.emulator import Emulator, EmulatorError
from wild_rydes_saga.local.rides import LAB_RIDES, Rides
from wild_rydes_saga.local.up import down, up

README = ROOT / "README.md"


@pytest.fixture
def console() -> Console:
    return Console(file=io.StringIO(), width=500)


def listeners(port: int) -> set[str]:
    """The addresses that a port of this machine listens on, as the kernel tells them."""
    rows = [line.split() for name in ("tcp", "tcp6") for line in Path(f"/proc/net/{name}").read_text().splitlines()[1:]]
    return {row[1].rsplit(":", 1)[0] for row in rows if row[3] == "0A" and int(row[1].rsplit(":", 1)[1], 16) == port}


@pytest.mark.skipif(not Path("/proc/net/tcp").exists(), reason="only Linux tells listeners this way")
def test_it_listens_on_this_machine_alone(cloud: Emulator) -> None:
    assert listeners(cloud.port) == {"0100007F"}


def test_a_taken_port_is_told_with_the_mend() -> None:
    with socket.socket() as taken:
        taken.bind((emulator.HOST, 0))
        taken.listen()
        with pytest.raises(EmulatorError, match=r"port \d+ is taken: .*make up PORT="):
            emulator.start(taken.getsockname()[1])


def test_stopping_it_leaves_no_process_and_no_file() -> None:
    running = emulator.start()
    running.stop()
    assert not running.is_running()
    assert not running.folder.exists()
    running.stop()


def test_up_serves_what_the_readme_types_and_down_ends_it(console: Console, tmp_path: Path) -> None:
    folder = tmp_path / ".local"
    with socket.socket() as probe:
        probe.bind((emulator.HOST, 0))
        port = probe.getsockname()[1]
    up(console, port, folder)
    try:
        outputs = cdk.read_outputs(folder / "outputs.json")
        ride = LAB_RIDES[0]
        rides = Rides(local_account(f"http://{emulator.HOST}:{port}"), outputs)
        saga_id = rides.start(ride.payload)
        assert rides.outcome(saga_id, ride.payload["fareId"]).differences(ride.expected) == []
        for lines in readme_lines():
            answer = type_in_a_new_shell(lines, tmp_path)
            assert answer.returncode == 0, answer.stderr
        printed = console.file.getvalue()  # type: ignore[attr-defined]  # a StringIO
        typed = [line for line in printed.splitlines() if line.startswith(("source ", "aws "))]
        assert len(typed) > 3
        assert type_in_a_new_shell("\n".join(typed), tmp_path).returncode == 0
    finally:
        down(console, folder)
    assert not any((folder / name).exists() for name in ("aws.env", "outputs.json", "cloud.json"))
    down(console, folder)


def readme_lines() -> Iterator[str]:
    """The README's blocks of AWS CLI lines for the local cloud."""
    blocks = re.findall(r"```bash\n(.*?)```", README.read_text(), flags=re.DOTALL)
    found = [block for block in blocks if "source .local/aws.env" in block]
    assert found
    return iter(found)


def type_in_a_new_shell(lines: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Types lines as they stand in a shell that knows nothing of AWS."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("AWS")}
    return subprocess.run(
        ["bash", "-euo", "pipefail"], input=lines, cwd=folder, env=clean, capture_output=True, text=True, check=False
    )


def everything(rides: Rides) -> dict[str, set[str]]:
    """The names of all that the local cloud holds of the kinds that the stack makes."""
    client = rides.account.client
    ask: dict[str, Callable[[], Any]] = {
        "machines": lambda: [m["name"] for m in client("stepfunctions").list_state_machines()["stateMachines"]],
        "tables": lambda: client("dynamodb").list_tables()["TableNames"],
        "queues": lambda: client("sqs").list_queues().get("QueueUrls", []),
        "topics": lambda: [t["TopicArn"] for t in client("sns").list_topics()["Topics"]],
        "functions": lambda: [f["FunctionName"] for f in client("lambda").list_functions()["Functions"]],
        "logs": lambda: [g["logGroupName"] for g in client("logs").describe_log_groups()["logGroups"]],
    }
    return {kind: set(names()) for kind, names in ask.items()}


def test_destroy_leaves_nothing_behind_log_groups_included(rides: Rides, tmp_path: Path) -> None:
    before = everything(rides)
    assembly = tmp_path / "cdk.out"
    cdk.synth(assembly, context={"stack_name": "to-be-destroyed"})
    other = replace(rides, outputs=cdk.deploy(rides.account, assembly, tmp_path / "outputs.json"))
    for ride in LAB_RIDES:
        other.outcome(other.start(ride.payload), ride.payload["fareId"])
    there = everything(rides)
    assert all(there[kind] > names for kind, names in before.items())
    cdk.destroy(rides.account, assembly)
    assert everything(rides) == before


def test_interrupting_the_demo_stops_what_it_started(tmp_path: Path) -> None:
    demo = subprocess.Popen(
        [sys.executable, "-m", "wild_rydes_saga.local", "demo", "--pictures", str(tmp_path / "pictures")],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        cwd=ROOT,
        env={**os.environ, "TMPDIR": str(tmp_path)},
    )
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and not list(tmp_path.glob("wild-rydes-*/emulator.log")):
        time.sleep(0.1)
    demo.send_signal(signal.SIGINT)
    printed, _ = demo.communicate(timeout=60)
    assert demo.returncode == 130
    assert "Traceback" not in printed
    assert list(tmp_path.glob("wild-rydes-*")) == []
    shutil.rmtree(tmp_path / "pictures", ignore_errors=True)

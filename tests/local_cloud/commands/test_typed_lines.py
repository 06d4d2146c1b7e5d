"""The lines of the lab and the runbook work as they stand, in bash and zsh: on the local cloud, and as on AWS."""

import re
import shlex
import shutil
import time
from pathlib import Path

import pytest
from rich.console import Console

from lambda_src.fare_status import COMPLETED
from tests.conftest import ROOT
from tests.support.documents import code_blocks, documents
from tests.support.local_cloud.shell import type_in_a_new_shell
from wild_rydes_saga.cli.outputs import write_outputs
from wild_rydes_saga.cli.shell_file import write_local
from wild_rydes_saga.deployed.rides import Rides
from wild_rydes_saga.deployed.stacks import aws_stack
from wild_rydes_saga.settings import DEFAULT_STACK_NAME

LAB = ROOT / "docs" / "lab.md"
RUNBOOK = ROOT / "docs" / "runbook.md"
INTERFACE = ROOT / "docs" / "interface.md"
SHOWN = ("SUCCEEDED", "NotifySuccess", "AccountCreditException", "FareProcessingFailed", '"message":"step done"')
"""What the lab says that a learner sees: how its rides end, their paths, and a line of a handler's log."""
AWS = r"""
FareSagaAliasArn=saga ExpressRidesQueueUrl=queue TokeniseFunctionName=tokenise
aws() {{
  for word in "$@"; do
    case $word in
      *token.json) ls -l "$word" | cut -c 1-10 >> {seen} && echo '{{"paymentToken": "tok_1"}}' > "$word" ;;
    esac
  done
}}
"""
"""An AWS CLI that notes the mode of the file that it is to write a token into."""

shells = pytest.mark.parametrize(
    "shell",
    [
        "bash",
        pytest.param(
            "zsh",
            marks=[pytest.mark.long, pytest.mark.skipif(not shutil.which("zsh"), reason="there is no zsh here")],
        ),
    ],
)


@pytest.fixture
def folder(rides: Rides, tmp_path: Path) -> Path:
    """A checkout for whose local cloud `make up` has written its file."""
    folder = tmp_path / "a checkout" / ".local"
    folder.mkdir(parents=True)
    write_local(folder, rides.account, rides.outputs)
    return folder


@shells
@pytest.mark.long
def test_the_lab_works_on_the_local_cloud(folder: Path, shell: str) -> None:
    type_the_lab(folder.parent, shell)


@pytest.mark.long
@shells
def test_the_runbook_works_on_the_local_cloud(folder: Path, shell: str) -> None:
    """But for the lines in which a person has to fill in a ride."""
    outputs, *blocks = [block for block in code_blocks(RUNBOOK, "bash") if "aws " in block]
    typed = [block for block in blocks if not re.search("its-execution-name|the-receipt-handle", block)]
    assert len(typed) >= 5
    for block in typed:
        answer = type_in_a_new_shell(f"source .local/aws.env\n{outputs}{block}", folder.parent, shell)
        assert answer.returncode == 0, f"{shell}: {block}\n{answer.stderr}"


@pytest.mark.long
@shells
def test_the_lines_for_express_work_on_the_local_cloud(rides: Rides, folder: Path, shell: str) -> None:
    """A caller waits for the first ride, and sends the second one to the queue."""
    waits, sends = [block.replace("order-", f"{shell}-") for block in code_blocks(INTERFACE, "bash")]
    answer = type_in_a_new_shell(waits, folder.parent, shell)
    assert (answer.returncode, "SUCCEEDED" in answer.stdout) == (0, True), answer.stderr
    sent = type_in_a_new_shell(sends, folder.parent, shell)
    assert (sent.returncode, "MessageId" in sent.stdout) == (0, True), sent.stderr
    saga_id = rides.outputs["ExpressSagaArn"].replace(":stateMachine:", ":express:") + f":{shell}-2"
    deadline = time.monotonic() + 60
    while (rides.row("OutcomesTableName", {"sagaId": saga_id}) or {}).get("fareStatus") != COMPLETED:
        assert time.monotonic() < deadline
        time.sleep(0.2)


def test_only_its_owner_may_read_the_file_that_gets_a_token(tmp_path: Path) -> None:
    """An `aws` that answers with a token writes into a file that is its owner's alone, and the lines delete it."""
    blocks = [one for page in documents() for one in code_blocks(page, "bash") if "TokeniseFunctionName" in one]
    assert len(blocks) >= 2
    (tmp_path / ".local").mkdir()
    seen = tmp_path / "modes"
    for block in blocks:
        typed = block.replace("source .local/aws.env", AWS.format(seen=shlex.quote(str(seen))))
        answer = type_in_a_new_shell(typed, tmp_path)
        assert answer.returncode == 0, answer.stderr
        assert seen.read_text(encoding="utf-8").split() == ["-rw-------"]
        seen.unlink()
        assert [path.name for path in (tmp_path / ".local").iterdir()] == []


@pytest.mark.long
def test_the_lab_works_after_make_outputs(rides: Rides, tmp_path: Path, console: Console) -> None:
    """Here the `aws` on PATH needs no option to call the stack's account, as a user's own calls AWS."""
    account = rides.account
    folder, calls = tmp_path / ".local", tmp_path / "an account"
    write_outputs(console, aws_stack(DEFAULT_STACK_NAME, account), folder)
    calls.mkdir()
    settings = " ".join(f"{name}={shlex.quote(value)}" for name, value in account.variables.items())
    real = f'exec env {settings} "{ROOT / ".venv" / "bin" / "aws"}" --endpoint-url {account.endpoint_url} "$@"'
    (calls / "aws").write_text(f"#!/bin/sh\n{real}\n", encoding="utf-8")
    (calls / "aws").chmod(0o755)
    assert "127.0.0.1" not in re.sub("export [A-Za-z]+QueueUrl=.*", "", (folder / "real-aws.env").read_text("utf-8"))
    type_the_lab(tmp_path, file="real-aws.env", path=f"{calls}:")


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

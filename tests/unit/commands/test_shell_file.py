"""After `source`, `aws` calls the account of the stack in bash and zsh, whatever is on PATH and in the folder names."""

import shutil
import subprocess
from pathlib import Path

import pytest

from wild_rydes_saga.cli.shell_file import write_local, write_on_aws
from wild_rydes_saga.deployed import cdk
from wild_rydes_saga.deployed.account import Account, local_account
from wild_rydes_saga.emulator.access_key import AccessKey
from wild_rydes_saga.emulator.process import Emulator

OUTPUTS = {"FareSagaArn": "arn:saga", "SuccessQueueUrl": "http://127.0.0.1:4566/a queue"}
SHOW = 'printf "[%s]" "$@"'
TYPED = 'aws sqs send-message --message-body "two words, a \' and a \\$"'
GIVEN = "[sqs][send-message][--message-body][two words, a ' and a $]"
LOCAL = f"[--endpoint-url][http://127.0.0.1:4566]{GIVEN}"

shells = pytest.mark.parametrize(
    "shell",
    [
        pytest.param(name, marks=pytest.mark.skipif(not shutil.which(name), reason=f"there is no {name} here"))
        for name in ("bash", "zsh")
    ],
)


@pytest.fixture
def account() -> Account:
    return local_account(Emulator(4566, Path(), AccessKey.new(), Path()))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where a checkout keeps its files, whose name is the worst that a shell can get."""
    folder = tmp_path / "a user's $checkout" / ".local"
    folder.mkdir(parents=True)
    return folder


@pytest.fixture
def installed(tmp_path: Path) -> Path:
    """A folder of PATH with the user's own AWS CLI, which shows what it is given."""
    return program(tmp_path / "their programs", SHOW)


def program(folder: Path, line: str) -> Path:
    folder.mkdir()
    (folder / "aws").write_text(f"#!/bin/sh\n{line}\n", encoding="utf-8")
    (folder / "aws").chmod(0o755)
    return folder


def type_in(shell: str, lines: str, path: str, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [shell, "-eu"],
        input=lines,
        env={"PATH": f"{path}:/usr/bin:/bin", **variables},
        capture_output=True,
        encoding="utf-8",
        check=False,
        timeout=30,
    )


def quoted(path: Path) -> str:
    return '"' + str(path).replace("$", "\\$") + '"'


@shells
def test_aws_calls_the_local_cloud_for_every_service(
    shell: str, folder: Path, account: Account, installed: Path
) -> None:
    source = f"source {quoted(write_local(folder, account, OUTPUTS))}\n"
    done = type_in(shell, f'{source}echo "$SuccessQueueUrl"\n{TYPED}', str(installed))
    assert (done.stdout, done.stderr) == (f"{OUTPUTS['SuccessQueueUrl']}\n{LOCAL}", "")


@shells
def test_sourcing_again_changes_nothing(shell: str, folder: Path, account: Account, installed: Path) -> None:
    source = f"source {quoted(write_local(folder, account, OUTPUTS))}\n"
    assert type_in(shell, f"{source * 3}{TYPED}", str(installed)).stdout == LOCAL


@shells
def test_a_second_checkout_takes_over(
    shell: str, folder: Path, tmp_path: Path, account: Account, installed: Path
) -> None:
    other = Emulator(4999, Path(), AccessKey.new(), Path())
    mine = write_local(folder, account, OUTPUTS)
    theirs = write_local(tmp_path, local_account(other), OUTPUTS)
    lines = "".join(f"source {quoted(file)}\n" for file in (theirs, mine, theirs))
    called = type_in(shell, lines + TYPED, str(installed)).stdout
    assert called.endswith(GIVEN)
    assert set(called.removesuffix(GIVEN).split("[--endpoint-url]")) == {"", "[http://127.0.0.1:4999]"}


@shells
def test_the_installed_aws_is_called_where_there_is_no_other(
    shell: str, folder: Path, account: Account, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    root = tmp_path / "the project"
    (root / ".venv").mkdir(parents=True)
    program(root / ".venv" / "bin", SHOW)
    monkeypatch.setattr(cdk, "ROOT", root)
    source = f"source {quoted(write_local(folder, account, OUTPUTS))}\n"
    assert type_in(shell, source + TYPED, "/nowhere").stdout == LOCAL


def test_a_shell_without_any_aws_says_what_to_do(
    folder: Path, account: Account, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(cdk, "ROOT", tmp_path)
    source = f"source {quoted(write_local(folder, account, OUTPUTS))}\n"
    done = type_in("bash", source + TYPED, "/nowhere")
    assert done.returncode == 127
    assert done.stderr.endswith("run make setup\n")


def test_a_manager_of_versions_that_finds_it_again_makes_no_loop(
    folder: Path, account: Account, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """As pyenv's programs do, which call the first `aws` that is not theirs."""
    root = tmp_path / "the project"
    (root / ".venv").mkdir(parents=True)
    program(root / ".venv" / "bin", SHOW)
    monkeypatch.setattr(cdk, "ROOT", root)
    file = write_local(folder, account, OUTPUTS)
    again = program(tmp_path / "manager", f'exec {quoted(folder / "bin" / "aws")} "$@"')
    assert type_in("bash", f"source {quoted(file)}\n{TYPED}", str(again)).stdout.endswith(LOCAL)


@shells
def test_the_file_for_aws_leads_away_from_the_local_cloud(
    shell: str, folder: Path, account: Account, installed: Path
) -> None:
    local = write_local(folder, account, OUTPUTS)
    on_aws = write_on_aws(folder, {"FareSagaArn": "arn:real"}, {"AWS_REGION": "eu-west-1"})
    lines = f"source {quoted(local)}\nsource {quoted(on_aws)}\n{TYPED}\nenv"
    shown, *environment = type_in(shell, lines, str(installed)).stdout.replace(GIVEN, f"{GIVEN}\n").splitlines()
    assert shown == GIVEN
    assert {"FareSagaArn=arn:real", "AWS_REGION=eu-west-1"} <= {*environment}
    left = ("AWS_ENDPOINT_URL=", "AWS_ACCESS_KEY_ID=", "AWS_SECRET_ACCESS_KEY=")
    assert [line for line in environment if line.startswith(left)] == []


@shells
def test_the_file_for_aws_keeps_the_keys_of_the_user(shell: str, folder: Path) -> None:
    on_aws = write_on_aws(folder, OUTPUTS, {})
    shown = type_in(shell, f"source {quoted(on_aws)}\nenv", "", AWS_ACCESS_KEY_ID="AKIA-mine").stdout
    assert "AWS_ACCESS_KEY_ID=AKIA-mine" in shown.splitlines()


def test_no_file_for_a_shell_is_anyone_elses_to_read(folder: Path, account: Account) -> None:
    files = [write_local(folder, account, OUTPUTS), write_on_aws(folder, OUTPUTS, {}), folder / "bin" / "aws"]
    assert [oct(file.stat().st_mode & 0o777) for file in files] == ["0o600", "0o600", "0o700"]
    assert list(folder.glob("*.new")) == []

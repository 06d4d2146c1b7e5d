"""The output of every command: facts on one line, times and amounts for people, commands to copy."""

import io
import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from rich.console import Console

from tests.conftest import ROOT
from wild_rydes_saga.cli.screen import duration, new_console, print_facts, ride_command, with_age
from wild_rydes_saga.deployed.account import Account, local_account
from wild_rydes_saga.deployed.money import money
from wild_rydes_saga.deployed.stacks import Stack
from wild_rydes_saga.emulator.access_key import AccessKey
from wild_rydes_saga.emulator.process import Emulator

ARN = "arn:aws:states:us-east-1:000000000000:execution:wild-rydes-async-msg-4-completed:3c1f0a52-9d1e-4c8b-8a55"


def run(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Runs a command in a pipe, only with the given AWS settings."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS")}
    nowhere = {"AWS_EC2_METADATA_DISABLED": "true", "AWS_CONFIG_FILE": os.devnull}
    return subprocess.run(
        [sys.executable, "-m", "wild_rydes_saga.cli", *arguments],
        cwd=ROOT,
        env={**kept, **nowhere, "AWS_SHARED_CREDENTIALS_FILE": os.devnull, "COLUMNS": "40", **variables},
        capture_output=True,
        encoding="utf-8",
        check=False,
    )


@pytest.mark.parametrize("console", [new_console(), Console(width=30)], ids=["in a pipe", "in a narrow terminal"])
def test_a_fact_is_one_line_however_long(console: Console) -> None:
    console.file = io.StringIO()
    print_facts(console, "a ride", [("saga id", ARN)])
    assert console.file.getvalue() == f"\na ride\n  saga id         {ARN}\n"


@pytest.mark.parametrize("target", ["diff", "deploy", "destroy"])
def test_without_an_account_a_command_names_the_fix_on_one_line(target: str) -> None:
    done = run("check-aws", target)
    assert (done.returncode, done.stdout) == (1, "")
    [line] = done.stderr.splitlines()
    assert line.startswith(f"error: `make {target}` needs AWS credentials, and this shell has none: sign in with ")
    assert line.endswith("Without an AWS account, use the local cloud: make up")


def test_without_a_region_a_command_names_the_fix() -> None:
    done = run("check-aws", "diff", AWS_ACCESS_KEY_ID="a", AWS_SECRET_ACCESS_KEY="b")
    assert done.stderr == "error: `make diff` needs a region, and this shell names none: export AWS_REGION=us-east-1\n"


@pytest.mark.parametrize(("target", "code"), [("diff", 0), ("deploy", 1), ("destroy", 1)])
def test_in_a_shell_of_the_local_cloud_only_a_diff_may_run(target: str, code: int) -> None:
    account = local_account(Emulator(4566, Path(), AccessKey.new(), Path()))
    done = run("check-aws", target, **account.variables)
    assert done.returncode == code
    assert ("calls the local cloud (http://127.0.0.1:4566)" in done.stderr) is (code == 1)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "0 seconds"),
        (1, "1 second"),
        (90, "90 seconds"),
        (120, "2 minutes"),
        (1658, "28 minutes"),
        (7_200, "2 hours"),
        (200_000, "2 days"),
    ],
)
def test_a_time_is_in_its_largest_fitting_unit(seconds: int, words: str) -> None:
    assert duration(seconds) == words


def test_a_moment_has_its_age_and_garbage_stays_unchanged() -> None:
    moment = (datetime.now(UTC) - timedelta(hours=3, seconds=5)).isoformat()
    assert with_age(moment) == f"{moment} (3 hours ago)"
    assert [with_age(garbage) for garbage in ("", "yesterday", "2026-01-01T00:00:00")] == [
        "",
        "yesterday",
        "2026-01-01T00:00:00",
    ]


@pytest.mark.parametrize(
    ("minor", "text"),
    [(0, "$0.00"), ("2000", "$20.00"), (1_234_507, "$12345.07"), (-5, "-$0.05"), (-2150, "-$21.50")],
)
def test_an_amount_is_in_dollars(minor: str | int, text: str) -> None:
    assert money(minor) == text


@pytest.mark.parametrize(
    ("stack", "typed"),
    [
        (Stack(Account("http://127.0.0.1:1"), {}), "make ride RIDE=stuck-1"),
        (Stack(Account(), {}), "make ride RIDE=stuck-1 ARGS=--aws"),
        (Stack(Account(), {}, "mine"), "make ride RIDE=stuck-1 ARGS='--aws --stack-name mine'"),
    ],
    ids=["local", "aws", "another stack"],
)
def test_a_command_names_the_stack_that_it_needs(stack: Stack, typed: str) -> None:
    assert ride_command(stack, "ride", "stuck-1") == typed

"""`make recover` says how long it may take before it waits, and while it waits how far the recovery has come."""

import io
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest
from rich.console import Console

from wild_rydes_saga.cli.operator import recover
from wild_rydes_saga.cli.screen import new_console
from wild_rydes_saga.console.facts.recovering import Recoveries
from wild_rydes_saga.console.source import Source
from wild_rydes_saga.deployed.account import Account
from wild_rydes_saga.deployed.operations import recoveries
from wild_rydes_saga.deployed.operations.recoveries import patience_of, wait_for_recovery
from wild_rydes_saga.deployed.stacks import Stack

ARN = "arn:aws:states:us-east-1:000000000000:execution:recovery:operator-1"
RETRY = {
    "ErrorEquals": ["States.ALL"],
    "IntervalSeconds": 2,
    "MaxAttempts": 6,
    "BackoffRate": 2.5,
    "MaxDelaySeconds": 60,
}
OTHERS = {"ErrorEquals": ["States.Timeout"], "IntervalSeconds": 2, "MaxAttempts": 2000, "MaxDelaySeconds": 300}
DEFINITION = {"States": {"RefundFare": {"Type": "Task", "Retry": [OTHERS, RETRY]}, "End": {"Type": "Succeed"}}}


def entered(name: str) -> dict[str, Any]:
    return {"type": "TaskStateEntered", "stateEnteredEventDetails": {"name": name}}


FAILED = {"type": "TaskFailed", "taskFailedEventDetails": {"error": "E"}}
SEEN = [[], [entered("InspectExecution")], [entered("RefundFare")], [FAILED], [], [FAILED], [entered("RideParked")]]
"""What is added to the history between two reads of it."""


@dataclass
class StepFunctions:
    """A recovery that fails twice and then parks the ride."""

    reads: int = 0
    history: list[dict[str, Any]] = field(default_factory=list)

    def describe_execution(self, **_: object) -> dict[str, Any]:
        self.history += SEEN[self.reads]
        self.reads += 1
        return {"status": "RUNNING" if self.reads < len(SEEN) else "FAILED", "cause": "E"}

    def get_execution_history(self, **asked: object) -> dict[str, Any]:
        assert asked["reverseOrder"]
        return {"events": self.history[::-1]}

    def describe_state_machine(self, **_: object) -> dict[str, str]:
        return {"definition": json.dumps(DEFINITION)}

    def start_execution(self, **_: object) -> dict[str, str]:
        return {"executionArn": ARN}


@pytest.fixture
def account(monkeypatch: pytest.MonkeyPatch) -> Account:
    client = StepFunctions()
    monkeypatch.setattr(Account, "client", lambda *_: client)
    monkeypatch.setattr(recoveries, "_LOCAL_SECONDS", 0.0)
    return Account("http://127.0.0.1:1")


@pytest.mark.parametrize(
    ("retrier", "seconds"),
    [
        (RETRY, 2 + 5 + 12.5 + 31.25 + 60 + 60),
        ({"ErrorEquals": ["States.ALL"]}, 1 + 2 + 4),
        ({"ErrorEquals": ["States.ALL"], "MaxAttempts": 0}, 0),
        (OTHERS, 0),
    ],
    ids=["ours", "AWS's own numbers", "never", "no retrier of any error"],
)
def test_a_recovery_waits_as_long_as_its_retriers_say(retrier: Mapping[str, Any], seconds: float) -> None:
    assert patience_of({"States": {"A": {"Type": "Task", "Retry": [retrier]}}}) == seconds


def test_each_state_and_each_failed_attempt_is_shown_once(account: Account) -> None:
    steps: list[str] = []
    wait_for_recovery(account, ARN, steps.append)
    assert steps == [
        "InspectExecution",
        "RefundFare",
        "RefundFare, 1 failed attempt",
        "RefundFare, 2 failed attempts",
    ]


def test_the_time_is_said_before_the_wait_and_the_steps_during_it(
    account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    console: Console = new_console()
    console.file = io.StringIO()
    monkeypatch.setattr(recover, "find_ride", lambda *_: "arn:ride")
    outputs = {"RecoveryArn": "arn", "RecoveryAliasArn": "arn", "ParkedQueueUrl": ""}
    assert not recover.recover_ride(console, Stack(account, outputs), "ride")
    first, second, *others = console.file.getvalue().splitlines()
    assert first.startswith("… Recovering 1 ride: some seconds each")
    assert "A step that fails is tried again for up to 3 minutes, and then the ride is parked." in first
    assert second == "… Waiting for the recovery of ride"
    assert others[2] == "… Waiting for the recovery of ride: RefundFare, 1 failed attempt"


def test_a_page_says_the_same_of_a_recovery_that_it_has_started(account: Account) -> None:
    outputs = {"RecoveryArn": "arn", "RecoveryAliasArn": "arn", "ParkedQueueUrl": ""}
    found, said = Recoveries(Source(lambda: Stack(account, outputs))), []

    class Results(dict[str, str]):
        def __setitem__(self, key: str, value: str) -> None:
            said.append(value)
            super().__setitem__(key, value)

    found._results = Results()
    found._recover("arn:ride")
    assert said[1].startswith(
        "its recovery is running, in RefundFare. A step that fails is tried again for up to 3 min"
    )
    assert said[-1] == "parked again (E)"

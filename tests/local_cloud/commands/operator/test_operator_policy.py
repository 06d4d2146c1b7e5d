"""The operator's policy in docs/production.md allows what the commands and the runbook's lines call, and no more."""

import io
import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

import boto3
import pytest
from rich.console import Console

from tests.conftest import ROOT
from tests.local_cloud.conftest import Faults
from tests.support.documents import code_blocks, policies
from tests.support.template.iam import listed
from wild_rydes_saga.cli.operator.recover import recover_ride
from wild_rydes_saga.cli.operator.ride import show_ride
from wild_rydes_saga.cli.operator.rides import list_rides
from wild_rydes_saga.deployed.account import Account
from wild_rydes_saga.deployed.rides import Rides
from wild_rydes_saga.deployed.stacks import aws_stack
from wild_rydes_saga.emulator.access_key import KEY_ID, REGION, SECRET
from wild_rydes_saga.settings import DEFAULT_STACK_NAME

PREFIXES: Final = {"stepfunctions": "states"}
"""Services whose actions are called otherwise in policies."""
OF_ONE: Final = {"ChangeMessageVisibilityBatch": "ChangeMessageVisibility"}
"""Calls that are allowed by the action on a single item."""


@dataclass(frozen=True)
class RecordingAccount(Account):
    """An account that notes what its clients call."""

    called: set[str] = field(default_factory=set)

    def client(self, service: str) -> Any:
        # Its own: what reads the same cloud in the background is not an operator.
        session = boto3.Session(self.variables[KEY_ID], self.variables[SECRET], region_name=REGION)
        client = session.client(service, endpoint_url=self.endpoint_url)
        client.meta.events.register("before-call.*.*", self._note, unique_id="operator-policy")
        return client

    def _note(self, model: Any, **_: Any) -> None:
        self.called.add(action(model.service_model.service_name, model.name))


def action(service: str, operation: str) -> str:
    """An API call as policies name it."""
    return f"{PREFIXES.get(service, service)}:{OF_ONE.get(operation, operation)}"


@pytest.fixture
def recording(rides: Rides) -> RecordingAccount:
    return RecordingAccount(rides.account.endpoint_url, rides.account.variables)


def called_by_the_commands(
    account: RecordingAccount, faults: Faults, payload: Callable[..., dict[str, Any]], rides: Rides
) -> set[str]:
    """Lists, shows and recovers a ride that was parked, until it is recovered."""
    given = payload()
    faults.inject(given["fareId"], "CustomerAccountCredit", "RuntimeError", after=True)
    faults.inject(given["fareId"], "RefundFare", "RuntimeError")
    saga_id = rides.start(given)
    deadline = time.monotonic() + 60
    while "parkedAt" not in (rides.row("FaresTableName", {"fareId": given["fareId"]}) or {}):
        assert time.monotonic() < deadline
        time.sleep(0.1)
    account.called.clear()
    console = Console(file=io.StringIO())
    stack = aws_stack(DEFAULT_STACK_NAME, account)
    list_rides(console, stack)
    show_ride(console, stack, saga_id)
    faults.clear(given["fareId"])
    assert recover_ride(console, stack, saga_id)
    return set(account.called)


def called_by_the_runbook() -> set[str]:
    """What the runbook's lines call."""
    lines = "\n".join(code_blocks(ROOT / "docs" / "runbook.md", "bash"))
    commands = re.findall(r"\baws ([a-z]+) ([a-z-]+)", lines)
    assert commands
    return {action(service, "".join(word.title() for word in name.split("-"))) for service, name in commands}


@pytest.mark.long
def test_it_allows_what_an_operator_does_and_no_more(
    recording: RecordingAccount, faults: Faults, payload: Callable[..., dict[str, Any]], rides: Rides
) -> None:
    needed = called_by_the_commands(recording, faults, payload, rides) | called_by_the_runbook()
    operator = policies(ROOT / "docs" / "production.md")["operator"]
    allowed = {one for statement in operator["Statement"] for one in listed(statement["Action"])}
    assert {one for one in allowed if not one.startswith("kms:")} == needed

"""A whole run of the local cloud keeps neither the gateway's key nor a card, on its screen and in any of its places."""

import io
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from lambda_src.payments.gateways import MODULES, SIMULATED
from tests.support.card import CARD, card_traces
from tests.support.local_cloud.kept_text import given_to_executions, kept_by_services, kept_in_files
from wild_rydes_saga.cli.down import down
from wild_rydes_saga.cli.operator.recover import recover_ride
from wild_rydes_saga.cli.operator.ride import show_ride
from wild_rydes_saga.cli.operator.rides import list_rides
from wild_rydes_saga.cli.up import up
from wild_rydes_saga.deployed import cdk
from wild_rydes_saga.deployed.account import local_account
from wild_rydes_saga.deployed.rides import LAB_RIDES, Rides
from wild_rydes_saga.deployed.stacks import Stack
from wild_rydes_saga.emulator.process import Emulator, free_port
from wild_rydes_saga.emulator.record import running_cloud
from wild_rydes_saga.emulator.stripe_double.process import double_of

RECORD = "stripe.json"
"""The file of the local cloud in which the double's key is kept, for the commands that need it."""

pytestmark = [pytest.mark.long, pytest.mark.timeout(900)]


def ridden(console: Console, stack: Stack) -> None:
    """The lab's rides, one with a card where none is taken, one that is stopped and recovered; all of them shown."""
    rides = Rides(stack.account, stack.outputs, patience_seconds=240)
    inputs = [{**ride.payload, **CARD} for ride in LAB_RIDES]
    inputs.append({**inputs[0], "customerId": "3_fail_refund", "fareId": "wr_stuck"})
    sagas = []
    for given in (*map(rides.gateway.paid_with, inputs), inputs[0]):
        sagas.append(rides.start(given))
        rides.wait(sagas[-1])
    stopped = rides.start(rides.gateway.paid_with({**inputs[0], "fareId": "wr_stopped"}))
    stack.account.client("stepfunctions").stop_execution(executionArn=stopped)
    assert recover_ride(console, stack, stopped)
    list_rides(console, stack, everything=True)
    for saga_id in (*sagas, stopped):
        show_ride(console, stack, saga_id)


def searched(cloud: Emulator, stack: Stack, local: Path, template: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Everything that the local cloud keeps, but for what came in."""
    yield from kept_by_services(stack.account, template)
    yield from kept_in_files(local)
    yield from kept_in_files(cloud.folder, but_for=RECORD)


@pytest.mark.parametrize("gateway", MODULES)
def test_a_whole_run_keeps_neither_the_key_nor_a_card(
    gateway: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SFN_WAIT_SCALE", "0.001")
    local, printed = tmp_path / ".local", io.StringIO()
    console = Console(file=printed, width=500)
    context = {} if gateway == SIMULATED else {"gateway": gateway}
    up(console, free_port(), local, context=context)
    try:
        cloud = running_cloud(local)
        assert cloud
        double = double_of(cloud)
        assert (double is not None) == bool(context)
        stack = Stack(local_account(cloud), cdk.read_outputs(local / "outputs.json"))
        ridden(console, stack)
        [file] = (local / "cdk.out").glob("*.template.json")
        places = [*searched(cloud, stack, local, json.loads(file.read_text(encoding="utf-8")))]
        inputs = [*given_to_executions(stack.account)]
    finally:
        down(console, local)
    places.append(("the screen", printed.getvalue()))
    assert any(card_traces(text) for _, text in inputs), "the search would find a card"
    assert [place for place, text in places if card_traces(text)] == []
    if double:
        assert [place for place, text in (*places, *inputs) if double.key in text] == []

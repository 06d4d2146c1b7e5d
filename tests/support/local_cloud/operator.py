"""An operator's screen, read back, and rides in the states that an operator meets."""

import io
import json
import time
from typing import Any

from rich.console import Console

from tests.support.publish import publish
from wild_rydes_saga.deployed.operations.parked import parked_rides
from wild_rydes_saga.deployed.rides import Rides, path_of


def screen(console: Console) -> list[str]:
    """The lines printed since the last call, without those of progress."""
    assert isinstance(console.file, io.StringIO)
    lines = console.file.getvalue().splitlines()
    console.file.seek(0)
    console.file.truncate()
    return [line for line in lines if line and line[0] not in "…✓"]


def parked(rides: Rides, payload: dict[str, Any]) -> str:
    """Starts a ride, waits until the recovery has parked it, and returns its saga id."""
    saga_id = rides.start(payload)
    deadline = time.monotonic() + 60
    while "parkedAt" not in (rides.row("FaresTableName", {"fareId": payload["fareId"]}) or {}):
        assert time.monotonic() < deadline
        time.sleep(0.1)
    return saga_id


def started_on_a_machine_that_waits(rides: Rides, payload: dict[str, Any]) -> str:
    """Starts a ride that does not end by itself; restores the saga's machine afterwards."""
    client, machine = rides.account.client("stepfunctions"), rides.outputs["FareSagaArn"]
    before = json.dumps(rides.definition())
    waiting = {"StartAt": "Wait", "States": {"Wait": {"Type": "Wait", "Seconds": 1_000_000, "End": True}}}
    client.update_state_machine(stateMachineArn=machine, definition=json.dumps(waiting))
    publish(rides.account, rides.outputs)
    try:
        saga_id = rides.start(payload)
        while "Wait" not in path_of(rides.history(saga_id)):
            time.sleep(0.05)
        return saga_id
    finally:
        client.update_state_machine(stateMachineArn=machine, definition=before)
        publish(rides.account, rides.outputs)


def has_message(rides: Rides, saga_id: str) -> bool:
    return saga_id in parked_rides(rides.account, rides.outputs["ParkedQueueUrl"])

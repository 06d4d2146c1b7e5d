"""The operator's view: what is listed, what is shown of a ride and what never is, and what a recovery comes to."""

import io
import json
import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from tests.local_cloud.conftest import Faults
from tests.support.local_cloud.ride_audit import assert_all_or_nothing
from tests.support.publish import publish
from wild_rydes_saga.cli import list_rides as overview
from wild_rydes_saga.cli.list_rides import list_rides, open_rides
from wild_rydes_saga.cli.recover import Ending, recover_all, recover_ride
from wild_rydes_saga.cli.show_ride import show_ride
from wild_rydes_saga.deployed import stacks
from wild_rydes_saga.deployed.parked import parked_rides
from wild_rydes_saga.deployed.rides import Rides, path_of
from wild_rydes_saga.deployed.stacks import OperatorError, Outputs, aws_stack, local_stack
from wild_rydes_saga.machines.fare_recovery import ENDING
from wild_rydes_saga.services.fares import UNSETTLED_INDEX
from wild_rydes_saga.settings import DEFAULT_STACK_NAME

Payload = Callable[..., dict[str, Any]]

CARD = {"cc": "4929 1234 5678 9012", "expiryDate": "11/39", "cvv": "8642"}


@pytest.fixture
def console() -> Console:
    return Console(file=io.StringIO(), width=80, highlight=False)


def printed(console: Console) -> str:
    """What was printed until now."""
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def parked(rides: Rides, payload: dict[str, Any]) -> str:
    """Rides, waits until the recovery has parked the ride, and returns its saga id."""
    saga_id = rides.start(payload)
    deadline = time.monotonic() + 60
    while "parkedAt" not in (rides.row("FaresTableName", {"fareId": payload["fareId"]}) or {}):
        assert time.monotonic() < deadline
        time.sleep(0.1)
    return saga_id


def started_on_a_machine_that_waits(rides: Rides, payload: dict[str, Any]) -> str:
    """Starts a ride that does not end by itself; the saga's machine is as before afterwards."""
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


def test_what_is_typed_twice_is_the_same() -> None:
    assert {ending.value for ending in Ending if ending.value} == {
        ENDING.recovered,
        ENDING.nothing,
        ENDING.running,
        ENDING.parked,
        ENDING.refused,
    }
    assert overview.UNSETTLED_INDEX == UNSETTLED_INDEX
    assert stacks.DEFAULT_STACK_NAME == DEFAULT_STACK_NAME


def test_with_nothing_open_there_is_nothing_to_list_or_to_recover(
    rides: Rides, outputs: Outputs, console: Console
) -> None:
    list_rides(console, rides.account, outputs)
    assert recover_all(console, rides.account, outputs)
    seconds = rides.definition()["TimeoutSeconds"]
    assert printed(console).splitlines() == [
        f"No ride is parked, and none is unsettled for longer than {seconds} s.",
        "Nothing to recover: no ride is parked, and none is unsettled for too long.",
    ]


def test_a_parked_ride_is_listed_and_shown_without_its_card_and_stays_parked_if_it_cannot_be_recovered(
    rides: Rides, payload: Payload, fare_id: str, console: Console
) -> None:
    saga_id = parked(rides, payload(customerId="[red]\x1b[2J_fail_refund", **CARD))
    list_rides(console, rides.account, rides.outputs)
    show_ride(console, rides.account, rides.outputs, saga_id)
    assert not recover_ride(console, rides.account, rides.outputs, saga_id.rpartition(":")[2])
    assert has_message(rides, saga_id)
    said = printed(console)
    assert said.count(f"saga id         {saga_id}\n") == 2
    for line in (
        "customerId      [red]?[2J_fail_refund",
        "\nparked\n",
        "fareAmount      $20.00",
        f"fareId          {fare_id}",
        "still to do     RefundFare, SetFareStatusFailed",
        "error           SagaRollbackIncomplete",
        "payments        refunding: captured $20.00, refunded $0.00",
        "gateway's book  authorise $20.00, capture $20.00",
        "account         rejected: credited $0.00, reversed $0.00",
        "told            no message",
        ": parked again",
    ):
        assert line in said
    without_ids = re.sub(r"[0-9a-f-]{12,}", "", said)  # three or four digits may be in an id by chance
    assert CARD["cc"] not in said
    assert CARD["cc"].replace(" ", "") not in said
    assert CARD["expiryDate"] not in said
    assert CARD["cvv"] not in without_ids
    assert "\x1b" not in said


def test_once_the_cause_is_gone_a_parked_ride_is_recovered_and_its_messages_are_removed(
    rides: Rides, faults: Faults, payload: Payload, fare_id: str, console: Console
) -> None:
    faults.inject(fare_id, "CustomerAccountCredit", "RuntimeError", after=True)
    faults.inject(fare_id, "RefundFare", "RuntimeError")
    saga_id = parked(rides, payload())
    faults.clear(fare_id)
    assert recover_ride(console, rides.account, rides.outputs, saga_id)
    assert not has_message(rides, saga_id)
    assert_all_or_nothing(rides, saga_id, fare_minor=0)
    show_ride(console, rides.account, rides.outputs, saga_id)
    assert ": recovered: it is whole or undone" in printed(console)
    assert "Taken from the parked queue: 1 of their messages." in printed(console)
    assert "told            NotifyFailure by the recovery\n" in printed(console)


def test_all_takes_parked_rides_and_overdue_ones_and_leaves_what_still_runs_alone(
    rides: Rides, payload: Payload, fare_id: str, outputs: Outputs, console: Console
) -> None:
    whole = rides.start(payload())
    rides.wait(whole)
    running = started_on_a_machine_that_waits(rides, payload(fareId="wr_waits"))
    message = {
        "sagaId": whole,
        "fareId": fare_id,
        "stillToDo": [],
        "trouble": {"state": "InspectExecution", "error": "States.Timeout", "cause": "slow"},
        "recoveryArn": "arn",
        "parkedAt": "2026-01-01T00:00:00.000Z",
    }
    sqs, dynamodb = rides.account.client("sqs"), rides.account.client("dynamodb")
    for body in (json.dumps(message), "not a recovery's"):
        sqs.send_message(QueueUrl=outputs["ParkedQueueUrl"], MessageBody=body)
    row = {"fareId": "f", "sagaId": running, "fareStatus": "pending", "unsettledSince": "2026-01-01T00:00:00.000Z"}
    dynamodb.put_item(TableName=outputs["FaresTableName"], Item={name: {"S": value} for name, value in row.items()})
    list_rides(console, rides.account, outputs)
    assert "why             InspectExecution: States.Timeout: slow\n" in printed(console)
    assert recover_all(console, rides.account, outputs)
    said = printed(console)
    assert f"{whole.rpartition(':')[2]}: nothing to recover" in said
    assert f"{running.rpartition(':')[2]}: left alone" in said
    assert rides.account.client("stepfunctions").describe_execution(executionArn=running)["status"] == "RUNNING"
    assert [ride.saga_id for ride in open_rides(rides.account, outputs)] == [running]
    left = sqs.receive_message(QueueUrl=outputs["ParkedQueueUrl"])["Messages"]
    assert [one["Body"] for one in left] == ["not a recovery's"]
    # As the runbook says of a ride that is stuck: once stopped, it is recovered without a command.
    rides.account.client("stepfunctions").stop_execution(executionArn=running)
    assert rides.message(running)[0] == "failure"


@pytest.mark.parametrize("name", ["no-such-ride", "a b", "arn:aws:states:us-east-1:000000000000:execution:other:x", ""])
def test_a_name_that_is_no_ride_is_told_and_nothing_is_started(rides: Rides, console: Console, name: str) -> None:
    def recoveries() -> set[str]:
        """Those that an operator has started: the rule starts others meanwhile."""
        pages = rides.account.client("stepfunctions").get_paginator("list_executions")
        found = pages.paginate(stateMachineArn=rides.outputs["RecoveryArn"])
        names = {one["name"] for page in found for one in page["executions"]}
        return {name for name in names if name.startswith("operator-")}

    before = recoveries()
    for command in (show_ride, recover_ride):
        with pytest.raises(OperatorError, match=r"there is no ride|give its ARN or its name"):
            command(console, rides.account, rides.outputs, name)
    assert recoveries() == before


def test_a_stack_is_found_by_its_name_and_a_missing_one_is_told_with_the_mend(rides: Rides, tmp_path: Path) -> None:
    assert aws_stack(DEFAULT_STACK_NAME, rides.account).outputs == rides.outputs
    with pytest.raises(OperatorError, match=r"there is no stack nowhere .*make deploy"):
        aws_stack("nowhere", rides.account)
    with pytest.raises(OperatorError, match="make up"):
        local_stack(tmp_path)

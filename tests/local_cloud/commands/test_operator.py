"""The operator's screens: the list of rides, one ride without its card, and how a recovery ended."""

import io
import json
import re
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from tests.local_cloud.conftest import Faults
from tests.support.local_cloud.ride_audit import assert_all_or_nothing
from tests.support.publish import publish
from wild_rydes_saga.cli.recover import recover_all, recover_ride
from wild_rydes_saga.cli.ride import show_ride
from wild_rydes_saga.cli.rides import list_rides
from wild_rydes_saga.cli.screen import duration
from wild_rydes_saga.deployed import open_rides as overview
from wild_rydes_saga.deployed import stacks
from wild_rydes_saga.deployed.errors import OperatorError
from wild_rydes_saga.deployed.executions import NOTIFICATIONS
from wild_rydes_saga.deployed.open_rides import open_rides
from wild_rydes_saga.deployed.parked import parked_rides
from wild_rydes_saga.deployed.recoveries import Ending
from wild_rydes_saga.deployed.rides import Rides, path_of
from wild_rydes_saga.deployed.stacks import Outputs, Stack, StackOutputs, aws_stack, local_stack
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


@pytest.fixture
def stack(rides: Rides) -> Stack:
    return Stack(rides.account, rides.outputs)


def screen(console: Console) -> list[str]:
    """The lines that were printed since the last call, without those of progress."""
    assert isinstance(console.file, io.StringIO)
    lines = printed(console).splitlines()
    console.file.seek(0)
    console.file.truncate()
    return [line for line in lines if line and line[0] not in "…✓"]


def test_names_that_are_typed_twice_are_the_same(rides: Rides) -> None:
    assert {ending.value for ending in Ending if ending.value} == {
        ENDING.recovered,
        ENDING.nothing,
        ENDING.running,
        ENDING.parked,
        ENDING.refused,
    }
    assert overview.UNSETTLED_INDEX == UNSETTLED_INDEX
    assert stacks.DEFAULT_STACK_NAME == DEFAULT_STACK_NAME
    states = rides.definition()["States"]
    assert {name for name in states if states[name].get("Resource", "").endswith(":sns:publish")} == {*NOTIFICATIONS}


def test_with_nothing_open_there_is_nothing_to_list_or_recover(
    rides: Rides, outputs: Outputs, console: Console
) -> None:
    stack = Stack(rides.account, outputs)
    list_rides(console, stack)
    assert recover_all(console, stack)
    too_long = duration(rides.definition()["TimeoutSeconds"])
    assert re.fullmatch(r"\d+ (minutes|hours)", too_long)
    assert screen(console) == [
        f"No ride is parked, and none has been open for more than {too_long}.",
        "Next: nothing to do. Every open ride: make rides ALL=1",
        "Nothing to recover: no ride is parked, and none has been open for too long.",
    ]


def test_a_parked_ride_is_shown_without_its_card_and_can_stay_parked(
    rides: Rides, payload: Payload, fare_id: str, console: Console, stack: Stack
) -> None:
    saga_id = parked(rides, payload(customerId="[red]\x1b[2J_fail_refund", **CARD))
    name = saga_id.rpartition(":")[2]
    list_rides(console, stack)
    listed = screen(console)
    assert re.fullmatch(r"\d+ rides? (is|are) parked and waiting for you.*", listed[0])
    show_ride(console, stack, saga_id)
    shown = screen(console)
    assert re.fullmatch(
        r"The ride is not rolled back yet: the rider is owed \$20\.00\. RefundFare failed \d+ times: \w+\.", shown[0]
    )
    assert shown[-1] == f"Next: fix what made RefundFare fail, then: make recover RIDE={name}"
    assert not recover_ride(console, stack, name)
    recovered = screen(console)
    assert recovered == [
        "0 of 1 ride settled, 1 left to you.",
        f"{name}: parked again",
        f"Next: make ride RIDE={name} says why",
    ]
    assert has_message(rides, saga_id)
    for lines in (listed, shown):
        assert f"  saga id         {saga_id}" in lines
    for line in (
        "  customerId      [red]?[2J_fail_refund",
        "  fareAmount      $20.00",
        f"  fareId          {fare_id}",
        "  still to do     RefundFare, SetFareStatusFailed",
        "  error           SagaRollbackIncomplete",
        "  payments        refunding: captured $20.00, refunded $0.00",
        "  gateway's book  authorise $20.00, capture $20.00",
        "  account         rejected: credited $0.00, reversed $0.00",
        "  messages        none, as far as these histories go",
    ):
        assert line in shown
    said = "\n".join([*listed, *shown, *recovered])
    without_ids = re.sub(r"[0-9a-f-]{12,}", "", said)  # three or four digits may be in an id by chance
    assert CARD["cc"] not in said
    assert CARD["cc"].replace(" ", "") not in said
    assert CARD["expiryDate"] not in said
    assert CARD["cvv"] not in without_ids
    assert "\x1b" not in said


def test_a_parked_ride_is_recovered_once_its_cause_is_gone(
    rides: Rides, faults: Faults, payload: Payload, fare_id: str, console: Console, stack: Stack
) -> None:
    faults.inject(fare_id, "CustomerAccountCredit", "RuntimeError", after=True)
    faults.inject(fare_id, "RefundFare", "RuntimeError")
    saga_id = parked(rides, payload())
    name = saga_id.rpartition(":")[2]
    faults.clear(fare_id)
    assert recover_ride(console, stack, saga_id)
    assert screen(console) == [
        "1 of 1 ride settled.",
        f"{name}: recovered: it is completed or rolled back, and its message is sent",
        "Removed from the parked queue: 1 message.",
        "Next: nothing to do. Other rides: make rides",
    ]
    assert not has_message(rides, saga_id)
    assert_all_or_nothing(rides, saga_id, fare_minor=0)
    show_ride(console, stack, saga_id)
    shown = screen(console)
    assert shown[0] == "The ride was rolled back after SagaRollbackIncomplete: the rider paid nothing."
    assert "  messages        NotifyFailure by the recovery" in shown
    assert shown[-1] == "Next: nothing to do. Other rides: make rides"


@pytest.mark.parametrize(
    ("changed", "verdict"),
    [
        ({}, "The ride completed: the rider paid $20.00."),
        ({"customerId": "3_fail_auth"}, "The ride was rolled back after PaymentAuthException: the rider paid nothing."),
        (
            {"customerId": "3_fail_credit"},
            "The ride was rolled back after AccountCreditException: the rider paid nothing.",
        ),
        ({"fareAmount": "$0.00"}, "The ride was refused after InvalidFare: the rider paid nothing."),
    ],
    ids=["completed", "not authorised", "not credited", "refused"],
)
def test_a_ride_that_ended_is_shown_with_its_outcome_first(
    rides: Rides, payload: Payload, console: Console, stack: Stack, changed: dict[str, str], verdict: str
) -> None:
    saga_id = rides.start(payload(**changed))
    rides.wait(saga_id)
    show_ride(console, stack, saga_id)
    shown = screen(console)
    assert (shown[0], shown[-1]) == (verdict, "Next: nothing to do. Other rides: make rides")


def test_all_takes_parked_and_overdue_rides_and_leaves_running_ones(
    rides: Rides, payload: Payload, fare_id: str, outputs: Outputs, console: Console
) -> None:
    stack = Stack(rides.account, outputs)
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
    list_rides(console, stack)
    listed = screen(console)
    assert re.fullmatch(r"1 ride is parked and waiting for you; 1 ride has been open for more than .*\.", listed[0])
    assert "  why             InspectExecution: States.Timeout: slow" in listed
    assert [line for line in listed if re.fullmatch(r"  since           2026-01-01T\S+ \(\d+ (hours|days) ago\)", line)]
    assert listed[-1].endswith("Fix the cause, then: make recover ALL=1")
    assert recover_all(console, stack)
    verdict, *recovered = screen(console)
    assert verdict == "1 of 2 rides settled, 1 still running."
    assert f"{whole.rpartition(':')[2]}: nothing to recover: it had completed" in recovered
    assert f"{running.rpartition(':')[2]}: left alone: it is still running" in recovered
    show_ride(console, stack, running)
    assert screen(console)[0] == "The ride is running at Wait: the rider has paid $0.00 so far."
    assert rides.account.client("stepfunctions").describe_execution(executionArn=running)["status"] == "RUNNING"
    assert [ride.saga_id for ride in open_rides(rides.account, outputs)] == [running]
    left = sqs.receive_message(QueueUrl=outputs["ParkedQueueUrl"])["Messages"]
    assert [one["Body"] for one in left] == ["not a recovery's"]
    # As the runbook says of a ride that is stuck: once stopped, it is recovered without a command.
    rides.account.client("stepfunctions").stop_execution(executionArn=running)
    assert rides.message(running)[0] == "failure"


@pytest.mark.parametrize("name", ["no-such-ride", "a b", "arn:aws:states:us-east-1:000000000000:execution:other:x", ""])
def test_a_name_that_is_not_a_rides_is_refused_and_starts_nothing(
    rides: Rides, console: Console, stack: Stack, name: str
) -> None:
    def recoveries() -> set[str]:
        """Those that an operator has started: the rule starts others meanwhile."""
        pages = rides.account.client("stepfunctions").get_paginator("list_executions")
        found = pages.paginate(stateMachineArn=rides.outputs["RecoveryArn"])
        names = {one["name"] for page in found for one in page["executions"]}
        return {name for name in names if name.startswith("operator-")}

    before = recoveries()
    for command in (show_ride, recover_ride):
        with pytest.raises(OperatorError, match=r"there is no ride|give its ARN or its name"):
            command(console, stack, name)
    assert recoveries() == before


def test_a_stack_is_found_by_its_name_and_a_missing_one_has_a_fix(rides: Rides, tmp_path: Path) -> None:
    assert aws_stack(DEFAULT_STACK_NAME, rides.account).outputs == rides.outputs
    with pytest.raises(OperatorError, match=r"no stack nowhere: make deploy"):
        aws_stack("nowhere", rides.account)
    with pytest.raises(OperatorError, match="make up"):
        local_stack(tmp_path)


def test_an_output_that_an_older_stack_lacks_has_a_fix(rides: Rides, console: Console, stack: Stack) -> None:
    older = StackOutputs({name: value for name, value in rides.outputs.items() if name != "ParkedQueueUrl"})
    with pytest.raises(OperatorError, match=r"no output ParkedQueueUrl: .*Deploy it again"):
        list_rides(console, replace(stack, outputs=older))

"""`make recover`: what it recovers, what it leaves, and how it says so."""

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from rich.console import Console

from tests.local_cloud.conftest import Faults
from tests.support.local_cloud.operator import has_message, parked, screen, started_on_a_machine_that_waits
from tests.support.local_cloud.ride_audit import assert_all_or_nothing
from wild_rydes_saga.cli.operator.recover import recover_all, recover_ride
from wild_rydes_saga.cli.operator.ride import show_ride
from wild_rydes_saga.cli.operator.rides import list_rides
from wild_rydes_saga.deployed.errors import OperatorError
from wild_rydes_saga.deployed.operations.open_rides import open_rides
from wild_rydes_saga.deployed.rides import Rides
from wild_rydes_saga.deployed.stacks import Outputs, Stack

Payload = Callable[..., dict[str, Any]]


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


@pytest.mark.long
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
    assert re.fullmatch(r"1 ride is parked and waiting for you; 1 ride has been open for .*\.", listed[0])
    assert "  why             InspectExecution: States.Timeout: slow" in listed
    assert [line for line in listed if re.fullmatch(r"  since           2026-01-01T\S+ \(\d+ (hours|days) ago\)", line)]
    assert listed[-1].endswith("Fix the cause, then: make recover ALL=1")
    assert recover_all(console, stack)
    verdict, *recovered = screen(console)
    assert verdict == "1 of 2 rides settled, 1 still running."
    assert f"{whole.rpartition(':')[2]}: nothing to recover: it had completed or was rolled back" in recovered
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

"""The lab's rides on Express: the caller gets the answer, and the same one again; the queue rides for those who go."""

import json
import time
import uuid
from collections.abc import Callable
from typing import Any

import pytest

from lambda_src.express.start_rides import NAME_ATTRIBUTE
from tests.support.card import CARD
from wild_rydes_saga.deployed.operations.open_rides import open_rides
from wild_rydes_saga.deployed.operations.ride_report import read_ride
from wild_rydes_saga.deployed.rides import LAB_RIDES, LabRide, Rides

Payload = Callable[..., dict[str, Any]]


def sync(rides: Rides, payload: object, name: str) -> dict[str, Any]:
    """Rides, and returns the answer."""
    return dict(
        rides.account.client("stepfunctions").start_sync_execution(
            stateMachineArn=rides.outputs["ExpressSagaAliasArn"], name=name, input=json.dumps(payload)
        )
    )


def saga_of(answer: dict[str, Any]) -> str:
    return str(answer["executionArn"]).rpartition(":")[0]


@pytest.mark.parametrize(
    "ride",
    [
        pytest.param(one, marks=[pytest.mark.long] if one is not LAB_RIDES[-1] else [], id=one.title)
        for one in LAB_RIDES
    ],
)
def test_a_caller_gets_the_outcome_at_once_and_again(ride: LabRide, rides: Rides, payload: Payload) -> None:
    given, name = payload(customerId=ride.customer_id), uuid.uuid4().hex
    first, again = sync(rides, given, name), sync(rides, given, name)
    assert (first["status"], first.get("error")) == (ride.expected.status, ride.expected.error)
    assert {key: again.get(key) for key in ("status", "output", "error", "cause")} == {
        key: first.get(key) for key in ("status", "output", "error", "cause")
    }
    report = read_ride(rides.account, rides.outputs, name)
    assert report.saga_id == saga_of(first)
    assert report.own_fare["fareStatus"] == ride.expected.fare_status
    assert report.book.get("capture", 0) == ride.expected.captured
    assert report.book.get("refund", 0) == ride.expected.refunded
    assert report.run
    assert report.run.status == ride.expected.status
    assert saga_of(first) not in {one.saga_id for one in open_rides(rides.account, rides.outputs, older_than=0)}


def test_a_wrong_input_writes_nothing_and_may_be_corrected_under_its_name(rides: Rides, payload: Payload) -> None:
    name = uuid.uuid4().hex
    wrong = sync(rides, payload(fareAmount="20"), name)
    assert (wrong["status"], wrong["error"]) == ("FAILED", "InvalidFare")
    assert rides.row("OutcomesTableName", {"sagaId": saga_of(wrong)}) is None
    assert sync(rides, payload(), name)["status"] == "SUCCEEDED"


def test_a_name_with_another_input_is_refused_and_changes_nothing(rides: Rides, payload: Payload) -> None:
    name = uuid.uuid4().hex
    first = sync(rides, payload(), name)
    other = sync(rides, payload(fareAmount="$99.00"), name)
    assert (other["status"], other["error"]) == ("FAILED", "ExecutionNameUsed")
    report = read_ride(rides.account, rides.outputs, saga_of(first))
    assert report.paid_minor == 2000


def test_a_message_in_the_queue_is_ridden_once_and_one_with_a_card_is_not(rides: Rides, payload: Payload) -> None:
    sqs, name = rides.account.client("sqs"), uuid.uuid4().hex
    queue = rides.outputs["ExpressRidesQueueUrl"]
    called = rides.account.client("lambda").invoke(
        FunctionName=rides.outputs["TokeniseFunctionName"], Payload=json.dumps({"customerId": "3", **CARD})
    )
    token = json.loads(called["Payload"].read())["paymentToken"]
    given = {name: value for name, value in payload().items() if name not in CARD}
    attribute = {NAME_ATTRIBUTE: {"DataType": "String", "StringValue": name}}
    with_card = {**payload(fareId=f"card-{name[:8]}")}
    sqs.send_message(QueueUrl=queue, MessageBody=json.dumps(with_card))
    for _ in range(2):
        sqs.send_message(
            QueueUrl=queue, MessageBody=json.dumps({**given, "paymentToken": token}), MessageAttributes=attribute
        )
    saga_id = rides.outputs["ExpressSagaArn"].replace(":stateMachine:", ":express:") + f":{name}"
    deadline = time.monotonic() + 60
    row: dict[str, Any] | None = None
    while time.monotonic() < deadline and not (row and "closedAt" in row):
        row = rides.row("OutcomesTableName", {"sagaId": saga_id})
        time.sleep(0.2)
    assert row
    assert row["fareStatus"] == "completed"
    assert read_ride(rides.account, rides.outputs, saga_id).paid_minor == 2000
    assert rides.row("FaresTableName", {"fareId": with_card["fareId"]}) is None

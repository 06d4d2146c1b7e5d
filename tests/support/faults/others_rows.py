"""What others leave in the tables: rides of the learner's machine, and rows that no saga of ours wrote."""

import contextlib
import json
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from tests.support.card import CARD
from tests.support.faults.cloud import FaultyCloud
from tests.support.faults.injection.fault import new_fare_id
from tests.support.faults.trial import StartedRide
from wild_rydes_saga.deployed.rides import LAB_FARE

_LONG_AGO: Final = {"S": "2026-01-01T00:00:00.000Z"}
_UNSETTLED: Final = {"fareStatus": {"S": "pending"}, "unsettledSince": _LONG_AGO}


def ride_of_the_learners_machine(cloud: FaultyCloud) -> StartedRide:
    """Rides on the learner's machine to its bad end.

    Its definition lacks a Catch and gives a handler a wrong argument: the rider is charged, and no more happens.
    """
    client, machine = cloud.account.client("stepfunctions"), cloud.outputs["StartHereArn"]
    before = client.describe_state_machine(stateMachineArn=machine)["definition"]
    learners = cloud.rides.definition()
    credit = learners["States"]["CustomerAccountCredit"]
    del credit["Catch"]
    credit["Arguments"]["Payload"]["sagaId"] = "not an execution"
    client.update_state_machine(stateMachineArn=machine, definition=json.dumps(learners))
    fare_id, customer_id = new_fare_id(), f"customer-{new_fare_id()}"
    given = {**LAB_FARE, **CARD, "fareId": fare_id, "customerId": customer_id}
    try:
        saga_id = client.start_execution(stateMachineArn=machine, input=json.dumps(given))["executionArn"]
        cloud.started.append(saga_id)
        assert cloud.rides.wait(saga_id)["status"] == "FAILED"
    finally:
        client.update_state_machine(stateMachineArn=machine, definition=before)
    return StartedRide(
        saga_id=saga_id, fare_id=fare_id, customer_id=customer_id, amount_minor=2000, label="the learner's machine"
    )


@dataclass(frozen=True)
class OthersRows:
    """Unsettled fares that no saga of ours wrote.

    Attributes:
        unreadable: Fares whose row names no saga.
        foreign: Sagas that are named and can be recovered by nobody: of another stack, or gone.
    """

    unreadable: frozenset[str]
    foreign: frozenset[str]


@contextlib.contextmanager
def others_rows(cloud: FaultyCloud) -> Iterator[OthersRows]:
    """Writes such rows, and deletes them when the block ends."""
    gone = f"{cloud.outputs['FareSagaArn'].replace(':stateMachine:', ':execution:')}:{uuid.uuid4()}"
    of_another_stack = gone.replace(":execution:", ":execution:another-")
    sagas: list[Any] = [None, {"N": "7"}, {"S": gone}, {"S": of_another_stack}, {"S": f"nobody-{uuid.uuid4()}"}]
    rows = [{**_UNSETTLED, "fareId": {"S": new_fare_id()}, **({"sagaId": saga} if saga else {})} for saga in sagas]
    client, table = cloud.account.client("dynamodb"), cloud.outputs["FaresTableName"]
    for row in rows:
        client.put_item(TableName=table, Item=row)
    try:
        yield OthersRows(
            frozenset(row["fareId"]["S"] for row in rows if "S" not in row.get("sagaId", {})),
            frozenset(saga["S"] for saga in sagas if saga and "S" in saga),
        )
    finally:
        for row in rows:
            client.delete_item(TableName=table, Key={"fareId": row["fareId"]})

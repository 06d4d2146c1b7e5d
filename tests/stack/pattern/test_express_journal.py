"""The row of a ride on Express: which of its states each task of the deployed machine may write over, in DynamoDB."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

import boto3
import pytest
from aws_cdk.assertions import Template
from botocore.exceptions import ClientError
from moto import mock_aws

from lambda_src.recovery.work.open_ride import DELIVERY, HANDED_OVER_AT, OPEN_SINCE
from lambda_src.recovery.work.work_row import DUE, PARKED, RECOVERING, WORK
from tests.support.handlers.tables import REGION
from tests.support.template.graph import Graph

TABLE: Final = "Outcomes"
SAGA: Final = "the ride's"
MINE: Final = "this delivery"
KEY: Final = {"sagaId": {"S": SAGA}}
OPEN: Final = {DELIVERY: MINE, OPEN_SINCE: "10:00"}
ROWS: Final[Mapping[str, Mapping[str, str]]] = {
    "none": {},
    "open": OPEN,
    "another delivery's": {**OPEN, DELIVERY: "another delivery"},
    "reported": {DELIVERY: MINE, "sentAt": "10:01"},
    "closed": {DELIVERY: MINE, "closedAt": "10:01"},
    **{word: {DELIVERY: MINE, HANDED_OVER_AT: "10:01", WORK: word} for word in (DUE, RECOVERING, PARKED)},
}
"""The states of the row that a call may find, also one that comes late."""
MAY_WRITE: Final[Mapping[str, set[str]]] = {
    "OpenRide": {"none", "open", "reported"},  # one that was reported is closed right after
    "NoteOutcome": {*ROWS} - {"none", "another delivery's"},
    "HandOver": {"none", "open"},
    "CloseRide": {"open", "reported", "closed"},
    "CloseFailedRide": {"open", "reported", "closed"},
}
STAYS_OPEN: Final = ("OpenRide", "NoteOutcome")


@pytest.fixture(scope="module")
def dynamodb() -> Iterator[Any]:
    with mock_aws():
        client = boto3.client("dynamodb", region_name=REGION)
        key = {"AttributeName": "sagaId"}
        client.create_table(
            TableName=TABLE,
            KeySchema=[{**key, "KeyType": "HASH"}],
            AttributeDefinitions=[{**key, "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )
        yield client


@pytest.fixture
def tasks(template: Template) -> dict[str, dict[str, Any]]:
    """The tasks of the deployed machine that write the ride's row: they alone have its delivery."""
    found = Graph.of(template, "express").tasks
    return {
        name: one["Arguments"]
        for name, one in found.items()
        if ":delivery" in one["Arguments"].get("ExpressionAttributeValues", {})
    }


def filled(value: Any, name: str = "") -> Any:
    """The arguments of a task with a value for each expression."""
    if isinstance(value, dict):
        return {key: filled(one, key if key not in ("S", "N") else name) for key, one in value.items()}
    if not isinstance(value, str) or not value.startswith("{%"):
        return value
    known = {"sagaId": SAGA, "TableName": TABLE, ":delivery": MINE, DELIVERY: MINE}
    return known.get(name, "1")


def row_after(dynamodb: Any, arguments: Mapping[str, Any], row: Mapping[str, str]) -> dict[str, Any] | None:
    """The row after a task's write; None if the row's state refuses it."""
    dynamodb.delete_item(TableName=TABLE, Key=KEY)
    if row:
        dynamodb.put_item(TableName=TABLE, Item={**KEY, **{name: {"S": value} for name, value in row.items()}})
    write = dynamodb.put_item if "Item" in arguments else dynamodb.update_item
    try:
        write(**{**filled(arguments), "TableName": TABLE})
    except ClientError as error:
        if error.response["Error"]["Code"] != "ConditionalCheckFailedException":
            raise
        return None
    return dict(dynamodb.get_item(TableName=TABLE, Key=KEY)["Item"])


def test_each_task_that_writes_the_row_is_in_the_table(tasks: dict[str, Any]) -> None:
    assert {*tasks} == {*MAY_WRITE}


@pytest.mark.parametrize("state", ROWS)
@pytest.mark.parametrize("task", MAY_WRITE)
def test_a_task_writes_only_over_what_it_may(task: str, state: str, tasks: dict[str, Any], dynamodb: Any) -> None:
    """A call may come late: after the recovery has the ride, or when nothing is left to do for it."""
    assert (row_after(dynamodb, tasks[task], ROWS[state]) is not None) is (state in MAY_WRITE[task])


@pytest.mark.parametrize("task", MAY_WRITE)
def test_a_row_is_open_until_its_ride_is_closed_or_handed_over(task: str, tasks: dict[str, Any], dynamodb: Any) -> None:
    row = row_after(dynamodb, tasks[task], OPEN) or {}
    assert (OPEN_SINCE in row) is (task in STAYS_OPEN)
    assert (row.get(WORK) == {"S": DUE}) is (task == "HandOver")
    assert ("closedAt" in row) is task.startswith("Close")
    assert row[DELIVERY] == {"S": MINE}

"""A ride that waits for a bank is listed as that, and nothing asks an operator to recover it."""

from typing import Final

import pytest
from rich.console import Console

from lambda_src.fare_status import REFUND_PENDING
from lambda_src.moments import at
from tests.support.local_cloud.operator import screen
from wild_rydes_saga.cli.operator.recover import recover_all
from wild_rydes_saga.cli.operator.rides import list_rides
from wild_rydes_saga.deployed.rides import Rides
from wild_rydes_saga.deployed.stacks import Outputs, Stack

AGES: Final = {"slow": 999_999, "stuck": 900_000}
"""In seconds: longer than any saga runs."""


@pytest.fixture
def stack(rides: Rides, outputs: Outputs) -> Stack:
    return Stack(rides.account, outputs)


def is_open(stack: Stack, name: str, payment: str) -> None:
    """Writes the rows of a ride that is recovering."""
    saga_id = f"{stack.outputs['FareSagaArn'].replace(':stateMachine:', ':execution:')}:{name}"
    rows = {
        "FaresTableName": {
            "fareId": name,
            "sagaId": saga_id,
            "fareStatus": "recovering",
            "unsettledSince": at(-AGES[name]),
        },
        "PaymentsTableName": {"sagaId": saga_id, "status": payment},
    }
    for table, row in rows.items():
        item = {key: {"S": value} for key, value in row.items()}
        stack.account.client("dynamodb").put_item(TableName=stack.outputs[table], Item=item)


def test_a_pending_refund_is_listed_with_its_reason_and_nothing_to_do(stack: Stack, console: Console) -> None:
    is_open(stack, "slow", REFUND_PENDING)
    list_rides(console, stack)
    shown = " ".join(line.strip() for line in screen(console))
    assert "why             refund pending: the gateway has accepted it" in shown
    assert "Next: wait: nothing is to be done until the refunds arrive." in shown
    assert recover_all(console, stack)
    assert screen(console)[0].startswith("Nothing to recover")


def test_beside_a_pending_refund_the_other_ride_is_the_next(stack: Stack, console: Console) -> None:
    is_open(stack, "slow", REFUND_PENDING)
    is_open(stack, "stuck", "refunding")
    list_rides(console, stack)
    shown = screen(console)
    assert shown[0].startswith("2 rides have been open")
    assert shown[-1] == "Next: make ride RIDE=stuck"

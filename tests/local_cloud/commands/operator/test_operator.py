"""`make rides` and `make ride`: the verdict first, the next command last, and never a card."""

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from lambda_src.recovery.work.work_row import PARKED, WORK
from tests.support.local_cloud.operator import has_message, parked, screen
from wild_rydes_saga.cli.operator.recover import recover_all, recover_ride
from wild_rydes_saga.cli.operator.ride import show_ride
from wild_rydes_saga.cli.operator.rides import list_rides
from wild_rydes_saga.cli.screen import duration
from wild_rydes_saga.console.facts import ride as page
from wild_rydes_saga.console.facts.express.rides import LONGEST
from wild_rydes_saga.deployed import stacks
from wild_rydes_saga.deployed.errors import OperatorError
from wild_rydes_saga.deployed.operations import left_behind
from wild_rydes_saga.deployed.operations import open_rides as overview
from wild_rydes_saga.deployed.operations.recoveries import Ending
from wild_rydes_saga.deployed.rides import Rides
from wild_rydes_saga.deployed.stacks import Outputs, Stack, StackOutputs, aws_stack, local_stack
from wild_rydes_saga.foundation.stage_guard import GATEWAY_PARAMETER, PARAMETER
from wild_rydes_saga.machines.fare_recovery import ENDING
from wild_rydes_saga.machines.outcomes import OPEN_INDEX, WORK_INDEX
from wild_rydes_saga.saga.express import LONGEST_SECONDS
from wild_rydes_saga.services.fares import UNSETTLED_INDEX
from wild_rydes_saga.settings import DEFAULT_STACK_NAME, MOST_SHARDS

Payload = Callable[..., dict[str, Any]]

CARD = {"cc": "4929 1234 5678 9012", "expiryDate": "11/39", "cvv": "8642"}


def test_names_that_are_typed_twice_are_the_same(rides: Rides) -> None:
    assert {ending.value for ending in Ending if ending.value} == {
        ENDING.recovered,
        ENDING.nothing,
        ENDING.running,
        ENDING.parked,
        ENDING.refused,
    }
    assert overview.UNSETTLED_INDEX == UNSETTLED_INDEX
    assert (overview.WORK_INDEX, overview.OPEN_INDEX) == (WORK_INDEX, OPEN_INDEX)
    assert (left_behind.STAGE_PARAMETER, left_behind.GATEWAY_PARAMETER) == (PARAMETER, GATEWAY_PARAMETER)
    assert LONGEST.total_seconds() == LONGEST_SECONDS
    assert page.MOST_SHARDS == MOST_SHARDS
    assert stacks.DEFAULT_STACK_NAME == DEFAULT_STACK_NAME


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
        "Nothing to recover: no ride is parked, and none has been open for longer than a ride can run.",
    ]


PARKED_RIDE = (
    "  customerId      [red]?2J_fail_refund",
    "  fareAmount      $20.00",
    "  still to do     RefundFare, SetFareStatusFailed",
    "  error           SagaRollbackIncomplete",
    "  payments        refunding: captured $20.00, refunded $0.00",
    "  gateway's book  authorise $20.00, capture $20.00",
    "  account         rejected: credited $0.00, reversed $0.00",
    "  messages        none, as far as these histories go",
)


def test_a_parked_ride_is_shown_without_its_card_and_can_stay_parked(
    rides: Rides, payload: Payload, fare_id: str, console: Console, stack: Stack
) -> None:
    saga_id = parked(rides, payload(customerId="[red]\x9b2J_fail_refund", **CARD))
    name = saga_id.rpartition(":")[2]
    list_rides(console, stack)
    listed = screen(console)
    assert re.fullmatch(r"\d+ rides? (is|are) parked and waiting for you.*", listed[0])
    show_ride(console, stack, saga_id)
    shown = screen(console)
    assert re.fullmatch(
        r"The ride is not rolled back yet: the rider is owed \$20\.00\. RefundFare failed \d+ times: \w+\.", shown[0]
    )
    lift = f"end the failure that its customerId forces: make lift RIDE={name}"
    assert shown[-1] == f"Next: {lift}, then: make recover RIDE={name}"
    assert not recover_ride(console, stack, name)
    recovered = screen(console)
    assert recovered == [
        "0 of 1 ride settled, 1 left to you.",
        f"{name}: parked again (the gateway would not refund: forced by the customerId)",
        f"Next: make ride RIDE={name} says why",
    ]
    assert has_message(rides, saga_id)
    for lines in (listed, shown):
        assert f"  saga id         {saga_id}" in lines
    assert [line for line in (*PARKED_RIDE, f"  fareId          {fare_id}") if line not in shown] == []
    said = "\n".join([*listed, *shown, *recovered])
    without_ids = re.sub(r"[0-9a-f-]{12,}", "", said)  # three or four digits may be in an id by chance
    assert CARD["cc"] not in said
    assert CARD["cc"].replace(" ", "") not in said
    assert CARD["expiryDate"] not in said
    assert CARD["cvv"] not in without_ids
    assert "\x9b" not in said


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


def test_rows_that_name_no_saga_are_listed_and_stop_no_command(
    rides: Rides, outputs: Outputs, console: Console
) -> None:
    old = {"S": "2026-01-01T00:00:00.000Z"}
    rows: dict[str, dict[str, Any]] = {
        "no saga": {},
        "a number": {"sagaId": {"N": "7"}},
        "a list": {"sagaId": {"L": []}},
    }
    for fare_id, more in rows.items():
        item = {"fareId": {"S": fare_id}, "unsettledSince": old, "fareStatus": {"S": "pending"}, **more}
        rides.account.client("dynamodb").put_item(TableName=outputs["FaresTableName"], Item=item)
    stack = Stack(rides.account, outputs)
    list_rides(console, stack)
    listed = screen(console)
    for fare_id in rows:
        assert f"  fareId          {fare_id}" in listed
    assert listed.count("unreadable") == len(rows)
    assert recover_all(console, stack), "no ride waits for a recovery"


def test_a_parked_ride_stays_listed_without_its_message(rides: Rides, outputs: Outputs, console: Console) -> None:
    """A queue keeps a message for 14 days, and a fare that is settled has no mark."""
    saga_id = f"{rides.outputs['FareSagaArn'].replace(':stateMachine:', ':execution:')}:parked-long-ago"
    long_ago = "2026-01-01T00:00:00.000Z"
    row = {"sagaId": saga_id, WORK: PARKED, "nextAt": long_ago, "parkedAt": long_ago, "fareId": ""}
    item = {name: {"S": value} for name, value in row.items()}
    rides.account.client("dynamodb").put_item(TableName=outputs["OutcomesTableName"], Item=item)
    list_rides(console, Stack(rides.account, outputs))
    listed = screen(console)
    assert listed[0] == "1 ride is parked and waiting for you."
    assert f"  saga id         {saga_id}" in listed

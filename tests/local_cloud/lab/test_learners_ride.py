"""`make ride` shows a ride of the learner's machine like any other, whatever its states are called."""

import json
import uuid

import pytest
from rich.console import Console

from tests.support.local_cloud.operator import screen
from wild_rydes_saga.cli.check import check_machine
from wild_rydes_saga.cli.operator.ride import show_ride
from wild_rydes_saga.deployed.rides import LAB_RIDES, Rides
from wild_rydes_saga.deployed.stacks import Stack
from wild_rydes_saga.lab import CHAPTERS, answer, riding

RENAMED = {
    "NotifySuccess": "TellTheRider",
    "NotifyFailure": "TellOfFailure",
    "ChargeFare": "Pay",
    "RefundFare": "GiveBack",
}


@pytest.mark.parametrize(
    ("customer_id", "verdict", "message"),
    [
        ("3", "The ride completed: the rider paid $20.00.", "TellTheRider by the saga"),
        pytest.param(
            "3__fail_credit",
            "The ride was rolled back after AccountCreditException: the rider paid nothing.",
            "TellOfFailure by the saga",
            marks=pytest.mark.long,
        ),
    ],
)
def test_a_ride_on_states_with_other_names_is_shown(
    rides: Rides, console: Console, stack: Stack, customer_id: str, verdict: str, message: str
) -> None:
    text = json.dumps(answer(len(CHAPTERS)))
    for name, other in RENAMED.items():
        text = text.replace(f'"{name}"', f'"{other}"')
    assert riding.deploy(rides.account, rides.outputs, _filled(text, rides)) == ""
    ride = next(one for one in LAB_RIDES if one.customer_id == customer_id)
    saga_id = rides.start({**ride.payload, "fareId": f"own_{uuid.uuid4().hex[:8]}"}, machine=riding.MACHINE)
    rides.wait(saga_id)
    show_ride(console, stack, saga_id.rpartition(":")[2])
    shown = screen(console)
    assert shown[0] == verdict
    assert f"  messages        {message}" in shown
    assert any("Pay" in line for line in shown if line.startswith("  path"))


def _filled(text: str, rides: Rides) -> str:
    for name, value in rides.outputs.items():
        text = text.replace(f"${{{name}}}", value)
    return text


@pytest.mark.long
def test_make_check_prints_each_item_and_the_verdict(
    rides: Rides, console: Console, stack: Stack, tmp_path: object
) -> None:
    begin = {"StartAt": "RegisterFare", "States": {"RegisterFare": {"Type": "Pass", "End": True}}}
    riding.deploy(rides.account, rides.outputs, json.dumps(begin))
    assert not check_machine(console, stack, None)
    shown = [line for line in console.file.getvalue().splitlines() if line]  # type: ignore[attr-defined]  # a StringIO
    assert any(line.startswith("✗ Ride 3: ") for line in shown)
    assert any(line.startswith("Chapter 0 of 8. 0 of 4 rides are right.") for line in shown)
    assert shown[-1].startswith("Next: chapter 1, Register the fare")
    assert shown[-1].endswith("No fare was registered, because RegisterFare is a Pass state, which calls nothing.")

"""The lab's four rides, as its guide shows them, on the machine as deployed."""

import itertools
import json

import pytest

from tests.support.local_cloud.ride_audit import assert_all_or_nothing
from wild_rydes_saga.deployed.rides import LAB_FARE, LAB_RIDES, Rides

ORDERS = list(itertools.permutations(LAB_RIDES))
THREE_TIMES_OVER = [*ORDERS[0], *ORDERS[-1], *ORDERS[11]]


def test_the_rides_take_the_labs_paths_in_any_order(rides: Rides) -> None:
    for ride in THREE_TIMES_OVER:
        saga_id = rides.start(ride.payload)
        outcome = rides.outcome(saga_id, LAB_FARE["fareId"])
        assert outcome.differences(ride.expected) == []
        assert_all_or_nothing(rides, saga_id, fare_minor=ride.expected.credited)


@pytest.mark.parametrize("ride", LAB_RIDES, ids=lambda ride: ride.title)
def test_the_message_reports_the_outcome_without_the_card(rides: Rides, ride: object) -> None:
    lab_ride = next(one for one in LAB_RIDES if one is ride)
    saga_id = rides.start(lab_ride.payload)
    outcome = rides.outcome(saga_id, LAB_FARE["fareId"])
    message = dict(outcome.message or {})
    failure = message.pop("failure", None)
    charge = rides.row("PaymentsTableName", {"sagaId": saga_id}) or {}
    receipt = {"chargeId": charge["chargeId"]} if "chargeId" in charge else {}
    assert message == {
        "eventId": f"{saga_id}#{lab_ride.expected.fare_status}",
        "sagaId": saga_id,
        "fareId": LAB_FARE["fareId"],
        "customerId": lab_ride.customer_id,
        "fareAmount": LAB_FARE["fareAmount"],
        "fareStatus": lab_ride.expected.fare_status,
        **receipt,
    }
    if lab_ride.expected.error:
        assert failure is not None
        assert (failure["error"], failure["step"]) == (lab_ride.expected.error, outcome.path[-5 if receipt else -4])
        assert "stackTrace" not in json.dumps(failure)


def test_the_happy_path_enters_five_states(rides: Rides) -> None:
    events = rides.history(start_and_wait(rides))
    assert sum(event["type"].endswith("StateEntered") for event in events) == 5


def start_and_wait(rides: Rides) -> str:
    """Runs the lab's successful ride to its end."""
    saga_id = rides.start(LAB_RIDES[0].payload)
    rides.wait(saga_id)
    return saga_id

"""Rides on Express: doubt, deliveries that come twice, and rides of both machines on one fare."""

from dataclasses import replace

import pytest

from tests.support.faults.cloud import FaultyCloud
from tests.support.faults.injection.fault import Fault, new_fare_id
from tests.support.faults.trial import Trial

EXPRESS = (True,)
WAYS = ("twin", "beside")
STATES = ("OpenRide", "ChargeFare", "NotifySuccess")


def wrong_with(cloud: FaultyCloud, *trials: Trial) -> list[str]:
    """Runs trials; returns what is wrong with their rides."""
    rides = cloud.run([replace(trial, express=trial.express or EXPRESS) for trial in trials])
    return [str(finding) for finding in cloud.audit(rides) if finding.saga_id]


@pytest.mark.parametrize("way", WAYS)
def test_a_ride_delivered_twice_is_one_ride(way: str, faulty: FaultyCloud) -> None:
    trials = [
        Trial(label=f"{way} at {state}", fare_id=new_fare_id(), faults=[Fault(state=state, kind=way, times=1)])
        for state in STATES
    ]
    assert wrong_with(faulty, *trials) == []


def test_a_ride_delivered_again_after_its_end_is_the_same_ride(faulty: FaultyCloud) -> None:
    declined = Trial(label="declined", fare_id=new_fare_id(), customer_id="3_fail_auth", delivered_again=True)
    completed = Trial(label="completed", fare_id=new_fare_id(), delivered_again=True)
    assert wrong_with(faulty, declined, completed) == []


def test_doubt_is_handed_to_the_recovery(faulty: FaultyCloud) -> None:
    doubt = Trial(label="doubt", fare_id=new_fare_id(), faults=[Fault(state="ChargeFare", after=True)])
    pivot = Trial(label="after the pivot", fare_id=new_fare_id(), faults=[Fault(state="NotifySuccess", times=3)])
    assert wrong_with(faulty, doubt, pivot) == []


def test_a_ride_that_was_not_recorded_is_ridden_when_asked_for_again(faulty: FaultyCloud) -> None:
    outage = [Fault(state=state, times=2) for state in ("OpenRide", "HandOver")]
    unrecorded = Trial(label="not recorded", fare_id=new_fare_id(), faults=outage)
    assert wrong_with(faulty, unrecorded) == []
    assert faulty.on_express.started_again == [faulty.started[-1]]


def test_both_machines_ride_the_same_fares(faulty: FaultyCloud) -> None:
    mixed = [
        Trial(label="both machines", fare_id=new_fare_id(), crowd=4, express=(True, False, True, False), faults=faults)
        for faults in ([], [Fault(state="CustomerAccountCredit", after=True)])
    ]
    assert wrong_with(faulty, *mixed) == []

"""Named cases of recovery. The matrix has many more; here each can be read and run by itself."""

import time
from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest

from tests.support.faults.cloud import FaultyCloud
from tests.support.faults.injection.fault import RECOVERY, SAGA, Fault, calls_are_held, new_fare_id, set_faults
from tests.support.faults.matrix import tasks_of
from tests.support.faults.mutants import disabled_rule
from tests.support.faults.others_rows import ride_of_the_learners_machine
from tests.support.faults.trial import StartedRide, Trial
from wild_rydes_saga.deployed.rides import path_of

DOUBT = Fault(state="CustomerAccountCredit", error="States.Timeout", after=True)
LANDED = "Lambda.Unknown"

STOPPED_IN = Fault(state="", kind="stop", times=1)
CASES = {
    "stopped before RegisterFare": [replace(STOPPED_IN, state="RegisterFare")],
    "a register call that lands after the rollback": [
        Fault(state="RegisterFare", kind="late", error="States.Timeout", until=(SAGA, "NotifyFailure"))
    ],
    "a register call that lands after its recovery": [
        Fault(state="RegisterFare", kind="stop", times=1, until=(RECOVERY, "NotifyFailure"))
    ],
    "the pivot's write lands before the claim": [replace(STOPPED_IN, state="SetFareStatusCompleted", after=True)],
    "the pivot's write lands before the claim, after the inspection": [
        Fault(state="SetFareStatusCompleted", kind="stop", times=1, until=(RECOVERY, "InspectExecution"))
    ],
    "the pivot's write lands after the claim": [
        Fault(state="SetFareStatusCompleted", kind="stop", times=1, until=(RECOVERY, "ClaimFare"))
    ],
    "the pivot's write lands in the middle of the recovery": [
        Fault(state="SetFareStatusCompleted", kind="stop", times=1, until=(RECOVERY, "RefundFare"))
    ],
    "NotifyFailure gives up and its message was sent": [DOUBT, Fault(state="NotifyFailure", error=LANDED, after=True)],
    "NotifyFailure gives up and nothing was sent": [DOUBT, Fault(state="NotifyFailure", error=LANDED)],
    "NotifySuccess gives up and its message was sent": [Fault(state="NotifySuccess", error=LANDED, after=True)],
    "SetFareStatusFailed gives up and its write landed": [
        DOUBT,
        Fault(state="SetFareStatusFailed", error="States.Timeout", after=True),
    ],
    "SetFareStatusFailed gives up and nothing was written": [
        DOUBT,
        Fault(state="SetFareStatusFailed", error="States.Timeout"),
    ],
}

CHARGED_TWICE = 2
REDRIVEN = {
    "declined": [Fault(state="ChargeFare", kind="clean", suffix="_fail_auth")],
    "stopped before RegisterFare": [replace(STOPPED_IN, state="RegisterFare")],
    "stopped before ChargeFare": [replace(STOPPED_IN, state="ChargeFare")],
    "stopped after ChargeFare": [replace(STOPPED_IN, state="ChargeFare", after=True)],
    "stopped before the pivot": [replace(STOPPED_IN, state="SetFareStatusCompleted")],
    "SetFareStatusFailed gives up": [DOUBT, Fault(state="SetFareStatusFailed", error="States.Timeout")],
    "a compensation gives up": [DOUBT, Fault(state="RefundFare")],
    "NotifyFailure gives up": [DOUBT, Fault(state="NotifyFailure", error=LANDED)],
    "NotifySuccess gives up": [Fault(state="NotifySuccess", error=LANDED)],
}

PAST_THE_PIVOT = {
    "NotifySuccess gives up",
    "the pivot's write lands before the claim",
    "the pivot's write lands before the claim, after the inspection",
    "NotifySuccess gives up and its message was sent",
}


def wrong_with(cloud: FaultyCloud, rides: Sequence[StartedRide]) -> list[str]:
    """What is wrong with these rides, when nothing moves any more."""
    return [str(finding) for finding in cloud.audit(rides) if finding.saga_id]


def recover(cloud: FaultyCloud, ride: StartedRide, *, times: int = 1) -> list[str]:
    """Starts a ride's recovery by hand, and waits; returns how each ended."""
    started = [cloud.recover(ride.saga_id) for _ in range(times)]
    cloud.wait_until_quiet()
    return [path_of(cloud.rides.history(arn))[-1] for arn in started]


def fare_of(cloud: FaultyCloud, ride: StartedRide) -> dict[str, str]:
    row = cloud.rides.row("FaresTableName", {"fareId": ride.fare_id})
    assert row is not None
    return row


def test_a_recovery_finishes_each_ride(faulty: FaultyCloud) -> None:
    stopped = {f"stopped in {task}": [replace(STOPPED_IN, state=task)] for task in tasks_of(faulty.plan)[:5]}
    rides = faulty.run([Trial(label=name, faults=faults) for name, faults in {**CASES, **stopped}.items()])
    assert wrong_with(faulty, rides) == []
    settled = {ride.label: fare_of(faulty, ride)["fareStatus"] for ride in rides}
    assert {name: settled[name] for name in CASES} == {
        name: "completed" if name in PAST_THE_PIVOT else "failed" for name in CASES
    }


def redrive(cloud: FaultyCloud, ride: StartedRide) -> None:
    """Lets an execution that ended badly run again from the state that did not succeed."""
    set_faults(cloud.folder, ride.fare_id)
    cloud.account.client("stepfunctions").redrive_execution(executionArn=ride.saga_id)


def test_a_redrive_after_the_recovery_changes_no_outcome(faulty: FaultyCloud) -> None:
    rides = faulty.run([Trial(label=name, fare_id=new_fare_id(), faults=faults) for name, faults in REDRIVEN.items()])
    assert wrong_with(faulty, rides) == []
    before = [fare_of(faulty, ride)["fareStatus"] for ride in rides]
    for ride in rides:
        redrive(faulty, ride)
    faulty.wait_until_quiet()
    faulty.sweep()
    faulty.wait_until_quiet()
    assert wrong_with(faulty, rides) == []
    assert [fare_of(faulty, ride)["fareStatus"] for ride in rides] == before
    assert before == ["completed" if ride.label in PAST_THE_PIVOT else "failed" for ride in rides]


@pytest.mark.long
@pytest.mark.parametrize("task", ["ReverseAccountCredit", "RefundFare", "SetFareStatusFailed", "NotifyFailure"])
def test_a_redrive_while_its_recovery_runs_changes_no_outcome(faulty: FaultyCloud, task: str) -> None:
    """The recovery's call is held until the redriven execution has charged the card, or tried to."""
    stopped = replace(STOPPED_IN, state="ChargeFare")
    held = Fault(state=task, kind="hold", times=1, machine=RECOVERY, until=(SAGA, "ChargeFare"))
    trial = Trial(label=f"redriven before {task}", fare_id=new_fare_id(), faults=[stopped, held])
    rides = faulty.ride(trial)
    wait_until(lambda: calls_are_held(faulty.folder))
    redrive(faulty, rides[0])
    faulty.wait_until_quiet()
    faulty.sweep()
    faulty.wait_until_quiet()
    assert path_of(faulty.rides.history(rides[0].saga_id)).count("ChargeFare") == CHARGED_TWICE
    assert wrong_with(faulty, rides) == []
    assert fare_of(faulty, rides[0])["fareStatus"] == "failed"


def wait_until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < deadline, "it does not come to that"
        time.sleep(0.02)


def test_three_recoveries_of_one_ride_do_what_one_does(faulty: FaultyCloud) -> None:
    rides = faulty.run([Trial(label="two events", faults=[replace(STOPPED_IN, state="ChargeFare", after=True)])])
    assert recover(faulty, rides[0], times=3) == ["RideRecovered"] * 3
    assert wrong_with(faulty, rides) == []


def test_without_an_event_the_sweep_recovers_the_ride(faulty: FaultyCloud) -> None:
    trial = Trial(label="no event", faults=[replace(STOPPED_IN, state="CustomerAccountCredit", after=True)])
    with disabled_rule(faulty, "EndedBadly"):
        rides = faulty.run([trial])
        assert fare_of(faulty, rides[0])["fareStatus"] == "pending"
        faulty.sweep()
        faulty.wait_until_quiet()
        assert wrong_with(faulty, rides) == []
    assert fare_of(faulty, rides[0])["fareStatus"] == "failed"


def test_a_ride_of_the_learners_machine_is_recovered(faulty: FaultyCloud) -> None:
    ride = ride_of_the_learners_machine(faulty)
    faulty.wait_until_quiet()
    assert wrong_with(faulty, [ride]) == []
    assert fare_of(faulty, ride)["fareStatus"] == "failed"


def test_a_ride_that_is_still_running_is_left_alone(faulty: FaultyCloud) -> None:
    held = Fault(state="ChargeFare", kind="hold", times=1, until=(RECOVERY, "InspectExecution"))
    rides = faulty.run([Trial(label="running", faults=[held], recovered_meanwhile=True, by_itself=True)])
    assert wrong_with(faulty, rides) == []
    assert fare_of(faulty, rides[0])["fareStatus"] == "completed"


@pytest.mark.long
@pytest.mark.parametrize(
    ("gives_up", "status"),
    [
        ([DOUBT, Fault(state="SetFareStatusFailed", error=LANDED, after=True)], "failed"),
        ([Fault(state="NotifySuccess", error=LANDED)], "completed"),
        ([DOUBT, Fault(state="NotifyFailure", error=LANDED)], "failed"),
    ],
    ids=["settled in doubt", "completed and not reported", "failed and not reported"],
)
def test_a_ride_whose_fare_was_ridden_again_is_reported_by_its_ledgers(
    faulty: FaultyCloud, gives_up: list[Fault], status: str
) -> None:
    fare_id = new_fare_id()
    with disabled_rule(faulty, "EndedBadly"):
        first = faulty.run([Trial(label="first", fare_id=fare_id, faults=gives_up)])
        set_faults(faulty.folder, fare_id)
        second = faulty.run([Trial(label="second", fare_id=fare_id)])
    assert fare_of(faulty, first[0])["sagaId"] == second[0].saga_id
    assert recover(faulty, first[0]) == ["RideRecovered"]
    assert wrong_with(faulty, [*first, *second]) == []
    reported = {message["sagaId"]: message["fareStatus"] for _, message in faulty.reader.taken}
    assert (reported[first[0].saga_id], reported[second[0].saga_id]) == (status, "completed")
    assert fare_of(faulty, first[0])["fareStatus"] == "completed"


def test_a_ride_is_parked_once_and_can_be_recovered_later(faulty: FaultyCloud) -> None:
    fare_id = new_fare_id()
    refund = Fault(state="RefundFare", machine=None)
    rides = faulty.run([Trial(label="parked", fare_id=fare_id, faults=[DOUBT, refund], may_park=True)])
    assert wrong_with(faulty, rides) == []
    parked = [message for message in faulty.reader.parked if message["sagaId"] == rides[0].saga_id]
    assert [message["stillToDo"] for message in parked] == [["RefundFare", "SetFareStatusFailed"]]
    assert parked[0]["trouble"]["state"] == "RefundFare"
    assert "parkedAt" in fare_of(faulty, rides[0])
    set_faults(faulty.folder, fare_id)
    assert recover(faulty, rides[0]) == ["RideRecovered"]
    faulty.reader.parked = [message for message in faulty.reader.parked if message["sagaId"] != rides[0].saga_id]
    assert wrong_with(faulty, rides) == []
    assert fare_of(faulty, rides[0])["fareStatus"] == "failed"

"""AWS at its worst: throttles longer than any patience, slow calls, and events that are lost, late or sent twice.

RIDES says how many rides of each kind. Waits of machines take a thousandth of their time here, so that a machine's
patience with an end that is not shown yet is over in milliseconds: 3 seconds are as long for it as 50 minutes on AWS.
What starts recoveries again has its own times, in seconds. LATE_SECONDS=30 tries those with AWS's real delay.
"""

import os
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Final

import pytest

from lambda_src import environment
from tests.conftest import REPORTED
from tests.support.faults.cloud import FaultyCloud
from tests.support.faults.injection.conditions import Conditions, calls_made, conditions
from tests.support.faults.injection.fault import Fault, new_fare_id
from tests.support.faults.recovery_work import HURRIED, SHORT_PATIENCE
from tests.support.faults.trial import StartedRide, Trial, declined, refused, rolled_back
from wild_rydes_saga.machines.fare_recovery import ENDING
from wild_rydes_saga.settings import STAGES

RIDES: Final = int(os.environ.get("RIDES", "8"))
MANY: Final = RIDES >= 100
AT_ONCE: Final = 12 if MANY else 3
GRACE_SECONDS: Final = STAGES["workshop"].recovery_grace.to_seconds() if MANY else 3
"""Few rides are recorded at once; many at a time wait for each other, as long as they may where it is deployed."""
SLOW_SECONDS: Final = int(os.environ.get("SLOW_SECONDS", "8"))
LATE_SECONDS: Final = float(os.environ.get("LATE_SECONDS", "3"))
READS: Final = ("DescribeExecution", "GetExecutionHistory", "ListExecutions")
STEP_FUNCTIONS: Final = (*READS, "StartExecution")
STOPPED: Final = Fault(state="ChargeFare", kind="stop", times=1, after=True)
Counting = Callable[[str, object], None]

pytestmark = pytest.mark.timeout(900)


@pytest.fixture(autouse=True)
def as_patient_as_deployed(faulty: FaultyCloud) -> Iterator[None]:
    faulty.work.set_overload_attempts(2000)
    yield
    faulty.work.set_overload_attempts(SHORT_PATIENCE)


def seconds_until_a_recovery_gives_up(cloud: FaultyCloud, already: int) -> float:
    """Waits until a recovery has used up its patience with an overload; returns how long that took."""
    client, began = cloud.account.client("stepfunctions"), time.monotonic()
    while True:
        failed = client.list_executions(stateMachineArn=cloud.outputs["RecoveryArn"], statusFilter="FAILED")
        if len(failed["executions"]) > already:
            described = client.describe_execution(executionArn=failed["executions"][0]["executionArn"])
            assert described["error"] == ENDING.delayed
            return time.monotonic() - began
        assert time.monotonic() - began < 300, "no recovery has given up"
        time.sleep(0.5)


def in_doubt() -> Trial:
    """Its compensations must be tried by the recovery: the execution is stopped in the middle of a step."""
    return Trial(label="stopped", fare_id=new_fare_id(), faults=[STOPPED])


def wrong_with(cloud: FaultyCloud, rides: Sequence[StartedRide]) -> list[str]:
    return [str(finding) for finding in cloud.audit(rides) if finding.saga_id]


def recoveries(cloud: FaultyCloud, **only: str) -> int:
    pages = cloud.account.client("stepfunctions").get_paginator("list_executions")
    asked = {"stateMachineArn": cloud.outputs["RecoveryArn"], **{f"{name}Filter": one for name, one in only.items()}}
    return sum(len(page["executions"]) for page in pages.paginate(**asked))


@pytest.fixture
def some_grace(faulty: FaultyCloud) -> Iterator[None]:
    """As deployed, a ride waits until its message has been recorded; the other tests do without that."""
    faulty.work.set(**{environment.RECOVERY_GRACE_SECONDS: str(GRACE_SECONDS)})
    yield
    faulty.work.set(**{environment.RECOVERY_GRACE_SECONDS: HURRIED[environment.RECOVERY_GRACE_SECONDS]})


@pytest.mark.usefixtures("some_grace")
@pytest.mark.parametrize("kind", [declined, refused, rolled_back])
def test_a_failure_that_left_nothing_costs_no_recovery_and_no_api_call(
    faulty: FaultyCloud, kind: Callable[[], Trial], record_property: Counting
) -> None:
    faulty.wait_until_quiet()
    started, before = recoveries(faulty), calls_made(faulty.folder)
    rides = faulty.run([kind() for _ in range(RIDES)], at_once=AT_ONCE)
    called = calls_made(faulty.folder) - before
    made = {name: called[name] for name in STEP_FUNCTIONS if called[name]}
    assert wrong_with(faulty, rides) == []
    assert (recoveries(faulty) - started, made) == (0, {})
    record_property(REPORTED, f"{RIDES} rides {kind.__name__}: 0 recoveries, 0 calls of Step Functions, {dict(called)}")


@pytest.mark.long
def test_an_outage_of_twice_the_patience_parks_nothing(faulty: FaultyCloud, record_property: Counting) -> None:
    """A recovery that used up its patience ends, and another one starts: so the outage delays and parks nothing."""
    faulty.wait_until_quiet()
    faulty.work.set_overload_attempts(SHORT_PATIENCE)  # or the outage would take hours
    given_up_before, began = recoveries(faulty, status="FAILED"), time.monotonic()
    with conditions(faulty.folder, Conditions(throttled=READS)):
        trials = [kind() for kind in (declined, refused, rolled_back, in_doubt) for _ in range(RIDES)]
        with ThreadPoolExecutor(AT_ONCE) as pool:
            rides = [ride for mine in pool.map(faulty.ride, trials) for ride in mine]
        faulty.sweep()
        patience = seconds_until_a_recovery_gives_up(faulty, given_up_before)
        time.sleep(patience)
        throttled = time.monotonic() - began
        waiting = faulty.work.rides("due") + faulty.work.rides("recovering")
    ended, given_up = time.monotonic(), recoveries(faulty, status="FAILED") - given_up_before
    faulty.wait_until_quiet(patience_seconds=600)
    assert waiting >= RIDES
    assert wrong_with(faulty, rides) == [], "nothing is parked, and every outcome is reported"
    record_property(
        REPORTED,
        f"an outage of {throttled:.0f} s, the patience of a recovery being {patience:.0f} s, while {len(rides)} rides "
        f"failed: {given_up} recoveries gave up, {waiting} rides waited, none was parked, and all were finished "
        f"{time.monotonic() - ended:.0f} s after it",
    )


@pytest.mark.long
def test_an_overload_ends_by_itself_and_parks_nothing(faulty: FaultyCloud, record_property: Counting) -> None:
    """Every call of the handlers is slower than they wait for, while many rides are refused and some are good."""
    most, ended = [0], threading.Event()

    def count_recoveries() -> None:
        client = faulty.account.client("stepfunctions")
        while not ended.wait(0.5):
            running = client.list_executions(stateMachineArn=faulty.outputs["RecoveryArn"], statusFilter="RUNNING")
            most[0] = max(most[0], len(running["executions"]))

    counting = threading.Thread(target=count_recoveries)
    counting.start()
    trials = [trial for _ in range(RIDES) for trial in (*(refused() for _ in range(5)), Trial(label="good"))]
    with conditions(faulty.folder, Conditions(slow_seconds=3)):
        rides = [ride for trial in trials for ride in faulty.start(trial)]
        time.sleep(SLOW_SECONDS)
    since = time.monotonic()
    faulty.wait_until_quiet(patience_seconds=600)
    drained = time.monotonic() - since
    ended.set()
    counting.join()
    assert wrong_with(faulty, rides) == []
    assert most[0] <= faulty.work.at_once()
    record_property(
        REPORTED,
        f"an overload of {SLOW_SECONDS} s with {len(rides)} rides: at most {most[0]} recoveries at the same time, "
        f"nothing left to do {drained:.0f} s after it",
    )


@pytest.mark.long
def test_throttled_writes_roll_back_no_good_ride(faulty: FaultyCloud) -> None:
    """A throttle means that nothing was written: a handler repeats the write, then the machine repeats the step."""
    ended = threading.Event()

    def short_outages() -> None:
        while not ended.wait(0.4):
            with conditions(faulty.folder, Conditions(throttled=("UpdateItem", "PutItem", "TransactWriteItems"))):
                time.sleep(0.1)

    thread = threading.Thread(target=short_outages)
    thread.start()
    try:
        rides = faulty.run([Trial(label="throttled", by_itself=True) for _ in range(RIDES)])
    finally:
        ended.set()
        thread.join()
    faulty.wait_until_quiet()
    assert wrong_with(faulty, rides) == []
    fares = [faulty.rides.row("FaresTableName", {"fareId": ride.fare_id}) for ride in rides]
    assert [fare["fareStatus"] for fare in fares if fare] == ["completed"] * RIDES


@pytest.mark.long
@pytest.mark.parametrize(
    "worst",
    [
        Conditions(events="lost"),
        Conditions(events="twice"),
        Conditions(events="late", late_seconds=LATE_SECONDS),
        Conditions(end_shown_late=True, late_seconds=LATE_SECONDS),
    ],
    ids=["lost", "twice", "late", "an end that is shown late"],
)
def test_every_ride_is_found_whatever_becomes_of_its_event(faulty: FaultyCloud, worst: Conditions) -> None:
    """Also one whose fare is settled and whose message was never sent: no row of it is unsettled."""
    unreported = Fault(state="NotifySuccess", error="Lambda.Unknown", times=None)
    settled = [Trial(label="not reported", fare_id=new_fare_id(), faults=[unreported]) for _ in range(RIDES // 2)]
    with conditions(faulty.folder, worst):
        rides = faulty.run([*(in_doubt() for _ in range(RIDES // 2)), *settled])
        time.sleep(worst.late_seconds)
    for _ in range(2):
        faulty.sweep()
        faulty.wait_until_quiet()
    assert wrong_with(faulty, rides) == []

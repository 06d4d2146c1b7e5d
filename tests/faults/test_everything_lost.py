"""An hour in which every event is lost, with rows among the fares that no saga of ours wrote.

The sweep runs every five minutes, so an hour has twelve. The rides fail between them, in every way. Waits of machines
take a thousandth of their time here, and the sweep takes what is unsettled at once.
"""

import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final

import pytest

from tests.conftest import REPORTED
from tests.support.card import logs
from tests.support.faults.cloud import AT_ONCE, FaultyCloud
from tests.support.faults.injection.conditions import Conditions, conditions
from tests.support.faults.injection.fault import Fault, new_fare_id
from tests.support.faults.matrix import failure_message, tasks_of
from tests.support.faults.others_rows import others_rows, ride_of_the_learners_machine
from tests.support.faults.trial import StartedRide, Trial, declined, refused, rolled_back
from wild_rydes_saga.deployed.operations.open_rides import unreadable_fares

SWEEPS: Final = 12
"""Of an hour."""
NOT_SENT: Final = "Lambda.Unknown"

pytestmark = pytest.mark.timeout(900)


def failing(cloud: FaultyCloud) -> list[Trial]:
    """A ride for each way of failing: stopped in every task, and given up by every state after the first doubt."""
    plan = cloud.plan
    in_doubt = Fault(state=plan.compensable[-1].action, error="States.Timeout", after=True)
    # A message that was sent just before the stop is sent again: whether it was sent is written nowhere.
    message = plan.steps[-1].action
    stopped = [[Fault(state=step.action, kind="stop", times=1, after=step.action != message)] for step in plan.steps]
    undoing = [task for task in tasks_of(plan) if task not in {step.action for step in plan.steps}]
    given_up = [[in_doubt, Fault(state=task, error=NOT_SENT)] for task in undoing]
    settled = [[Fault(state=message, error=NOT_SENT)]]
    trials = [
        Trial(label=f"{faults[-1].kind} in {faults[-1].state}", fare_id=new_fare_id(), faults=faults)
        for faults in (*stopped, *given_up, *settled)
    ]
    assert failure_message(plan) in undoing
    return [*trials, declined(), refused(), rolled_back(), Trial(label="good", by_itself=True)]


@pytest.mark.long
def test_an_hour_of_lost_events_is_made_good_without_a_person(
    faulty: FaultyCloud, record_property: Callable[[str, object], None]
) -> None:
    faulty.wait_until_quiet()
    faulty.books()
    began, known = time.monotonic(), len(faulty.reader.parked)
    trials = failing(faulty)
    rides: list[StartedRide] = []
    with others_rows(faulty) as others, conditions(faulty.folder, Conditions(events="lost")):
        rides.append(ride_of_the_learners_machine(faulty))
        for number in range(SWEEPS):
            with ThreadPoolExecutor(AT_ONCE) as pool:
                rides += [ride for mine in pool.map(faulty.ride, trials[number::SWEEPS]) for ride in mine]
            faulty.sweep()
        faulty.wait_until_quiet()
        faulty.sweep()  # what the last sweep of the hour found under way
        faulty.wait_until_quiet()
        findings = [str(finding) for finding in faulty.audit(rides) if finding.saga_id]
        unreadable = set(unreadable_fares(faulty.account, faulty.outputs))
        parked = Counter(message["sagaId"] for message in faulty.reader.parked[known:])
    assert findings == []
    sent = Counter(str(message["sagaId"]) for _, message in faulty.reader.taken)
    assert {ride.label: sent[ride.saga_id] for ride in rides if sent[ride.saga_id] != 1} == {}
    assert parked == dict.fromkeys(others.foreign, 1), "nothing correct is parked, and nothing foreign is passed over"
    assert others.unreadable <= unreadable
    assert any('"FaresUnreadable":[2.0]' in line.replace(" ", "") for line in logs(faulty.account))
    record_property(
        REPORTED,
        f"{SWEEPS} sweeps, an hour's, with every event lost: {len(rides)} rides were found and each was reported once; "
        f"{len(others.foreign)} foreign rides were parked, {len(others.unreadable)} unreadable rows shown, "
        f"in {time.monotonic() - began:.0f} s",
    )

"""What waits for a record: a ride that an event reported, as long as messages are being recorded."""

from collections.abc import Callable
from typing import Final

import pytest

from lambda_src.moments import at, now
from lambda_src.recovery.start_recoveries import start_recoveries
from lambda_src.recovery.work.work_list import EVENT, SWEEP, WorkList
from tests.support.handlers.rides import RIDE
from tests.support.recovery.recovery_cloud import FaresBesideLedgers
from tests.unit.recovery.conftest import Queues

Rounds = Callable[[int], Callable[[], bool]]
SAGA: Final = RIDE.saga_id
NOTHING: Final = {"started": 0, "parked": 0}

pytestmark = pytest.mark.usefixtures("step_functions")


@pytest.mark.parametrize(("age", "started"), [(0, 0), (899, 0), (901, 1)])
def test_a_young_event_waits_for_messages_to_record_but_not_for_ever(
    age: int, started: int, work: WorkList, fares: FaresBesideLedgers, queues: Queues, rounds: Rounds
) -> None:
    work.add(SAGA, found_by=EVENT, start_at=now())
    fares.change_outcome(SAGA, foundAt=at(-age))
    queues.client.send_message(QueueUrl=queues.outcomes, MessageBody="{}")
    assert start_recoveries(work, time_left=rounds(9))["started"] == started
    queues.client.purge_queue(QueueUrl=queues.outcomes)
    assert start_recoveries(work, time_left=rounds(9))["started"] == 1 - started


def test_messages_that_are_being_recorded_are_not_waited_for(work: WorkList, queues: Queues, rounds: Rounds) -> None:
    """On a busy day there always are some. The time before a ride is due covers how long they take."""
    work.add(SAGA, found_by=EVENT, start_at=now())
    queues.client.send_message(QueueUrl=queues.outcomes, MessageBody="{}")
    queues.client.receive_message(QueueUrl=queues.outcomes)
    assert start_recoveries(work, time_left=rounds(9)) == {"started": 1, "parked": 0}


def test_a_ride_that_the_sweep_found_waits_for_no_message(work: WorkList, queues: Queues, rounds: Rounds) -> None:
    work.add(SAGA, found_by=SWEEP, start_at=now())
    queues.client.send_message(QueueUrl=queues.outcomes, MessageBody="{}")
    assert start_recoveries(work, time_left=rounds(9)) == {"started": 1, "parked": 0}

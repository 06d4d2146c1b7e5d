"""A row of the list that no function of ours wrote keeps no other ride waiting."""

import json
from collections.abc import Callable
from typing import Final

import pytest

from lambda_src.moments import at, now
from lambda_src.recovery.start_recoveries import start_recoveries
from lambda_src.recovery.work.work_list import SWEEP, WorkList
from lambda_src.recovery.work.work_row import DUE, NEXT_AT, RECOVERING, WORK
from tests.support.handlers.rides import RIDE
from tests.support.recovery.recovery_cloud import FaresBesideLedgers
from tests.support.recovery.step_functions import StepFunctions

SAGA: Final = RIDE.saga_id
FOREIGN: Final = f"{SAGA}-of-somebody-else"

pytestmark = pytest.mark.usefixtures("queues")


@pytest.mark.parametrize(
    "row",
    [
        {WORK: DUE, "attempts": "many"},
        {WORK: DUE, "attempts": "7"},
        {WORK: RECOVERING, "attempts": "many", "recoveryArn": "no execution"},
        {WORK: RECOVERING},
    ],
    ids=["attempts in words", "attempts as text", "a recovery that is none", "no recovery"],
)
def test_a_foreign_row_keeps_no_other_ride_waiting(
    row: dict[str, str],
    work: WorkList,
    step_functions: StepFunctions,
    fares: FaresBesideLedgers,
    rounds: Callable[[int], Callable[[], bool]],
) -> None:
    fares.change_outcome(FOREIGN, **{NEXT_AT: at(-3600), **row})
    work.add(SAGA, found_by=SWEEP, start_at=now())
    for _ in range(2):
        start_recoveries(work, time_left=rounds(9))
    started = [json.loads(asked["input"]) for operation, asked in step_functions.asked if operation == "StartExecution"]
    assert {"executionArn": SAGA} in started

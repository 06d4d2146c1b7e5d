"""The first messages of a stack that was just deployed.

SNS takes up to 15 minutes to apply a new subscription's filter policy (AWS, "Amazon SNS subscription filter policies").
Until then a message may reach no queue, or the wrong one, and is not sent again.
"""

import time
from collections.abc import Callable
from typing import Final

from wild_rydes_saga.deployed.errors import OperatorError
from wild_rydes_saga.deployed.rides import LAB_RIDES, LabRide, Rides

PATIENCE_SECONDS: Final = 20 * 60
_BETWEEN_RIDES_SECONDS: Final = 60
_MINUTE: Final = 60


def wait_for_first_messages(
    rides: Rides,
    *,
    progress: Callable[[str], None],
    patience_seconds: float = PATIENCE_SECONDS,
    between_rides_seconds: float = _BETWEEN_RIDES_SECONDS,
) -> None:
    """Rides until a message has arrived in each queue, and in the right one.

    Args:
        rides: The stack's.
        progress: Is given a line for each ride whose message did not arrive yet.
        patience_seconds: How long to go on.
        between_rides_seconds: How long to wait for each ride's message before the next ride.

    Raises:
        OperatorError: No message arrived in time.
    """
    began = time.monotonic()
    for queue, ride in _first_of_each_queue().items():
        started: list[str] = []
        while not _has_arrived(rides, ride, started, queue, between_rides_seconds):
            waited = time.monotonic() - began
            if waited > patience_seconds:
                raise OperatorError(
                    f"no message arrived in the {queue} queue within {_minutes(patience_seconds)} and {len(started)}"
                    " rides. Inspect the topic's subscriptions and the alarms, or try again: make demo-aws"
                )
            progress(f"no message in the {queue} queue after {_minutes(waited)} (of {_minutes(patience_seconds)})")


def _first_of_each_queue() -> dict[str, LabRide]:
    return {str(ride.expected.queue): ride for ride in reversed(LAB_RIDES)}


def _has_arrived(rides: Rides, ride: LabRide, started: list[str], queue: str, seconds: float) -> bool:
    """Rides once more, and waits; a message of an earlier ride counts too."""
    started.append(rides.start(ride.payload))
    rides.wait(started[-1])
    rides.message(started[-1], patience_seconds=seconds)
    return any(rides.message(one, patience_seconds=0)[0] == queue for one in started)


def _minutes(seconds: float) -> str:
    return f"{seconds / _MINUTE:.0f} minutes"

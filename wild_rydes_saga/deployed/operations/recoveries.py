"""Starts a recovery of a ride, and reads how it ended."""

import itertools
import json
import math
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any, Final

from wild_rydes_saga.deployed.account import Account
from wild_rydes_saga.deployed.operations.executions import FAILED_ATTEMPT
from wild_rydes_saga.deployed.rides import Rides, path_of
from wild_rydes_saga.deployed.stacks import Outputs

_LOCAL_SECONDS: Final = 0.5


class Ending(Enum):
    """The states in which a recovery ends."""

    RIDE_RECOVERED = "RideRecovered"
    NOTHING_TO_RECOVER = "NothingToRecover"
    STILL_RUNNING = "StillRunning"
    RIDE_PARKED = "RideParked"
    NOT_AN_EXECUTION = "NotAnExecution"
    INTERRUPTED = ""
    """In another way: the recovery itself timed out, was stopped, or failed."""


@dataclass(frozen=True)
class Ended:
    """How a recovery ended, with its cause where there is one."""

    ending: Ending
    cause: str = ""


def start_recovery(account: Account, outputs: Outputs, saga_id: str) -> str:
    """Starts the recovery of a ride, and returns the recovery's execution."""
    answer = account.client("stepfunctions").start_execution(
        stateMachineArn=outputs["RecoveryAliasArn"],
        name=f"operator-{uuid.uuid4().hex}",
        input=json.dumps({"executionArn": saga_id}),
    )
    return str(answer["executionArn"])


def seconds_before_parking(account: Account, outputs: Outputs, state: str | None = None) -> float:
    """How long the deployed recovery goes on trying a step that always fails, before it parks the ride.

    That is the sum of the waits. An overload of AWS, a pending refund and the attempts themselves take longer.

    Args:
        account: Where the stack is.
        outputs: The stack's outputs.
        state: The step; the one that is tried for longest if it is None.
    """
    return patience_of(Rides(account, outputs).definition("RecoveryArn"), state)


def patience_of(recovery: Mapping[str, Any], state: str | None = None) -> float:
    """How many seconds a recovery's machine waits between all attempts at a step that fails with any error."""
    states = recovery["States"].values() if state is None else [recovery["States"][state]]
    return max(
        (_waits(one) for each in states for one in each.get("Retry", ()) if one["ErrorEquals"] == ["States.ALL"]),
        default=0,
    )


def _waits(retrier: Mapping[str, Any]) -> float:
    """The sum of a retrier's waits; AWS's own numbers where it gives none (AWS, "Retrying after an error")."""
    wait, longest = float(retrier.get("IntervalSeconds", 1)), retrier.get("MaxDelaySeconds", math.inf)
    total = 0.0
    for _ in range(retrier.get("MaxAttempts", 3)):
        total += min(wait, longest)
        wait *= retrier.get("BackoffRate", 2)
    return total


def wait_for_recovery(account: Account, recovery_arn: str, say: Callable[[str], None] = lambda _: None) -> Ended:
    """Waits for a recovery's end, without a limit: its machine has a timeout.

    Args:
        account: Where it runs.
        recovery_arn: Its execution.
        say: Is given the state that it is in, and how often that has failed, whenever one of them changes.
    """
    client, pauses = account.client("stepfunctions"), account.pauses(local_seconds=_LOCAL_SECONDS)
    said = ""
    while (description := client.describe_execution(executionArn=recovery_arn))["status"] == "RUNNING":
        if (step := _step(_newest(client, recovery_arn))) and step != said:
            say(said := step)
        time.sleep(next(pauses))
    last = next(iter(path_of(_newest(client, recovery_arn))), "")
    if description["status"] in ("SUCCEEDED", "FAILED") and last in [one.value for one in Ending]:
        ending = Ending(last)
        return Ended(ending, "" if ending is Ending.STILL_RUNNING else str(description.get("cause") or ""))
    return Ended(Ending.INTERRUPTED, str(description["status"]))


def _newest(client: Any, arn: str) -> list[dict[str, Any]]:
    """The newest events of an execution, the last one first."""
    answer = client.get_execution_history(executionArn=arn, reverseOrder=True, includeExecutionData=False)
    return list(answer["events"])


def _step(newest: Sequence[Mapping[str, Any]]) -> str:
    """The state that an execution is in, and how many attempts at it have failed; empty before the first one."""
    since = list(itertools.takewhile(lambda event: "stateEnteredEventDetails" not in event, newest))
    if len(since) == len(newest):
        return ""
    name = newest[len(since)]["stateEnteredEventDetails"]["name"]
    failed = sum(event["type"] in FAILED_ATTEMPT for event in since)
    return f"{name}, {failed} failed attempt{'' if failed == 1 else 's'}" if failed else str(name)

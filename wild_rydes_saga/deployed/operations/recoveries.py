"""Starts a recovery of a ride, and reads how it ended."""

import json
import time
import uuid
from dataclasses import dataclass
from enum import Enum
from typing import Final

from wild_rydes_saga.deployed.account import Account
from wild_rydes_saga.deployed.rides import path_of
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


def wait_for_recovery(account: Account, recovery_arn: str) -> Ended:
    """Waits for a recovery's end, without a limit: its machine has a timeout."""
    client, pauses = account.client("stepfunctions"), account.pauses(local_seconds=_LOCAL_SECONDS)
    while (description := client.describe_execution(executionArn=recovery_arn))["status"] == "RUNNING":
        time.sleep(next(pauses))
    newest = client.get_execution_history(executionArn=recovery_arn, reverseOrder=True, includeExecutionData=False)
    last = next(iter(path_of(newest["events"])), "")
    if description["status"] in ("SUCCEEDED", "FAILED") and last in [one.value for one in Ending]:
        ending = Ending(last)
        return Ended(ending, "" if ending is Ending.STILL_RUNNING else str(description.get("cause") or ""))
    return Ended(Ending.INTERRUPTED, str(description["status"]))

"""Starts the recovery of a ride, or of every ride that waits for one, and says how it ended: `make recover`."""

import json
import time
import uuid
from dataclasses import dataclass
from enum import Enum
from typing import Final

from rich.console import Console
from rich.markup import escape

from wild_rydes_saga.cli.facts import printable
from wild_rydes_saga.cli.list_rides import open_rides
from wild_rydes_saga.cli.show_ride import find_ride
from wild_rydes_saga.deployed.account import Account
from wild_rydes_saga.deployed.parked import remove_parked
from wild_rydes_saga.deployed.progress import phase
from wild_rydes_saga.deployed.rides import path_of
from wild_rydes_saga.deployed.stacks import Outputs

_POLL_SECONDS: Final = 0.5


class Ending(Enum):
    """The states in which a recovery ends, and what each means for the ride."""

    RIDE_RECOVERED = "RideRecovered"
    NOTHING_TO_RECOVER = "NothingToRecover"
    STILL_RUNNING = "StillRunning"
    RIDE_PARKED = "RideParked"
    NOT_AN_EXECUTION = "NotAnExecution"
    BROKEN_OFF = ""
    """In none of them: the recovery itself timed out, was stopped, or failed."""


_IN_WORDS: Final = {
    Ending.RIDE_RECOVERED: "recovered: it is whole or undone, and told of",
    Ending.NOTHING_TO_RECOVER: "nothing to recover: it had ended whole",
    Ending.STILL_RUNNING: "left alone: it is still running",
    Ending.RIDE_PARKED: "parked again: `ride` shows what is still to do",
    Ending.NOT_AN_EXECUTION: "refused: it is no execution of the saga",
    Ending.BROKEN_OFF: "the recovery broke off: start it again",
}
_WHOLE: Final = (Ending.RIDE_RECOVERED, Ending.NOTHING_TO_RECOVER)


@dataclass(frozen=True)
class Ended:
    """How a recovery ended: the ending, and its cause where there is one."""

    ending: Ending
    cause: str

    @property
    def in_words(self) -> str:
        """For a person."""
        return f"{_IN_WORDS[self.ending]}{f' ({self.cause})' if self.cause else ''}"


def recover_ride(console: Console, account: Account, outputs: Outputs, ride: str) -> bool:
    """Recovers one ride; see `recover_all`. Raises `OperatorError` if there is no such ride."""
    return _recover(console, account, outputs, [find_ride(account, outputs, ride)])


def recover_all(console: Console, account: Account, outputs: Outputs) -> bool:
    """Recovers every ride that is parked or unsettled for too long; returns False if a person must still look at one.

    A ride's messages leave the parked queue only once it is known to be whole.
    Interrupting this does not interrupt the recoveries.
    """
    found = open_rides(account, outputs)
    if not found:
        console.print("Nothing to recover: no ride is parked, and none is unsettled for too long.")
        return True
    return _recover(console, account, outputs, [ride.saga_id for ride in found])


def _recover(console: Console, account: Account, outputs: Outputs, saga_ids: list[str]) -> bool:
    started = {saga_id: _start(account, outputs, saga_id) for saga_id in saga_ids}
    endings = {}
    for saga_id, recovery_arn in started.items():
        name = printable(saga_id.rpartition(":")[2])
        with phase(console, f"Waiting for the recovery of {escape(name)}"):
            ended = _wait(account, recovery_arn)
        console.print(f"{name}: {printable(ended.in_words)}", markup=False, soft_wrap=True)
        endings[saga_id] = ended.ending
    whole = {saga_id for saga_id, ending in endings.items() if ending in _WHOLE}
    if whole and (removed := remove_parked(account, outputs["ParkedQueueUrl"], whole)):
        console.print(f"Taken from the parked queue: {removed} of their messages.")
    return all(ending in (*_WHOLE, Ending.STILL_RUNNING) for ending in endings.values())


def _start(account: Account, outputs: Outputs, saga_id: str) -> str:
    answer = account.client("stepfunctions").start_execution(
        stateMachineArn=outputs["RecoveryAliasArn"],
        name=f"operator-{uuid.uuid4().hex}",
        input=json.dumps({"executionArn": saga_id}),
    )
    return str(answer["executionArn"])


def _wait(account: Account, recovery_arn: str) -> Ended:
    """Waits for a recovery's end, however long it takes: its machine has a timeout."""
    client = account.client("stepfunctions")
    while (description := client.describe_execution(executionArn=recovery_arn))["status"] == "RUNNING":
        time.sleep(_POLL_SECONDS)
    newest = client.get_execution_history(executionArn=recovery_arn, reverseOrder=True, includeExecutionData=False)
    last = path_of(newest["events"])[:1]
    if description["status"] in ("SUCCEEDED", "FAILED") and last and last[0] in [one.value for one in Ending]:
        return Ended(Ending(last[0]), str(description.get("cause") or ""))
    return Ended(Ending.BROKEN_OFF, str(description["status"]))

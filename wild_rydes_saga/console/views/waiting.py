"""The rides that wait for a person: parked, or open for too long."""

import time
from dataclasses import dataclass, field
from typing import Any, Final

from lambda_src.fare import FARE_FIELDS
from lambda_src.recovery.work.work_row import PARKED
from wild_rydes_saga.console.facts.recovering import Recoveries
from wild_rydes_saga.console.facts.words import duration
from wild_rydes_saga.console.source import Source
from wild_rydes_saga.console.views.rides import RideList
from wild_rydes_saga.deployed.operations.open_rides import WHY_PENDING, OpenRide, longest_ride, open_rides
from wild_rydes_saga.deployed.operations.parked import Parked, newest_of
from wild_rydes_saga.deployed.operations.queued import queued

_KEPT_SECONDS: Final = 25
"""On AWS a read scans tables and hides the parked queue's messages for a moment: it is not repeated at once."""


@dataclass
class WaitingView:
    """Shows the rides that wait, and recovers them."""

    source: Source
    rides: RideList
    recoveries: Recoveries
    _found: list[OpenRide] = field(default_factory=list, init=False)
    _read_at: float = field(default=float("-inf"), init=False)
    _too_long: int | None = field(default=None, init=False)

    def read(self) -> dict[str, Any]:
        """Each ride that waits, why, and what became of a recovery from here."""
        return {"rides": [self._shown(one) for one in self._open()]}

    def recover_all(self) -> dict[str, Any]:
        """Starts the recovery of each of them, but not of one that waits for a refund: that has a recovery."""
        self._read_at = float("-inf")
        count = self.recoveries.start([one.saga_id for one in self._open() if not one.refund_pending])
        self._read_at = float("-inf")
        return {"done": f"{count} {'recovery is' if count == 1 else 'recoveries are'} started."}

    def _open(self) -> list[OpenRide]:
        if not self.source.is_local and time.monotonic() - self._read_at < _KEPT_SECONDS:
            return self._found
        account, outputs = self.source.account, self.source.outputs
        if self._too_long is None:
            self._too_long = longest_ride(account, outputs)
        messages = self._messages() if self.source.is_local else None
        self._found = open_rides(account, outputs, older_than=self._too_long, messages=messages)
        self._read_at = time.monotonic()
        return self._found

    def _messages(self) -> dict[str, Parked]:
        """What the parked queue of the local cloud holds. A page reads it again and again, so it hides nothing."""
        return newest_of(one.body for one in queued(self.source.account, self.source.outputs["ParkedQueueUrl"]))

    def _shown(self, ride: OpenRide) -> dict[str, Any]:
        parked = ride.parked
        return {
            "ride": self.rides.executions.handle(ride.saga_id),
            "name": ride.saga_id.rpartition(":")[2],
            "fare": {name: ride.fare.get(name, "") for name in FARE_FIELDS},
            "status": ride.status,
            "since": ride.since,
            "why": self._why(ride),
            "stillToDo": list(parked.still_to_do) if parked else [],
            "canRecover": not ride.refund_pending,
            "recovering": self.recoveries.result(ride.saga_id),
        }

    def _why(self, ride: OpenRide) -> str:
        if ride.refund_pending:
            return WHY_PENDING
        if ride.parked and ride.parked.why:
            return ride.parked.why
        if ride.status == PARKED:
            return "its message is gone from the parked queue"
        return f"open for longer than a ride can run ({duration(self._too_long or 0)})"

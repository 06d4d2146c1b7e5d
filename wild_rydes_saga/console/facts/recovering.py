"""Recoveries that a person has started here: they go on while the page is closed."""

import logging
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from threading import Lock
from typing import Final

from wild_rydes_saga.console.facts.words import duration
from wild_rydes_saga.console.source import Source
from wild_rydes_saga.deployed.operations.parked import remove_parked
from wild_rydes_saga.deployed.operations.recoveries import (
    Ending,
    seconds_before_parking,
    start_recovery,
    wait_for_recovery,
)

_AT_ONCE: Final = 20
"""Recoveries at the same time: each reads Step Functions' own records."""
_SETTLED: Final = (Ending.RIDE_RECOVERED, Ending.NOTHING_TO_RECOVER)
_STARTED: Final = "its recovery is running"
IN_WORDS: Final = {
    Ending.RIDE_RECOVERED: "recovered: it is completed or rolled back, and its message is sent",
    Ending.NOTHING_TO_RECOVER: "nothing to recover: it had completed or was rolled back",
    Ending.STILL_RUNNING: "left alone: it is still running",
    Ending.RIDE_PARKED: "parked again",
    Ending.NOT_AN_EXECUTION: "refused: not an execution of the saga",
    Ending.INTERRUPTED: "not recovered: the recovery itself was interrupted. Recover it again",
}
logger: Final = logging.getLogger("console")


@dataclass
class Recoveries:
    """Starts recoveries, waits for their ends, and removes the message of a ride that is settled."""

    source: Source
    _results: dict[str, str] = field(default_factory=dict, init=False)
    _running: set[str] = field(default_factory=set, init=False)
    _pool: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(_AT_ONCE), init=False)
    _lock: Lock = field(default_factory=Lock, init=False)

    def start(self, saga_ids: Sequence[str]) -> int:
        """Starts the recovery of each ride that has none from here; returns how many."""
        with self._lock:
            new = [one for one in saga_ids if one not in self._running]
            self._running.update(new)
            self._results |= dict.fromkeys(new, f"{_STARTED}.")
        for saga_id in new:
            self._pool.submit(self._recover, saga_id)
        return len(new)

    def result(self, saga_id: str) -> str:
        """What became of a ride's recovery from here; empty if none was started."""
        return self._results.get(saga_id, "")

    def _say(self, saga_id: str, step: str) -> None:
        """Says how far a recovery has come, and how long it goes on trying."""
        patience = duration(seconds_before_parking(self.source.account, self.source.outputs))
        tried = f"A step that fails is tried again for up to {patience}, and then the ride is parked."
        self._results[saga_id] = f"{_STARTED}, in {step}. {tried}"

    def _recover(self, saga_id: str) -> None:
        account, outputs = self.source.account, self.source.outputs
        try:
            recovery_arn = start_recovery(account, outputs, saga_id)
            ended = wait_for_recovery(account, recovery_arn, lambda step: self._say(saga_id, step))
            if ended.ending in _SETTLED:
                remove_parked(account, outputs["ParkedQueueUrl"], {saga_id})
            words = IN_WORDS.get(ended.ending, ended.ending.value)
            self._results[saga_id] = f"{words} ({ended.cause})" if ended.cause else words
        except Exception as error:  # the thread's last frame: the page shows what happened
            logger.error("a recovery: %s", type(error).__name__)
            self._results[saga_id] = f"not recovered ({type(error).__name__}): recover it again"
        finally:
            self._running.discard(saga_id)

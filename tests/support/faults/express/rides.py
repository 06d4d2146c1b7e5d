"""Rides on Express: Step Functions does not know their executions, so marks of the engine say how far they are."""

import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from lambda_src.express.answer import is_answer
from lambda_src.fare import is_whole_input
from lambda_src.recovery.work.open_ride import INVALID
from tests.support.faults.injection.deliveries import ends_of, running_marks
from tests.support.faults.injection.fault import called_mark
from wild_rydes_saga.deployed.rides import Rides

_POLL_SECONDS: Final = 0.1


@dataclass
class ExpressRides:
    """Starts rides on Express, waits for their executions, and delivers them again.

    Attributes:
        folder: Where the marks are.
        inputs: The input of each ride that was started.
    """

    folder: Path
    inputs: dict[str, Mapping[str, object]] = field(default_factory=dict)
    started_again: list[str] = field(default_factory=list)
    """Rides that ended without an answer and without a row: they had done nothing."""

    def start(self, rides: Rides, paid: Mapping[str, object]) -> str:
        """Starts a ride; returns its saga's id, which an input that is wrong has of its own."""
        saga_id = rides.start(paid, name=uuid.uuid4().hex, machine="ExpressSagaAliasArn")
        saga_id += "" if is_whole_input(paid) else INVALID
        self.inputs[saga_id] = paid
        return saga_id

    def deliver_again(self, rides: Rides, saga_id: str) -> None:
        """Delivers a ride's execution again: with the same name and input, and a start time of its own."""
        name = saga_id.removesuffix(INVALID).rpartition(":")[2]
        rides.start(self.inputs[saga_id], name=name, machine="ExpressSagaAliasArn")

    def wait(self, rides: Rides, saga_id: str, *, patience_seconds: float) -> None:
        """Waits until no execution of the ride runs; raises `TimeoutError`.

        A ride without an answer that has no row is started again under its name, as its caller does.
        """
        self._wait(saga_id, patience_seconds)
        ends = ends_of(self.folder, saga_id.removesuffix(INVALID))
        answered = any(is_answer(end.status, end.error) for end in ends)
        if not answered and not rides.row("OutcomesTableName", {"sagaId": saga_id}):
            self.started_again.append(saga_id)
            self.deliver_again(rides, saga_id)
            self._wait(saga_id, patience_seconds)

    def _wait(self, saga_id: str, patience_seconds: float) -> None:
        deadline = time.monotonic() + patience_seconds
        while any(self.folder.glob(running_marks(saga_id.removesuffix(INVALID)))):
            if time.monotonic() > deadline:
                raise TimeoutError(f"the ride did not end: {saga_id}")
            time.sleep(_POLL_SECONDS)

    def has_called(self, saga_id: str, state: str) -> bool:
        """Tells whether the ride's own machine has made a state's call."""
        return called_mark(self.folder, saga_id, state).exists()

    def start_time(self, rides: Rides, saga_id: str) -> str:
        """When the ride was started, as its tasks write it."""
        row = rides.row("OutcomesTableName", {"sagaId": saga_id})
        if row is None or "startTime" not in row:
            raise LookupError(f"the ride has no row: {saga_id}")
        return str(row["startTime"])

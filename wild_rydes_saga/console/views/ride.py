"""One ride: its page, and what can be done about it."""

from dataclasses import dataclass
from typing import Any

from wild_rydes_saga.console.answers import Mistake
from wild_rydes_saga.console.facts.execution import RUNNING
from wild_rydes_saga.console.facts.recovering import Recoveries
from wild_rydes_saga.console.source import Source
from wild_rydes_saga.console.views.rides import RideList
from wild_rydes_saga.deployed.operations.express_runs import is_express

_CAUSE = "cancelled by a person in the console"


@dataclass
class RideView:
    """Shows a ride, cancels it, recovers it."""

    source: Source
    rides: RideList
    recoveries: Recoveries

    def read(self, handle: str) -> dict[str, Any]:
        """All of its page."""
        saga_id = self.rides.saga_id(handle)
        return {**self.rides.pages.read(saga_id), "recovering": self.recoveries.result(saga_id)}

    def cancel(self, handle: str) -> dict[str, Any]:
        """Stops a running ride. The recovery then finds it, and rolls it back."""
        saga_id = self.rides.saga_id(handle)
        if is_express(saga_id):
            raise Mistake("Nothing stops a ride on Express: AWS ends it after five minutes, and it is then recovered.")
        execution = self.rides.executions.read(saga_id)
        if execution is None or execution.status != RUNNING:
            raise Mistake("The ride has ended: there is nothing to cancel.")
        self.source.client("stepfunctions").stop_execution(executionArn=saga_id, error="Cancelled", cause=_CAUSE)
        return {"done": "The ride is cancelled. Its recovery starts by itself within a minute, and rolls it back."}

    def recover(self, handle: str) -> dict[str, Any]:
        """Starts the ride's recovery."""
        self.recoveries.start([self.rides.saga_id(handle)])
        return {"done": "The recovery is started."}

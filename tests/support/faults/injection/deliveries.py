"""Express executions in the emulator: which are running, and deliveries of one a second time."""

import hashlib
import json
import threading
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from lambda_src.moments import iso_millis
from lambda_src.recovery.work.open_ride import INVALID
from tests.support.faults.injection.fault import held_mark
from wild_rydes_saga.emulator.patches.express import ExpressExecutions

_ENDED: Final = ".ended"
OTHER_START: Final = timedelta(seconds=7)
"""How much later a second delivery says that it was started."""


def saga_of(execution_arn: str) -> str:
    """The ride of an Express execution: its ARN without the part that each delivery has of its own."""
    return execution_arn.rpartition(":")[0]


def running_marks(saga_id: str) -> str:
    """A pattern for the marks of a ride's executions that run."""
    return f"{_digest(saga_id)}-*.held"


class NoDeliveries:
    """An emulator without Express machines."""

    def of(self, saga_id: object) -> dict[str, Any] | None:
        """No ride is on Express."""
        del saga_id
        return None

    def again(self, execution: dict[str, Any]) -> threading.Thread:
        """Refuses: nothing can be delivered again."""
        raise NotImplementedError(f"{execution['executionArn']} is not on Express")

    def cut_off(self, execution: dict[str, Any]) -> None:
        """Refuses: nothing can be cut off."""
        raise NotImplementedError(f"{execution['executionArn']} is not on Express")


@dataclass(frozen=True)
class End:
    """How an execution ended.

    Attributes:
        status: `SUCCEEDED`, `FAILED` or `TIMED_OUT`.
        error: The error that it answered, or nothing.
        path: The states that it entered.
        cause: Its cause, or nothing.
        events: Its history, as the emulator keeps it.
    """

    status: str
    error: str
    path: list[str]
    cause: str = ""
    events: list[dict[str, Any]] = field(default_factory=list)


def ends_of(folder: Path, saga_id: str) -> list[End]:
    """How the executions of a ride ended that have, the first one first."""
    files = sorted(folder.glob(f"{_digest(saga_id)}-*{_ENDED}"), key=lambda file: file.stat().st_mtime_ns)
    return [End(**json.loads(file.read_text(encoding="utf-8"))) for file in files]


@dataclass
class Deliveries(NoDeliveries):
    """The Express executions of an emulator.

    Attributes:
        express: What starts and runs them.
        folder: Where the marks of those that run are.
        by_saga: An execution of each ride.
    """

    express: ExpressExecutions
    folder: Path
    by_saga: dict[str, dict[str, Any]] = field(default_factory=dict)

    def install(self) -> None:
        """Marks each execution that runs, from its start to its end."""
        kind = type(self.express)
        begin, run = kind.begin, kind.run

        def begin_marked(*arguments: Any, **options: Any) -> dict[str, Any]:
            execution = begin(*arguments, **options)
            self._mark(execution).touch()
            self.by_saga.setdefault(saga_of(execution["executionArn"]), execution)
            return execution

        def run_marked(express: ExpressExecutions, execution: dict[str, Any]) -> None:
            try:
                run(express, execution)
            finally:
                self._keep_end(execution)
                self._mark(execution).unlink(missing_ok=True)

        setattr(kind, "begin", begin_marked)  # noqa: B010  # a method of the emulator's patch
        setattr(kind, "run", run_marked)  # noqa: B010

    def cut_off(self, execution: dict[str, Any]) -> None:
        """Ends an execution as AWS does after five minutes."""
        self.express.cut_off(execution)

    def of(self, saga_id: object) -> dict[str, Any] | None:
        """An execution of a ride; None if it is not on Express."""
        return self.by_saga.get(saga_id.removesuffix(INVALID)) if isinstance(saga_id, str) else None

    def again(self, execution: dict[str, Any]) -> threading.Thread:
        """Delivers an execution again, with another start time; returns the thread in which it runs."""
        asked = {
            "stateMachineArn": execution["stateMachineVersionArn"] or execution["stateMachineArn"],
            "name": execution["name"],
            "input": execution["input"],
        }
        machine = self.express.emulator._state_machines[execution["stateMachineArn"]]
        second = self.express.begin(asked, machine, started=iso_millis(datetime.now(UTC) + OTHER_START))
        return self.express._in_thread(self.express.run, second)

    def _keep_end(self, execution: dict[str, Any]) -> None:
        events = execution["events"]
        path = [event["stateEnteredEventDetails"]["name"] for event in events if "stateEnteredEventDetails" in event]
        error, cause = (execution.get(part) or "" for part in ("error", "cause"))
        end = End(execution["status"], error, path, cause, events)
        self._mark(execution).with_suffix(_ENDED).write_text(json.dumps(asdict(end), default=str), encoding="utf-8")

    def _mark(self, execution: dict[str, Any]) -> Path:
        saga_id, _, own = execution["executionArn"].rpartition(":")
        return held_mark(self.folder, f"{_digest(saga_id)}-{own}")


def _digest(saga_id: str) -> str:
    return hashlib.sha256(saga_id.encode()).hexdigest()[:32]

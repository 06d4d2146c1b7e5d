"""What is known of an execution: what its description and its history say, and what the tables say of its ride."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from lambda_src.dynamodb import Row
from lambda_src.errors import InvalidFare
from lambda_src.fare import FARE_FIELDS, is_whole_input
from lambda_src.moments import iso_millis

Event = Mapping[str, Any]

RUNNING: Final = ("RUNNING", "PENDING_REDRIVE")
SUCCEEDED: Final = "SUCCEEDED"
_ENDS: Final = ("ExecutionSucceeded", "ExecutionFailed", "ExecutionTimedOut", "ExecutionAborted")
_REDRIVEN: Final = "ExecutionRedriven"
_ERROR_NAME: Final = re.compile(r"[A-Za-z][A-Za-z._]{0,99}")
_SAME_START_SECONDS: Final = 2.0


@dataclass(frozen=True)
class SagaShape:
    """What a recovery must know of the saga's machine: part of its plan.

    Attributes:
        actions: State names of the actions, in order.
        clean_failures: By action and by error as the task raises it: `error`, the name that is reported, and `outcome`.
        rolled_back: Name of the Fail state that a complete rollback ends in.
        incomplete: Name of the Fail state that a rollback ends in that is not whole.
    """

    actions: Sequence[str]
    clean_failures: Mapping[str, Mapping[str, Mapping[str, str]]]
    rolled_back: str
    incomplete: str


@dataclass(frozen=True)
class Execution:
    """How an execution ended, without its card.

    Attributes:
        saga_id: Its ARN.
        status: As AWS calls it.
        started: When it started.
        stopped: When it ended, if it has.
        fare: Those of the fare's own fields that are valid.
        whole_input: Whether every field of the input is valid, so that a fare may have been registered.
        history_ended: Whether the history has its end: AWS may show it later than the status.
        stopped_at: The last state that it entered, if any.
        step: The action that failed or was under way.
        error: The name of the error that it failed with.
        clean: That error, if it means that the step did nothing: `error` and `outcome`.
    """

    saga_id: str
    status: str
    started: datetime
    stopped: datetime | None
    fare: Mapping[str, str]
    whole_input: bool
    history_ended: bool
    stopped_at: str | None
    step: str
    error: str
    clean: Mapping[str, str] | None

    @property
    def outcome(self) -> str:
        """The outcome that the saga reports, or would have reported, of a ride that it does not complete."""
        return self.clean["outcome"] if self.clean else "failed"

    @property
    def did_nothing(self) -> bool:
        """Tells whether the first step itself answered that nothing happened."""
        return not self.whole_input or (self.clean is not None and self.clean["first"] == "yes")

    def is_of(self, row: Row | None) -> bool:
        """Tells whether a row was written by this execution, and by no earlier one of its name."""
        if row is None or row.get("sagaId") != self.saga_id:
            return False
        return "startTime" not in row or _started_with(str(row["startTime"]), self.started)

    def start_time(self, *rows: Row | None) -> str:
        """The start time as the execution's own tasks wrote it, which the ledgers compare to the letter."""
        written = [str(row["startTime"]) for row in rows if row and "startTime" in row and self.is_of(row)]
        return written[0] if written else iso_millis(self.started)


def read_execution(description: Mapping[str, Any], events: Sequence[Event], shape: SagaShape) -> Execution:
    """Reads what matters of an execution, and nothing of its card.

    Args:
        description: As `DescribeExecution` gives it.
        events: All of its history, oldest first.
        shape: The saga's.
    """
    given = _object(description.get("input"))
    visits = _visits(events)
    step, error = _failing_step(visits, str(description["status"]), shape)
    clean = shape.clean_failures.get(step, {}).get(error)
    whole_input = is_whole_input(given)
    if not whole_input and step == shape.actions[0]:
        clean = _invalid_fare(shape)
    first = "yes" if step == shape.actions[0] else "no"
    return Execution(
        saga_id=str(description["executionArn"]),
        status=str(description["status"]),
        started=description["startDate"],
        stopped=description.get("stopDate"),
        fare={name: str(given[name]) for name, rule in FARE_FIELDS.items() if rule.accepts(given.get(name))},
        whole_input=whole_input,
        history_ended=_has_its_end(events),
        stopped_at=visits[-1][0] if visits else None,
        step=step,
        error=clean["error"] if clean else error,
        clean={**clean, "first": first} if clean else None,
    )


def _has_its_end(events: Sequence[Event]) -> bool:
    """Whether the history has the execution's end. A redrive makes it run again, so that an earlier end is none."""
    marks = [event["type"] for event in events if event["type"] in (*_ENDS, _REDRIVEN)]
    return bool(marks) and marks[-1] != _REDRIVEN


def _invalid_fare(shape: SagaShape) -> Mapping[str, str] | None:
    """What the first step answers to an input that is not a fare, whenever it is asked."""
    answers = shape.clean_failures.get(shape.actions[0], {}).values()
    return next((answer for answer in answers if answer["error"] == InvalidFare.__name__), None)


def _visits(events: Sequence[Event]) -> list[tuple[str, list[Event]]]:
    visits: list[tuple[str, list[Event]]] = []
    for event in events:
        entered = event.get("stateEnteredEventDetails", {}).get("name")
        if entered:
            visits.append((str(entered), []))
        elif visits:
            visits[-1][1].append(event)
    return visits


def _failing_step(visits: Sequence[tuple[str, list[Event]]], status: str, shape: SagaShape) -> tuple[str, str]:
    """The last action that was entered, and the last error it met before something else was, or the execution's end."""
    for name, events in reversed(visits):
        if name in shape.actions:
            return name, _last_error(events) or _ending(status)
    return shape.actions[0], _ending(status)


def _last_error(events: Sequence[Event]) -> str | None:
    """The last attempt's error; None if that attempt succeeded, or had not ended."""
    of_attempts = [event for event in events if "State" not in event["type"] and "Execution" not in event["type"]]
    if not of_attempts:
        return None
    reported = [one["error"] for one in of_attempts[-1].values() if isinstance(one, Mapping) and "error" in one]
    # An error's name comes from a service, a handler or a person: only what looks like a name is passed on.
    return reported[0] if reported and _ERROR_NAME.fullmatch(str(reported[0])) else None


def _ending(status: str) -> str:
    return {"ABORTED": "ExecutionAborted", "TIMED_OUT": "States.Timeout"}.get(status, "ExecutionFailed")


def _object(text: object) -> Mapping[str, Any]:
    try:
        value = json.loads(str(text))
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def _started_with(written: str, started: datetime) -> bool:
    try:
        moment = datetime.fromisoformat(written.replace("Z", "+00:00"))
    except ValueError:
        return False
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return abs((moment - started).total_seconds()) < _SAME_START_SECONDS

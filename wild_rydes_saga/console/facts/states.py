"""Every visit of an execution's states: input, arguments, output, and each attempt with its error and its times."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from wild_rydes_saga.console.facts.words import duration, moment
from wild_rydes_saga.lab.riding import readable

Events = Sequence[Mapping[str, Any]]

_BEGINS: Final = ("TaskScheduled", "LambdaFunctionScheduled", "ActivityScheduled")
_GOOD: Final = ("TaskSucceeded", "LambdaFunctionSucceeded", "ActivitySucceeded")
_BAD: Final = (
    *("TaskFailed", "TaskTimedOut", "TaskStartFailed", "TaskSubmitFailed", "LambdaFunctionFailed"),
    *("LambdaFunctionTimedOut", "LambdaFunctionScheduleFailed", "LambdaFunctionStartFailed", "ActivityFailed"),
    *("ActivityTimedOut", "EvaluationFailed"),
)


@dataclass
class Attempt:
    """One attempt at a state's work."""

    began: datetime
    ended: datetime | None = None
    error: str = ""
    cause: str = ""

    def shown(self, number: int) -> dict[str, Any]:
        """As a page shows it."""
        took = duration((self.ended - self.began).total_seconds()) if self.ended else ""
        result = "running" if self.ended is None else self.error or "succeeded"
        return {"number": number, "began": moment(self.began), "took": took, "result": result, "cause": self.cause}


@dataclass
class Visit:
    """One stay in a state."""

    state: str
    entered: datetime
    given: str
    arguments: str = ""
    """What its call was given at the last attempt: a state with JSONata computes that, whatever its input is."""
    left: datetime | None = None
    output: str = ""
    attempts: list[Attempt] = field(default_factory=list)

    def shown(self) -> dict[str, Any]:
        """As a page shows it."""
        return {
            "entered": moment(self.entered),
            "took": duration((self.left - self.entered).total_seconds()) if self.left else "",
            "input": self.given,
            "arguments": self.arguments,
            "output": self.output,
            "attempts": [one.shown(number) for number, one in enumerate(self.attempts, start=1)],
        }


def visits_of(events: Events) -> list[Visit]:
    """Every visit, in order. Inputs, arguments and outputs are the history's own: redact them before they are shown."""
    visits: list[Visit] = []
    for event in events:
        if (entered := event.get("stateEnteredEventDetails")) is not None:
            visits.append(Visit(entered["name"], event["timestamp"], str(entered.get("input", ""))))
        elif visits:
            _add(visits[-1], event)
    return visits


def _add(visit: Visit, event: Mapping[str, Any]) -> None:
    kind, when = event["type"], event["timestamp"]
    if kind in _BEGINS:
        visit.attempts.append(Attempt(when))
        given = _details(event)
        visit.arguments = str(given.get("parameters") or given.get("input") or "")
    elif kind in _GOOD or kind in _BAD:
        if not visit.attempts or visit.attempts[-1].ended:  # it failed before it called anything
            visit.attempts.append(Attempt(when))
        attempt = visit.attempts[-1]
        attempt.ended = when
        if kind in _BAD:
            details = _details(event)
            attempt.error = str(details.get("error") or kind)
            attempt.cause = readable(str(details.get("cause") or ""))
    elif (exited := event.get("stateExitedEventDetails")) is not None and exited["name"] == visit.state:
        visit.left, visit.output = when, str(exited.get("output", ""))


def _details(event: Mapping[str, Any]) -> Mapping[str, Any]:
    return next((one for name, one in event.items() if name.endswith("EventDetails")), {})

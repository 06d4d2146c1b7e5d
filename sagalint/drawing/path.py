"""What an execution did to a machine's states, by its history: how each came out, and the path it took."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from itertools import pairwise
from typing import Any, Final

Definition = Mapping[str, Any]
"""A machine in the Amazon States Language: the `definition` of `describe_state_machine`, parsed."""

Events = Sequence[Mapping[str, Any]]
"""All events of an execution, oldest first, as `get_execution_history` gives them."""


_ENDINGS: Final = ("ExecutionSucceeded", "ExecutionFailed", "ExecutionAborted", "ExecutionTimedOut")
# No state can have these names: AWS allows no control characters in them.
START, END = "\x02", "\x03"


class Outcome(Enum):
    """What became of a state; of its last visit, where there were several."""

    SUCCEEDED = "succeeded"
    CAUGHT = "caught an error"
    FAILED = "failed"
    IN_PROGRESS = "running"
    NOT_ENTERED = "not entered"


@dataclass(frozen=True)
class _Visit:
    """One stay in a state, with the events until the next."""

    name: str
    events: Events

    @property
    def exited(self) -> bool:
        return any(event.get("stateExitedEventDetails", {}).get("name") == self.name for event in self.events)

    @property
    def error(self) -> str | None:
        """The error of the last attempt at the state's work if it failed, or "" if the history does not name it."""
        ends = [event for event in self.events if event["type"].endswith(("Succeeded", "Failed", "TimedOut"))]
        if not ends or ends[-1]["type"].endswith("Succeeded"):
            return None
        return next((told["error"] for told in ends[-1].values() if isinstance(told, Mapping) and "error" in told), "")


@dataclass(frozen=True)
class Path:
    """What an execution did: how each state came out, the ways it took, the errors it caught by state."""

    outcomes: Mapping[str, Outcome]
    edges: frozenset[tuple[str, str]]
    errors: Mapping[str, str]


def state_outcomes(definition: Definition, events: Events) -> dict[str, Outcome]:
    """What became of every outermost state of the machine, in the order of the definition.

    An error was caught where a state was left for one of its Catch targets and
    not for its next state. Where that does not tell them apart, the last
    attempt at the state's work does. A state that was never left has failed
    once the execution has ended, however it ended.
    """
    outcomes = dict.fromkeys(definition["States"], Outcome.NOT_ENTERED)
    visits = _visits(definition, events)
    followers = [*(visit.name for visit in visits[1:]), END]
    for visit, follower in zip(visits, followers, strict=False):
        outcomes[visit.name] = _outcome(definition["States"][visit.name], visit, follower, events[-1]["type"])
    return outcomes


def taken_edges(definition: Definition, events: Events) -> tuple[tuple[str, str], ...]:
    """The pairs of outermost states that were entered one after the other, in that order."""
    return tuple(pairwise(visit.name for visit in _visits(definition, events)))


def path_taken(definition: Definition, events: Events) -> Path:
    """Everything that a picture shows of an execution."""
    outcomes = state_outcomes(definition, events)
    ends = {name for name, outcome in outcomes.items() if outcome in (Outcome.SUCCEEDED, Outcome.FAILED)}
    edges = {(START, definition["StartAt"]), *taken_edges(definition, events), *((name, END) for name in ends)}
    caught = [visit for visit in _visits(definition, events) if outcomes[visit.name] is Outcome.CAUGHT]
    return Path(outcomes, frozenset(edges), {visit.name: visit.error or "" for visit in caught})


def forward(state: Mapping[str, Any]) -> list[str]:
    """Where a state leads if nothing fails, the usual way first."""
    ways = [state.get("Default"), state.get("Next"), *(choice["Next"] for choice in state.get("Choices", []))]
    return [way for way in dict.fromkeys(ways) if way] or [END]


def _visits(definition: Definition, events: Events) -> list[_Visit]:
    found: list[tuple[str, list[Mapping[str, Any]]]] = []
    for event in events:
        entered = event.get("stateEnteredEventDetails", {}).get("name")
        if entered in definition["States"]:
            found.append((entered, []))
        elif found:
            found[-1][1].append(event)
    return [_Visit(name, told) for name, told in found]


def _outcome(state: Mapping[str, Any], visit: _Visit, follower: str, last_event: str) -> Outcome:
    if state["Type"] == "Fail":
        return Outcome.FAILED
    if not visit.exited:
        return Outcome.FAILED if last_event in _ENDINGS else Outcome.IN_PROGRESS
    caught = follower in {catcher["Next"] for catcher in state.get("Catch", [])}
    if caught == (follower in forward(state)):
        caught = visit.error is not None
    return Outcome.CAUGHT if caught else Outcome.SUCCEEDED

"""A state machine in the Amazon States Language, read: its states, the ways out of them, retriers and timeouts."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

from sagalint.definition.allowed_fields import TYPES
from sagalint.definition.open_values import closed, seconds_of_machine
from sagalint.definition.refusal import Refusal
from sagalint.definition.shape import dead_ends, misshapen_machine, misshapen_state
from sagalint.expressions.jsonata_tree import expressions_in, parsed
from sagalint.input_error import InputError

JSONATA: Final = "JSONata"
JSONPATH: Final = "JSONPath"
FORK_TYPES: Final = ("Parallel", "Map")
_DEFAULT_INTERVAL_SECONDS: Final = 1
_DEFAULT_ATTEMPTS: Final = 3
_FOR_EVER_SECONDS: Final = 1e9
_DEFAULT_BACKOFF: Final = 2.0


@dataclass(frozen=True)
class Retrier:
    """One entry of a Retry, with AWS's defaults filled in."""

    errors: tuple[str, ...]
    max_attempts: int
    interval_seconds: float
    backoff_rate: float
    max_delay_seconds: float | None

    @property
    def waits_seconds(self) -> float:
        """All its waits together, with no luck at the jitter."""
        longest = math.inf if self.max_delay_seconds is None else self.max_delay_seconds
        total, wait = 0.0, self.interval_seconds
        for done in range(self.max_attempts):
            if wait >= longest or self.backoff_rate <= 1:  # all that are left are as long, or no longer
                return total + (self.max_attempts - done) * min(wait, longest)
            if total > _FOR_EVER_SECONDS:
                return math.inf
            total, wait = total + wait, wait * self.backoff_rate
        return total


@dataclass(frozen=True)
class Way:
    """A way out of a state.

    Attributes:
        target: The state that follows; None where the execution ends.
        fields: The part of the definition that says what is assigned and put out on this way.
        errors: What a catcher catches; empty for a way that no error takes.
        condition: What a choice asks before it goes this way; None for any other way.
    """

    target: str | None
    fields: Mapping[str, Any]
    errors: tuple[str, ...] = ()
    condition: Any = None


@dataclass(frozen=True, eq=False)
class State:
    """One state."""

    name: str
    body: Mapping[str, Any]
    language: str

    @property
    def type(self) -> str:
        """The state's Type."""
        return str(self.body["Type"])

    @property
    def resource(self) -> str:
        """What a Task calls, or nothing."""
        return str(self.body.get("Resource", ""))

    @property
    def arguments(self) -> Any:
        """What a Task hands to what it calls."""
        return self.body.get("Arguments" if self.language == JSONATA else "Parameters")

    @property
    def ends(self) -> bool:
        """Whether the execution ends when the state is done."""
        return self.type in ("Succeed", "Fail") or self.body.get("End") is True

    @cached_property
    def retriers(self) -> tuple[Retrier, ...]:
        """Its retriers, in the order in which they match."""
        return tuple(
            Retrier(
                tuple(one.get("ErrorEquals", ())),
                int(one.get("MaxAttempts", _DEFAULT_ATTEMPTS)),
                float(one.get("IntervalSeconds", _DEFAULT_INTERVAL_SECONDS)),
                float(one.get("BackoffRate", _DEFAULT_BACKOFF)),
                one.get("MaxDelaySeconds"),
            )
            for one in self.body.get("Retry", ())
        )

    @cached_property
    def catches(self) -> tuple[Way, ...]:
        """Its catchers, in the order in which they match."""
        return tuple(Way(one["Next"], one, tuple(one["ErrorEquals"])) for one in self.body.get("Catch", ()))

    @cached_property
    def onward(self) -> tuple[Way, ...]:
        """The ways that no error takes: one, or a choice's."""
        if self.type == "Choice":
            chosen = [Way(one["Next"], one, condition=one) for one in self.body.get("Choices", ())]
            default = [Way(self.body["Default"], self.body)] if "Default" in self.body else []
            return (*chosen, *default)
        return () if self.type == "Fail" else (Way(self.body.get("Next"), self.body),)

    @property
    def ways(self) -> tuple[Way, ...]:
        """Every way out."""
        return (*self.onward, *self.catches)

    @cached_property
    def inner(self) -> tuple["Machine", ...]:
        """The machines inside a Parallel or a Map."""
        inside = self.body.get("Branches") or [self.body.get("ItemProcessor") or self.body.get("Iterator")]
        return tuple(Machine.read(one, self.language) for one in inside if one) if self.type in FORK_TYPES else ()

    @cached_property
    def tasks(self) -> tuple["State", ...]:
        """The Task states that it stands for: itself, or those inside."""
        if self.type == "Task":
            return (self,)
        return tuple(task for machine in self.inner for state in machine.states.values() for task in state.tasks)


@dataclass(frozen=True, eq=False)
class Machine:
    """A state machine, or one inside a state of it."""

    start: str
    states: Mapping[str, State]
    body: Mapping[str, Any]

    @classmethod
    def read(cls, definition: Mapping[str, Any], language: str = JSONPATH) -> "Machine":
        """Reads a definition.

        Raises:
            InputError: It is not a state machine, or leads to a state that is not there.
        """
        for refusal in unreadable(definition, language):
            raise InputError(str(refusal))
        language = language_of(definition, language)
        states = {
            name: State(name, closed(body), language_of(body, language)) for name, body in definition["States"].items()
        }
        return cls(str(definition["StartAt"]), states, definition)

    @property
    def timeout_seconds(self) -> float | None:
        """The machine's own timeout, if it has one."""
        return seconds_of_machine(self.body.get("TimeoutSeconds"))

    def everywhere(self) -> Iterator[State]:
        """Its states, and those inside them."""
        for state in self.states.values():
            yield state
            for machine in state.inner:
                yield from machine.everywhere()

    def reached(self, start: str | None = None) -> set[str]:
        """The states that some way leads to, from a state, itself included, or from the machine's start."""
        to_do = [start or self.start]
        found = {*to_do}
        while to_do:
            new = {way.target for way in self.states[to_do.pop()].ways if way.target} - found
            found |= new
            to_do.extend(new)
        return found


def language_of(part: Mapping[str, Any], language: str) -> str:
    """The query language of a machine or a state inside what has another, or none."""
    return str(part.get("QueryLanguage", language))


def unreadable(definition: Any, language: str = JSONPATH) -> Iterator[Refusal]:
    """Why a definition cannot be read, machines inside left aside: each would make AWS refuse it.

    Raises:
        InputError: It leads to a state whose name only a deployment knows.
    """
    if not isinstance(definition, Mapping) or not isinstance(definition.get("States"), Mapping):
        fix = 'an object with "StartAt" and "States" is needed'
        yield Refusal(None, "States", "this is not a state machine", fix)
        return
    yield from misshapen_machine(definition)
    states, language = definition["States"], language_of(definition, language)
    for name, body in states.items():
        yield from _unreadable_state(name, body, language)
    yield from dead_ends(definition, states)


def _unreadable_state(name: str, body: Any, language: str) -> Iterator[Refusal]:
    if not isinstance(body, Mapping) or body.get("Type") not in TYPES:
        kind = body.get("Type") if isinstance(body, Mapping) else None
        yield Refusal(name, "Type", f"the state {name} has the Type {kind!r}", f"use one of {', '.join(TYPES)}")
        return
    yield from misshapen_state(name, body)
    own = {field: value for field, value in body.items() if field not in ("Branches", "ItemProcessor", "Iterator")}
    for text in expressions_in(own) if language_of(body, language) == JSONATA else ():
        try:
            parsed(text)
        except InputError as error:
            yield Refusal(name, None, f"in the state {name}, {error}", "correct it")

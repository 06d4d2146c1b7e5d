"""A state machine in the Amazon States Language, read: its states, the ways out of them, retriers and timeouts."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

from sagalint.definition.field_types import refuse_misshapen_machine, refuse_misshapen_state
from sagalint.expressions.jsonata_tree import expressions_in, parsed
from sagalint.input_error import InputError

JSONATA: Final = "JSONata"
JSONPATH: Final = "JSONPath"
FORK_TYPES: Final = ("Parallel", "Map")
_TYPES: Final = ("Task", "Pass", "Choice", "Wait", "Succeed", "Fail", *FORK_TYPES)
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
            InputError: It is no state machine, or leads to a state that is not there.
        """
        if not isinstance(definition, Mapping) or not isinstance(definition.get("States"), Mapping):
            raise InputError(
                'this is no state machine: an object with "StartAt" and "States" is needed (for a machine in a '
                "CloudFormation template, say so with --template)"
            )
        refuse_misshapen_machine(definition)
        language = definition.get("QueryLanguage", language)
        states = {name: _state(name, body, language) for name, body in definition["States"].items()}
        machine = cls(str(definition.get("StartAt", "")), states, definition)
        _refuse_dead_ends(machine)
        return machine

    @property
    def timeout_seconds(self) -> float | None:
        """The machine's own timeout, if it has one."""
        return self.body.get("TimeoutSeconds")

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


def _state(name: str, body: Any, language: str) -> State:
    if not isinstance(body, Mapping) or body.get("Type") not in _TYPES:
        kind = body.get("Type") if isinstance(body, Mapping) else None
        raise InputError(f"the state {name} has the Type {kind!r}: use one of {', '.join(_TYPES)}")
    refuse_misshapen_state(name, body)
    language = body.get("QueryLanguage", language)
    own = {field: value for field, value in body.items() if field not in ("Branches", "ItemProcessor", "Iterator")}
    for text in expressions_in(own) if language == JSONATA else ():
        try:
            parsed(text)
        except InputError as error:
            raise InputError(f"in the state {name}, {error}: correct it") from None
    return State(name, body, language)


def _refuse_dead_ends(machine: Machine) -> None:
    if machine.start not in machine.states:
        raise InputError(f"StartAt names {machine.start!r}, and no state is called so: name the first state")
    for name, state in machine.states.items():
        for way in state.ways:
            if way.target is not None and way.target not in machine.states:
                raise InputError(f"{name} leads to {way.target!r}, and no state is called so: name one that is there")
        if state.type not in ("Choice", "Fail", "Succeed") and not state.ends and state.body.get("Next") is None:
            raise InputError(f'{name} leads nowhere: give it a Next, or "End": true')

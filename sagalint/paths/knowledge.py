"""What can be known of a machine's variables before it runs, as far as its decisions depend on them.

Only variables that a condition reads, and those that they are made of, are followed: with a value where an
expression can be evaluated, as unknown where it reads what only a run decides. A list is followed up to its
first item and to whether there are more, a number up to `_HIGHEST`: that keeps the situations countable, also of a
long saga, and of a loop that counts its rounds and never ends.
"""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from sagalint.definition.machine import JSONATA, JSONPATH, Machine, State, Way
from sagalint.expressions.jsonata_tree import (
    Condition,
    asserted,
    expression_in,
    expressions_in,
    free_variables,
)
from sagalint.paths.answers import Answers

UNKNOWN: Final = "?"
"""Stands for a value that only a run decides; no JSON text looks so."""
_OWN_NAME: Final = "$states.context.State.Name"
_PLAIN: Final = re.compile(r"[\w .:-]+")
_EXISTS: Final = re.compile(r"(?P<no>\$not\()?\s*\$exists\(\$(?P<name>\w+)\)\s*(?(no)\))")
"""Asks whether a variable was assigned."""
_MORE: Final = "…and more"
_HIGHEST: Final = 20

Known = tuple[tuple[str, str], ...]
"""Values by variable, in the order of their names, as JSON text or `UNKNOWN`."""


class Knowledge:
    """Decides what can be decided of a machine's conditions."""

    def __init__(self, machine: Machine) -> None:
        self._conditions = {
            id(way.condition): Condition(text)
            for state in machine.states.values()
            for way in state.ways
            if way.condition is not None and (text := expression_in(way.condition.get("Condition"))) is not None
        }
        self._asserts = {name: tuple(_asserts(state)) for name, state in machine.states.items()}
        self.followed = _followed(machine, self._read_by_decisions())
        """Names of the variables that decisions depend on."""
        self._answers = Answers(machine)
        self._values: dict[tuple[str, Known], str] = {}

    @property
    def start(self) -> Known:
        """What is known when an execution begins."""
        return self._answers.start

    def _read_by_decisions(self) -> set[str]:
        asked = [*self._conditions.values(), *(one for several in self._asserts.values() for one in several)]
        return {name for condition in asked for name in condition.reads}

    def after(self, known: Known, state: State, way: Way) -> Known:
        """What is known once a way out of a state is taken: with what it assigns."""
        assigned = way.fields.get("Assign", {})
        new = {name: self._value(_in(state, assigned[name]), known) for name in self.followed & assigned.keys()}
        if state.language == JSONPATH:
            told = self._answers.took(state, way, known) if state.type == "Choice" else known
            known = self._answers.after(state, way, told)
        return tuple(sorted({**dict(known), **new}.items())) if new else known

    def set(self, known: Known, name: str, value: str) -> Known:
        """What is known once a variable is known to have a value."""
        return tuple(sorted({**dict(known), name: json.dumps(value)}.items())) if name in self.followed else known

    def ways(self, state: State, known: Known) -> Iterator[Way | None]:
        """The ways that a Choice can take; None stands for the failure of one that takes none."""
        for way in state.onward:
            if way.condition is None:
                yield way
                return
            condition = self._conditions.get(id(way.condition))
            decided = self._decided(condition, known) if condition else self._answers.holds(way.condition, known)
            if decided is not False:
                yield way
            if decided is True:
                return
        yield None

    def assertion(self, state: State, known: Known) -> bool | None:
        """Whether what a state asserts holds; None if only a run decides, True if it asserts nothing."""
        decided = [self._decided(condition, known) for condition in self._asserts.get(state.name, ())]
        return False if False in decided else None if None in decided else True

    def asserts(self, state: State) -> bool:
        """Whether a state's arguments assert anything."""
        return bool(self._asserts.get(state.name))

    def _decided(self, condition: Condition, known: Known) -> bool | None:
        values = dict(known)
        if asked := _EXISTS.fullmatch(condition.text.strip()):
            return (asked["name"] in values) is (asked["no"] is None)
        if any(values.get(name, UNKNOWN) == UNKNOWN for name in condition.reads):
            return None
        read = {name: json.loads(values[name]) for name in condition.reads}
        decided = condition.value(read)
        if decided != condition.value({name: _longer(value) for name, value in read.items()}):
            return None
        return decided if isinstance(decided, bool) else None

    def _value(self, template: Any, known: Known) -> str:
        key = (json.dumps(template, sort_keys=True), known)
        if key not in self._values:
            values = dict(known)
            reads = {name for text in expressions_in(template) for name in free_variables(text)}
            if any(values.get(name, UNKNOWN) == UNKNOWN for name in reads):
                self._values[key] = UNKNOWN
            else:
                read = {name: json.loads(values[name]) for name in reads}
                self._values[key] = _text(_filled(template, read))
        return self._values[key]


def _asserts(state: State) -> Iterator[Condition]:
    if state.language == JSONATA:
        for text in expressions_in(state.arguments):
            yield from asserted(text)


def _followed(machine: Machine, wanted: set[str]) -> frozenset[str]:
    """The wanted variables, and those that they are made of."""
    followed, to_do = set(wanted), list(wanted)
    ways = [way for state in machine.states.values() if state.language == JSONATA for way in state.ways]
    while to_do:
        name = to_do.pop()
        made_of = {
            read
            for way in ways
            for text in expressions_in(way.fields.get("Assign", {}).get(name))
            for read in free_variables(text)
        }
        to_do.extend(made_of - followed)
        followed |= made_of
    return frozenset(followed - {"states"})


def _in(state: State, template: Any) -> Any:
    """A template with the one part of the context that is known before a run: the name of the state."""
    text = json.dumps(template)
    if _OWN_NAME not in text or not _PLAIN.fullmatch(state.name):
        return template
    return json.loads(text.replace(_OWN_NAME, f"'{state.name}'"))


def _filled(template: Any, read: Mapping[str, Any]) -> Any:
    if isinstance(template, Mapping):
        return {name: _filled(inner, read) for name, inner in template.items()}
    if isinstance(template, list):
        return [_filled(inner, read) for inner in template]
    if (text := expression_in(template)) is not None:
        return Condition(text).value(read)
    return template


def _text(value: Any) -> str:
    """A value as JSON, a list up to its first item; `UNKNOWN` where it came to nothing, or has counted too far."""
    if value is None or (isinstance(value, int | float) and abs(value) > _HIGHEST):
        return UNKNOWN
    try:
        return json.dumps(_shortened(value), sort_keys=True)
    except (TypeError, ValueError):
        return UNKNOWN


def _shortened(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _shortened(inner) for name, inner in value.items()}
    if isinstance(value, list):
        items = [_shortened(inner) for inner in value]
        return items if len(items) <= 1 else [items[0], _MORE]
    return value


def _longer(value: Any) -> Any:
    """The same with a longer list wherever items were left out: what both come to is sure."""
    if isinstance(value, Mapping):
        return {name: _longer(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_longer(inner) for inner in value] + ([_MORE] if _MORE in value else [])
    return value

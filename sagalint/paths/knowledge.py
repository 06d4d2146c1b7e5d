"""What can be known of a machine's variables before it runs, as far as its decisions depend on them.

Only variables that a condition reads, and those that they are made of, are followed: with a value where an
expression can be evaluated, in part or as unknown where it reads what only a run decides. A list is followed up to its
first item and to whether there are more, a number up to `_HIGHEST`, a text beside what is unknown only if a condition
names it: that keeps the situations countable, also of a long saga, and of a loop that counts its rounds and never ends.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from sagalint.definition.machine import JSONATA, JSONPATH, Machine, State, Way
from sagalint.expressions.jsonata_tree import (
    Condition,
    asserted,
    expression_in,
    expressions_in,
    free_variables,
    texts_in,
)
from sagalint.expressions.partial_values import ANY, FILLED_TEXT, MORE, NOTHING, has_mark, is_mark
from sagalint.expressions.partly_known import worth
from sagalint.paths.answers import Answers

UNKNOWN: Final = "?"
"""Stands for a value that only a run decides; no JSON text looks so."""
_OWN_NAME: Final = "$states.context.State.Name"
_PLAIN: Final = re.compile(r"[\w .:-]+")
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
        asked = [*self._conditions.values(), *(one for several in self._asserts.values() for one in several)]
        self._named = frozenset(text for condition in asked for text in texts_in(condition.root))
        self.followed = _followed(machine, {name for condition in asked for name in condition.reads})
        """Names of the variables that decisions depend on."""
        self._may_be_there = {
            name
            for state in machine.everywhere()
            for way in state.ways
            for name, _ in _assigned_by(state, way.fields.get("Assign", {}))
        }
        self._answers = Answers(machine)
        self._values: dict[tuple[str, Known], str] = {}
        self._decisions: dict[tuple[int, Known], bool | None] = {}

    @property
    def start(self) -> Known:
        """What is known when an execution begins."""
        return self._answers.start

    def after(self, known: Known, state: State, way: Way) -> Known:
        """What is known once a way out of a state is taken: with what it assigns, and what it has answered."""
        if state.language == JSONPATH:
            told = self._answers.took(state, way, known) if state.type == "Choice" else known
            known = self._answers.after(state, way, told)
        return self.assigned(known, state, way)

    def assigned(self, known: Known, state: State, way: Way) -> Known:
        """What is known of the variables once a way out of a state is taken."""
        assigned = dict(_assigned_by(state, way.fields.get("Assign", {})))
        new = {name: self._value(assigned[name], known) for name in self.followed & assigned.keys()}
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
        key = (id(condition), tuple(one for one in known if one[0] in condition.reads))
        if key not in self._decisions:
            self._decisions[key] = self._decide(condition, known)
        return self._decisions[key]

    def _decide(self, condition: Condition, known: Known) -> bool | None:
        values = {name: json.loads(text) for name, text in known if text != UNKNOWN and name in condition.reads}
        if values.keys() < condition.reads or has_mark(values):
            decided = worth(condition.text, self._reader(known), condition.root)
            return decided if isinstance(decided, bool) else None
        decided = condition.value(values)
        if decided != condition.value({name: _longer(value) for name, value in values.items()}):
            return None
        return decided if isinstance(decided, bool) else None

    def _reader(self, known: Known) -> Callable[[str], Any]:
        values = held(known)
        absent = self.followed & self._may_be_there  # the others are the expression's own
        return lambda name: values.get(name, NOTHING if name in absent else ANY)

    def _value(self, template: Any, known: Known) -> str:
        key = (json.dumps(template, sort_keys=True), known)
        if key not in self._values:
            values = {name: json.loads(text) for name, text in known if text != UNKNOWN}
            reads = {name for text in expressions_in(template) for name in free_variables(text)}
            value = None
            if reads <= values.keys() and not has_mark([values[name] for name in reads]):
                value = _filled(template, lambda text: Condition(text).value({name: values[name] for name in reads}))
            if value is None:
                read = self._reader(known)
                value = self._as_far_as_asked(_filled(template, lambda text: worth(text, read)))
            self._values[key] = _text(value)
        return self._values[key]

    def _as_far_as_asked(self, value: Any) -> Any:
        """A value that is known in part, without the texts that no condition names: they make only more situations."""
        return self._without_texts(value) if has_mark(value) else value

    def _without_texts(self, value: Any) -> Any:
        if isinstance(value, Mapping):
            return {name: self._without_texts(inner) for name, inner in value.items()}
        if isinstance(value, list):
            return [self._without_texts(inner) for inner in value]
        plain = isinstance(value, str) and bool(value) and not is_mark(value) and value not in {*self._named, MORE}
        return FILLED_TEXT if plain else value


def held(known: Known) -> dict[str, Any]:
    """By variable that is followed and assigned, what it holds: a value, or a mark for what is not known of it."""
    return {name: ANY if text == UNKNOWN else json.loads(text) for name, text in known}


def _assigned_by(state: State, assign: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """The variables that a state assigns, each with a template in JSONata; of a path in JSONPath nothing is known."""
    for name, template in assign.items():
        if state.language == JSONATA:
            yield name, _in(state, template)
        else:
            yield name.removesuffix(".$"), ANY if ".$" in json.dumps({name: template}) else template


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


def _filled(template: Any, evaluate: Callable[[str], Any]) -> Any:
    if isinstance(template, Mapping):
        return {name: _filled(inner, evaluate) for name, inner in template.items()}
    if isinstance(template, list):
        return [_filled(inner, evaluate) for inner in template]
    text = expression_in(template)
    return template if text is None else evaluate(text)


def _text(value: Any) -> str:
    """A value as JSON, a list up to its first item; `UNKNOWN` where nothing is known, or it has counted too far."""
    if value in (ANY, NOTHING) or (isinstance(value, int | float) and abs(value) > _HIGHEST):
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
        return items if len(items) <= 1 else [items[0], MORE]
    return value


def _longer(value: Any) -> Any:
    """The same with a longer list wherever items were left out: what both come to is sure."""
    if isinstance(value, Mapping):
        return {name: _longer(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_longer(inner) for inner in value] + ([MORE] if MORE in value else [])
    return value

"""What earlier Choices in JSONPath have answered: a later one that asks the same goes the same way.

Only paths of the data that several Choices ask for are followed, and those that ask whether something was placed.
What is placed over a path makes its answers unknown again.
"""

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any, Final

from sagalint.definition.machine import JSONATA, JSONPATH, Machine, State, Way
from sagalint.expressions.jsonpath import segments

Known = tuple[tuple[str, str], ...]
_HEAD: Final = re.compile(r"[.\[]")
_TRUE: Final = "true"
_FALSE: Final = "false"
_PRESENT: Final = "IsPresent"
_CAUGHT: Final = "caught"
"""Asked by nobody: whether what is at a path is the error that a Catch has put there."""
_ERROR_FIELDS: Final = (["Error"], ["Cause"])
_OF_TEXTS: Final = ("IsString", "IsNull", "IsNumeric", "IsBoolean")
_NO_TEST: Final = ("Next", "Comment", "Assign", "Output")


class Answers:
    """Decides what can be decided of the Choices of a machine, and learns from the ways that are taken."""

    def __init__(self, machine: Machine) -> None:
        choices = [one for one in machine.everywhere() if one.type == "Choice" and one.language == JSONPATH]
        asked = Counter(
            name
            for choice in choices
            for name in {_path(atom) for way in choice.onward if way.condition for atom in _atoms(way.condition)}
        )
        placed = {path for state in machine.everywhere() for path in _places(state)}
        self._placed = frozenset(name for name in asked if any(_covers(path, name) for path in placed))
        self._followed = frozenset(name for name, times in asked.items() if times > 1) | {
            name for name in self._placed if any(_asks_presence(choice, name) for choice in choices)
        }

    @property
    def start(self) -> Known:
        """What is known at the start: what a state places is not there yet."""
        return tuple((_key(name, _PRESENT, True), _FALSE) for name in sorted(self._placed & self._followed))

    def holds(self, condition: Mapping[str, Any], known: Known) -> bool | None:
        """Whether a condition holds; None if nothing has decided it yet."""
        return _decided(condition, dict(known))

    def took(self, state: State, way: Way, known: Known) -> Known:
        """What is known once a way out of a Choice is taken: its condition holds, and none before it does."""
        facts = dict(known)
        for one in state.onward:
            if one is way or one.condition is None:
                break
            facts.update(self._told(one.condition, holds=False))
        if way.condition is not None:
            facts.update(self._told(way.condition, holds=True))
        return tuple(sorted(facts.items()))

    def after(self, state: State, way: Way, known: Known) -> Known:
        """What is known once a state has placed its result, or its error."""
        path = placed_by(state, way)
        if path is None or not self._followed:
            return known
        facts = {key: value for key, value in known if not _covers(path, key.partition("|")[0])}
        for name in self._followed & self._placed:
            if _covers(path, name) and path != "$":
                facts[_key(name, _PRESENT, True)] = _TRUE
                if way.errors:
                    facts[_key(path, _CAUGHT, True)] = _TRUE
        return tuple(sorted(facts.items()))

    def _told(self, condition: Mapping[str, Any], *, holds: bool) -> dict[str, str]:
        if "Not" in condition:
            return self._told(condition["Not"], holds=not holds)
        parts = condition.get("And" if holds else "Or")
        if parts is not None:
            return {key: value for one in parts for key, value in self._told(one, holds=holds).items()}
        return {
            _key(*atom): _TRUE if holds else _FALSE
            for atom in _atoms(condition)
            if not {"And", "Or"} & condition.keys() and _path(atom) in self._followed
        }


_Atom = tuple[str, str, Any]


def _atoms(condition: Mapping[str, Any]) -> Iterator[_Atom]:
    """The tests in a condition: a path, what is asked, with what."""
    if "Variable" in condition:
        for name, value in condition.items():
            if name not in (*_NO_TEST, "Variable"):
                yield str(condition["Variable"]), name, value
    for one in (*condition.get("And", ()), *condition.get("Or", ()), *filter(None, [condition.get("Not")])):
        yield from _atoms(one)


def _path(atom: _Atom) -> str:
    path, _, _ = atom
    return path


def _key(path: str, asked: str, value: Any) -> str:
    return f"{path}|{asked}|{json.dumps(value)}"


def _decided(condition: Mapping[str, Any], facts: Mapping[str, str]) -> bool | None:
    if "Not" in condition:
        inner = _decided(condition["Not"], facts)
        return None if inner is None else not inner
    for name, decisive in (("And", False), ("Or", True)):
        if name in condition:
            parts = [_decided(one, facts) for one in condition[name]]
            return decisive if decisive in parts else None if None in parts else not decisive
    atom = next(_atoms(condition), None)
    return None if atom is None else _known(atom, facts)


def _known(atom: _Atom, facts: Mapping[str, str]) -> bool | None:
    path, asked, value = atom
    if told := facts.get(_key(path, asked, value)):
        return told == _TRUE
    if isinstance(value, bool) and (told := facts.get(_key(path, asked, not value))):
        return told == _FALSE
    if (there := _known_by_what_is_there(atom, facts)) is not None:
        return there
    equal = f"{path}|{asked}|"
    if asked.endswith("Equals") and any(key.startswith(equal) and fact == _TRUE for key, fact in facts.items()):
        return False
    return None


def _known_by_what_is_there(atom: _Atom, facts: Mapping[str, str]) -> bool | None:
    """What a test comes to where nothing is, or where a Catch has put its error: an object with two texts."""
    path, asked, value = atom
    for key, fact in facts.items():
        over, about, _ = key.split("|", 2)
        if about not in (_PRESENT, _CAUGHT) or not _covers(over, path):
            continue
        if about == _PRESENT and (fact == _TRUE) is not key.endswith(_TRUE):
            return not value if asked == _PRESENT else False
        below = segments(path)[len(segments(over)) :]
        if about == _CAUGHT and asked in _OF_TEXTS and (not below or below in _ERROR_FIELDS):
            return (bool(below) and asked == "IsString") is value
    return None


def _asks_presence(choice: State, path: str) -> bool:
    atoms = [atom for way in choice.onward if way.condition for atom in _atoms(way.condition)]
    return any(asked == _PRESENT and name == path for name, asked, _ in atoms)


def _places(state: State) -> Iterator[str]:
    for way in state.ways:
        path = placed_by(state, way)
        if path is not None and path != "$":
            yield path


def placed_by(state: State, way: Way) -> str | None:
    """Where a state puts its result on a way, or its error; None if it leaves the data as it is."""
    if state.language == JSONATA:
        return "$"
    if way.errors:
        path = way.fields.get("ResultPath", "$")
    elif state.type in ("Task", "Parallel", "Map") or (
        state.type == "Pass" and {"Result", "Parameters", "ResultPath"} & state.body.keys()
    ):
        path = state.body.get("ResultPath", "$")
        path = "$" if state.body.get("OutputPath", "$") != "$" else path
    else:
        path = None
    return None if path is None else str(path)


def _covers(placed: str, path: str) -> bool:
    """Whether what is placed at one path decides what is at another."""
    over, under = segments(placed), segments(path)
    return under[: len(over)] == over


def overlap(placed: str, read: str) -> bool:
    """Whether one of two paths lies within the other: what is placed at one is then read at the other."""
    if _HEAD.split(placed)[0] != _HEAD.split(read)[0]:
        return False
    over, under = segments(placed), segments(read)
    common = min(len(over), len(under))
    return over[:common] == under[:common]

"""Values in a task's arguments that cannot be meant: holes, the other query language, DynamoDB's types left out."""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from sagalint.definition.machine import JSONATA, State
from wild_rydes_saga.lab.chapters import HOLE

Problem = tuple[str, str, tuple[str, ...]]
"""A sentence, a hint, and the fields that lead to the place."""

_TYPED: Final = ("Item", "Key", "ExpressionAttributeValues")
_TYPES: Final = frozenset({"S", "N", "B", "BOOL", "NULL", "L", "M", "SS", "NS", "BS"})
_PATH: Final = re.compile(r"\$\$?[.\[]")
_REFERENCE: Final = re.compile(r"\{%\s*\$states[\w.]*\s*%\}")


def with_values(state: State, found: list[Problem]) -> list[Problem]:
    """The problems of a task, with those of single values that none of them is about."""
    arguments = "Arguments" if "Arguments" in state.body else "Parameters"
    given, known = state.body.get(arguments), [where for _, _, where in found if where]
    values = [*_holes(given, (arguments,)), *_languages(state, given, (arguments,)), *_untyped(state, given, arguments)]
    return [*found, *(one for one in values if not any(one[2][: len(where)] == where for where in known))]


def _field(path: tuple[str, ...]) -> str:
    """The field that a value belongs to: the type of DynamoDB is not one."""
    return next(name for name in reversed(path) if name not in _TYPES)


def _leaves(part: Any, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Any]]:
    if isinstance(part, Mapping):
        for name, value in part.items():
            yield from _leaves(value, (*path, str(name)))
    else:
        yield path, part


def _holes(given: Any, path: tuple[str, ...]) -> Iterator[Problem]:
    for where, value in _leaves(given, path):
        if value == HOLE:
            field = _field(where)
            yield f"{field} is still {HOLE!r}", f"write what docs/lab.md says of {field} in its place", where


def _languages(state: State, given: Any, path: tuple[str, ...]) -> Iterator[Problem]:
    for where, value in _leaves(given, path):
        field, text = _field(where), value if isinstance(value, str) else ""
        if state.language != JSONATA and text.startswith("{%"):
            hint = 'write "QueryLanguage": "JSONata" at the top of the machine'
            yield f"{field} is JSONata, and the state reads JSONPath", hint, where
        elif state.language == JSONATA and (_PATH.match(text) or where[-1].endswith(".$")):
            hint = 'write {% $states... %}, and the name without ".$"'
            yield f"{field} is JSONPath, and the state reads JSONata: it is the text {value!r} to it", hint, where


def _untyped(state: State, given: Any, arguments: str) -> Iterator[Problem]:
    """Values of DynamoDB without their types; what an expression makes is known only where it is a reference."""
    for part in _TYPED if ":dynamodb:" in state.resource and isinstance(given, Mapping) else ():
        values = given.get(part)
        for name, value in values.items() if isinstance(values, Mapping) else ():
            if isinstance(value, Mapping) and set(value) & {*_TYPES, *(f"{one}.$" for one in _TYPES)}:
                continue
            if not isinstance(value, str) or not value.startswith(("{%", "$")) or _REFERENCE.fullmatch(value):
                hint = f'write {{"S": ...}} around it, as in "{name}": {{"S": "text"}}'
                yield f"{name} has no type of DynamoDB", hint, (arguments, part, name)

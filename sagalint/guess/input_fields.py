"""Which fields of an execution's input a machine reads by name, and which of them look secret."""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from sagalint.definition.machine import FORK_TYPES, JSONATA, Machine, State, Way

_CONTEXT: Final = re.compile(r"(?:\$states\.context|\$\$)\.Execution\.Input\.([A-Za-z_]\w*)")
_GIVEN: Final = re.compile(r"\$states\.input\.([A-Za-z_]\w*)")
_PATH: Final = re.compile(r"(?<![\w$])\$(?:\.([A-Za-z_]\w*)|\['([^']+)'\])")
_WHOLE: Final = re.compile(r"\$states\.input(?![.\w\[])")
_ALL_OF_IT: Final = re.compile(r"\{%\s*\$states\.(?:input|context\.Execution\.Input)\s*%\}|\$|\$\$\.Execution\.Input")
_NOT_READ_FROM_INPUT: Final = ("ResultSelector", "ResultPath", "OutputPath", "Catch", "Retry", "Assign", "Comment")
_SECRET: Final = re.compile(
    r"\b(cc|card|pan|cv[vcn]2?|csc|expiry|expiration|password|passwd|pwd|passphrase|secret|token|ssn|iban|pin|"
    r"credential|credentials|api key|private key|account number|routing number|sort code)\b"
)


def fields_read(machine: Machine) -> dict[str, tuple[str, ...]]:
    """By field of the execution's input, the states that read it by name, as far as the text shows it.

    Follows the input through the states that keep it, and through variables that hold the whole of it.
    """
    found: dict[str, dict[str, None]] = {}
    _walk(machine, found, _holders(machine), whole=True)
    of_errors = _placed_by_catchers(machine)
    return {name: tuple(states) for name, states in found.items() if name not in of_errors}


def _placed_by_catchers(machine: Machine) -> set[str]:
    """The fields in which catchers put errors: no caller gives them."""
    paths = [str(way.fields.get("ResultPath", "$")) for state in machine.everywhere() for way in state.catches]
    return {one or other for path in paths for one, other in _PATH.findall(path)}


def looks_secret(field: str) -> bool:
    """Whether the name of a field is one that secrets have."""
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|[_-]", " ", field).lower()
    return bool(_SECRET.search(spaced))


def _walk(machine: Machine, found: dict[str, dict[str, None]], holders: frozenset[str], *, whole: bool) -> None:
    least: dict[tuple[str, bool], frozenset[str]] = {(machine.start, whole): frozenset()}
    to_do = [*least]
    while to_do:
        name, whole = to_do.pop()
        placed = least[name, whole]
        state = machine.states[name]
        for field in _reads(state, holders, placed, whole=whole):
            found.setdefault(field, {})[name] = None
        chosen = state.type == "Map" or not {"Parameters", "Arguments", "InputPath"}.isdisjoint(state.body)
        for inner in state.inner:
            _walk(inner, found, holders, whole=whole and not placed and not chosen)
        for way in state.ways:
            kept, at = _after(state, way)
            now = (str(way.target), whole and kept)
            before = least.get(now)
            after = placed | at if before is None else before & (placed | at)  # what is placed on every way there
            if way.target is not None and after != before:
                least[now] = after
                to_do.append(now)


def _reads(state: State, holders: frozenset[str], placed: frozenset[str], *, whole: bool) -> Iterator[str]:
    body = {key: value for key, value in state.body.items() if key not in ("Branches", "ItemProcessor", "Iterator")}
    everywhere = "\n".join(_texts(body))
    yield from _CONTEXT.findall(everywhere)
    for holder in holders:
        yield from re.findall(rf"\${re.escape(holder)}\.([A-Za-z_]\w*)", everywhere)
    if not whole:
        return
    if state.language == JSONATA:
        yield from _GIVEN.findall(everywhere)
        return
    chosen = body.get("InputPath", "$")
    own = {key: value for key, value in body.items() if key not in _NOT_READ_FROM_INPUT}
    texts = [chosen] if chosen != "$" else [*_paths(own)]
    for field in (one or other for text in texts if text for one, other in _PATH.findall(text)):
        if field not in placed:
            yield field


def _after(state: State, way: Way) -> tuple[bool, frozenset[str]]:
    """Whether a way keeps the whole input that a state was given, and the fields that it places in it."""
    body, fields = state.body, way.fields if way.errors else state.body
    works = bool(way.errors) or state.type in ("Task", *FORK_TYPES)
    if state.language == JSONATA:
        output = fields.get("Output")
        return (
            not works if "Output" not in fields else any(_WHOLE.search(text) for text in _texts(output))
        ), frozenset()
    if not way.errors and body.get("OutputPath", "$") != "$":
        return False, frozenset()
    if not works and (state.type != "Pass" or not {"Result", "Parameters"} & body.keys()):
        return body.get("InputPath", "$") == "$", frozenset()
    path = fields.get("ResultPath", "$")
    placed = [one or other for one, other in _PATH.findall(path or "")]
    return path is None or bool(placed), frozenset(placed)


def _holders(machine: Machine) -> frozenset[str]:
    """The variables that the first state gives the whole input to, or any state the whole of the execution's."""
    found = set()
    for state in machine.everywhere():
        for fields in (state.body, *state.body.get("Catch", ()), *state.body.get("Choices", ())):
            for name, value in fields.get("Assign", {}).items():
                text = value.strip() if isinstance(value, str) else ""
                first = (state.name == machine.start and state.type == "Pass") or "Execution.Input" in text
                if first and _ALL_OF_IT.fullmatch(text):
                    found.add(str(name).removesuffix(".$"))
    return frozenset(found)


def _texts(value: Any) -> Iterator[str]:
    for _, text in _entries(value, ""):
        yield text


def _paths(value: Any) -> Iterator[str]:
    for key, text in _entries(value, ""):
        if key.endswith((".$", "Path")) or key == "Variable":
            yield text


def _entries(value: Any, key: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, Mapping):
        for name, inner in value.items():
            yield from _entries(inner, str(name))
    elif isinstance(value, list):
        for inner in value:
            yield from _entries(inner, key)
    elif isinstance(value, str):
        yield key, value

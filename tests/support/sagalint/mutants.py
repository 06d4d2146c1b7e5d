"""Every machine that differs from a given one by a single edit: what somebody could forget, mistype or move."""

import copy
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

Definition = dict[str, Any]
Edit = Callable[[Definition], object]

WILDCARD = "States.ALL"
_INPUT_FIELD = re.compile(r"(?<=\.Execution\.Input\.)[A-Za-z]+")


@dataclass(frozen=True)
class Mutant:
    """A machine with one edit.

    Attributes:
        kind: What was edited, and how: `edge moved`.
        edit: The edit in words.
        definition: The machine with it.
    """

    kind: str
    edit: str
    definition: Definition


def mutants(original: Definition) -> list[Mutant]:
    """All of them, each different from the original."""
    made = [_made(original, kind, edit, change) for kind, edit, change in _edits(original)]
    return [mutant for mutant in made if mutant.definition != original]


def _made(original: Definition, kind: str, edit: str, change: Edit) -> Mutant:
    definition = copy.deepcopy(original)
    change(definition)
    return Mutant(kind, edit, definition)


def _edits(original: Definition) -> Iterator[tuple[str, str, Edit]]:
    yield from _of_the_machine(original)
    for name, state in original["States"].items():
        for family in (_edges, _catches, _retries, _timeouts, _variables, _reads, _asserts, _outputs, _choices):
            for kind, edit, change in family(original, state):
                yield kind, f"{name}: {edit}", _in_state(name, change)


def _in_state(name: str, change: Edit) -> Edit:
    return lambda definition: change(definition["States"][name])


def _set(path: tuple[str | int, ...], value: Any) -> Edit:
    def change(node: Any) -> None:
        for step in path[:-1]:
            node = node[step]
        node[path[-1]] = value

    return change


def _remove(path: tuple[str | int, ...]) -> Edit:
    def change(node: Any) -> None:
        for step in path[:-1]:
            node = node[step]
        del node[path[-1]]

    return change


def _swap(field: str, first: int) -> Edit:
    def change(state: Any) -> None:
        entries = state[field]
        entries[first], entries[first + 1] = entries[first + 1], entries[first]

    return change


def _of_the_machine(original: Definition) -> Iterator[tuple[str, str, Edit]]:
    for name in original["States"]:
        yield "start moved", f"StartAt: {name}", _set(("StartAt",), name)
    timeout = original["TimeoutSeconds"]
    yield "timeout removed", "the machine's", _remove(("TimeoutSeconds",))
    yield "timeout shorter", "the machine's", _set(("TimeoutSeconds",), timeout // 2)
    yield "timeout longer", "the machine's", _set(("TimeoutSeconds",), timeout * 2)


def _edges(original: Definition, state: Any) -> Iterator[tuple[str, str, Edit]]:
    ways: list[tuple[str | int, ...]] = [(field,) for field in ("Next", "Default") if field in state]
    ways += [(field, at, "Next") for field in ("Catch", "Choices") for at in range(len(state.get(field, [])))]
    for way in ways:
        for target in original["States"]:
            yield "edge moved", f"{_said(way)} -> {target}", _set(way, target)
    if "Next" in state:
        yield "edge removed", "ends instead", lambda one: one.update(End=True, Next=None) or one.pop("Next")
    if "Default" in state:
        yield "edge removed", "no Default", _remove(("Default",))


def _catches(_: Definition, state: Any) -> Iterator[tuple[str, str, Edit]]:
    yield from _entries("Catch", state)


def _retries(_: Definition, state: Any) -> Iterator[tuple[str, str, Edit]]:
    yield from _entries("Retry", state)
    for at, entry in enumerate(state.get("Retry", [])):
        attempts = entry["MaxAttempts"]
        yield "retry altered", f"Retry {at}: no attempts", _set(("Retry", at, "MaxAttempts"), 0)
        yield "retry altered", f"Retry {at}: one more", _set(("Retry", at, "MaxAttempts"), attempts + 1)
        yield "retry altered", f"Retry {at}: 200 attempts", _set(("Retry", at, "MaxAttempts"), 200)
        for field in ("IntervalSeconds", "BackoffRate", "MaxDelaySeconds", "JitterStrategy", "MaxAttempts"):
            if field in entry:
                yield "retry altered", f"Retry {at}: no {field}", _remove(("Retry", at, field))


def _entries(field: str, state: Any) -> Iterator[tuple[str, str, Edit]]:
    entries = state.get(field, [])
    kind = field.lower()
    for at, entry in enumerate(entries):
        yield f"{kind} removed", f"{field} {at}", _remove((field, at))
        for position, error in enumerate(entry["ErrorEquals"]):
            where = (field, at, "ErrorEquals", position)
            if len(entry["ErrorEquals"]) > 1:
                yield "error name removed", f"{field} {at}: {error}", _remove(where)
            yield "error name altered", f"{field} {at}: {error}X", _set(where, f"{error}X")
            if error == WILDCARD:
                for other in ("States.TaskFailed", "States.Timeout"):
                    yield "error name altered", f"{field} {at}: {other}", _set(where, other)
            elif "." in error:
                bare = error.rpartition(".")[2]
                yield "error name altered", f"{field} {at}: {bare}", _set(where, bare)
    for first, (one, other) in enumerate(pairwise(entries)):
        yield "order changed", f"{field}: {one['ErrorEquals']} after {other['ErrorEquals']}", _swap(field, first)


def _timeouts(_: Definition, state: Any) -> Iterator[tuple[str, str, Edit]]:
    if "TimeoutSeconds" in state:
        yield "timeout removed", "its own", _remove(("TimeoutSeconds",))
        yield "timeout shorter", "1 s", _set(("TimeoutSeconds",), 1)
        yield "timeout longer", "a day", _set(("TimeoutSeconds",), 86400)


def _variables(_: Definition, state: Any) -> Iterator[tuple[str, str, Edit]]:
    places: list[tuple[str | int, ...]] = [("Assign",)] if "Assign" in state else []
    places += [("Catch", at, "Assign") for at, one in enumerate(state.get("Catch", [])) if "Assign" in one]
    for place in places:
        assigned = state
        for step in place:
            assigned = assigned[step]
        for name, value in assigned.items():
            where = f"{_said(place)}.{name}"
            yield "variable removed", where, _remove((*place, name))
            yield "variable altered", f"{where} renamed", _renamed(place, name)
            yield (
                "variable altered",
                f"{where} of another kind",
                _set((*place, name), {} if isinstance(value, str) else "x"),
            )
            if isinstance(value, dict):
                for field in value:
                    yield "variable altered", f"{where} without {field}", _remove((*place, name, field))


def _renamed(place: tuple[str | int, ...], name: str) -> Edit:
    def change(node: Any) -> None:
        for step in place:
            node = node[step]
        node[f"{name}X"] = node.pop(name)

    return change


def _reads(original: Definition, state: Any) -> Iterator[tuple[str, str, Edit]]:
    """Each read of a variable or of an input field, mistyped, and each read of a field made one of a secret."""
    variables = {name for one in original["States"].values() for name in _assigned(one)}
    for field in ("Arguments", "Output", "Error", "Cause", "Seconds"):
        text = json.dumps(state.get(field))
        for name in sorted(variables):
            if re.search(rf"\${name}\b", text):
                other = re.sub(rf"\${name}\b", f"${name}X", text)
                yield "read altered", f"{field}: ${name}X", _set((field,), json.loads(other))
        for found in {match.group() for match in _INPUT_FIELD.finditer(text)}:
            one = rf"(?<=\.Execution\.Input\.){found}\b"
            yield "read altered", f"{field}: {found}X", _set((field,), json.loads(re.sub(one, f"{found}X", text)))
            if "cvv" not in text:
                yield "secret read", f"{field}: cvv for {found}", _set((field,), json.loads(re.sub(one, "cvv", text)))


def _assigned(state: Any) -> set[str]:
    return {*state.get("Assign", {}), *(name for one in state.get("Catch", []) for name in one.get("Assign", {}))}


def _asserts(_: Definition, state: Any) -> Iterator[tuple[str, str, Edit]]:
    text = json.dumps(state.get("Arguments"))
    if "$assert(" in text:
        yield "assertion removed", "$assert", _set(("Arguments",), json.loads(text.replace("$assert(", "$string(")))


def _outputs(_: Definition, state: Any) -> Iterator[tuple[str, str, Edit]]:
    if "Output" in state:
        yield "output removed", "its own", _remove(("Output",))
    for at, entry in enumerate(state.get("Catch", [])):
        if "Output" in entry:
            yield "output removed", f"Catch {at}", _remove(("Catch", at, "Output"))
    for field in ("Error", "Cause"):
        if state["Type"] == "Fail" and field in state:
            yield "ending altered", f"no {field}", _remove((field,))


def _choices(_: Definition, state: Any) -> Iterator[tuple[str, str, Edit]]:
    entries = state.get("Choices", [])
    for at, entry in enumerate(entries):
        if len(entries) > 1:
            yield "choice removed", entry["Condition"], _remove(("Choices", at))
        other = entry["Condition"].replace("' %}", "X' %}")
        yield "choice altered", other, _set(("Choices", at, "Condition"), other)
    for first in range(len(entries) - 1):
        yield "order changed", f"choices {first} and {first + 1}", _swap("Choices", first)


def _said(path: tuple[str | int, ...]) -> str:
    return " ".join(str(step) for step in path)

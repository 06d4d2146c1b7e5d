"""The words on a picture's ways: the errors that are caught, by the names that are reported, and what a choice asks."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

_LONGEST_LINE: Final = 14
_MOST_NAMED: Final = 3
_LONGEST_CONDITION: Final = 40
_BREAK: Final = re.compile(r"(?<=[a-z])(?=[A-Z])| ")
_EQUALS_TEXT: Final = re.compile(r"\$[\w.]+\s*=\s*(?:'([^']*)'|\"([^\"]*)\")")
_COMPARED: Final = {
    "LessThanEquals": "<=",
    "GreaterThanEquals": ">=",
    "LessThan": "<",
    "GreaterThan": ">",
    "Equals": "=",
}
_OTHERWISE: Final = "otherwise"


def caught_errors(state: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    """By target, the errors that a state's catchers lead there."""
    caught: dict[str, tuple[str, ...]] = {}
    for catcher in state.get("Catch", []):
        reported = _reported(catcher)
        errors = (reported,) if reported else tuple(catcher["ErrorEquals"])
        caught[catcher["Next"]] = (*caught.get(catcher["Next"], ()), *errors)
    return caught


def reported_error(state: Mapping[str, Any], error: str) -> str:
    """The name by which a state's catcher reports an error; the error's own if it does not rename it."""
    for catcher in state.get("Catch", []):
        if error in catcher["ErrorEquals"] or "States.ALL" in catcher["ErrorEquals"]:
            return _reported(catcher) or error
    return error


def _reported(catcher: Mapping[str, Any]) -> str:
    """The name that a catcher assigns as the error, where it is a text and not an expression."""
    assigned = catcher.get("Assign")
    for value in assigned.values() if isinstance(assigned, Mapping) else ():
        error = value.get("error") if isinstance(value, Mapping) else None
        if isinstance(error, str) and error and not error.startswith(("{%", "$")):
            return error
    return ""


def choices(state: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    """By target, what a Choice asks before it leads there; nothing for another state."""
    found: dict[str, tuple[str, ...]] = {}
    for target, asked in _choices(state):
        found[target] = (*found.get(target, ()), asked)
    return found


def _choices(state: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    if state.get("Type") != "Choice":
        return
    for choice in state.get("Choices", []):
        yield choice["Next"], _condition(choice)
    if "Default" in state:
        yield state["Default"], _OTHERWISE


def _condition(choice: Mapping[str, Any]) -> str:
    """A choice's condition in a few words: a comparison with a text is that text alone."""
    if isinstance(written := choice.get("Condition"), str):
        asked = written.strip().removeprefix("{%").removesuffix("%}").strip()
        if found := _EQUALS_TEXT.fullmatch(asked):
            return found[1] or found[2] or "empty"
        return _cut(asked.replace("$", ""))
    return _cut(
        next((asked for name, value in choice.items() if (asked := _compared(choice, name, value))), "condition")
    )


def _compared(choice: Mapping[str, Any], name: str, value: Any) -> str:
    """What one field of a JSONPath choice asks; empty if it asks nothing."""
    path = str(choice.get("Variable", "")).removeprefix("$.")
    kind = next((end for end in _COMPARED if name.removesuffix("Path").endswith(end)), "")
    if kind:
        return value if kind == "Equals" and isinstance(value, str) else f"{path} {_COMPARED[kind]} {value}"
    if name.startswith("Is"):
        return f"{path} {'' if value else 'not '}{name[2:].lower()}"
    if name in ("And", "Or") and isinstance(value, list):
        return f" {name.lower()} ".join(_condition(one) for one in value)
    return f"not {_condition(value)}" if name == "Not" else ""


def short(error: str) -> str:
    """An error without its prefix."""
    return "any other error" if error == "States.ALL" else printable(error.rpartition(".")[2])


def few(errors: Sequence[str]) -> list[str]:
    """Errors by their short names; of a long list the first, and how many others there are."""
    names = [short(error) for error in errors]
    return names if len(names) <= _MOST_NAMED else [names[0], f"{len(names) - 1} others"]


def broken(name: str) -> str:
    """A long name on two lines, broken at the hump or space that is nearest to its middle."""
    breaks = [found.span() for found in _BREAK.finditer(name)] if len(name) > _LONGEST_LINE else []
    start, end = min(breaks, key=lambda span: abs(sum(span) - len(name)), default=(0, 0))
    return f"{name[:start]}\n{name[end:]}" if breaks else name


def printable(text: str) -> str:
    """A text without what cannot be printed."""
    return "".join(character for character in text if character.isprintable())


def _cut(text: str) -> str:
    text = " ".join(printable(text).split())
    return text if len(text) <= _LONGEST_CONDITION else f"{text[: _LONGEST_CONDITION - 1]}…"

"""Reads JSON that a person may have written into dataclasses: strictly, and says in words what is wrong, and where."""

import dataclasses
import difflib
import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final, TypeVar, get_args, get_type_hints

T = TypeVar("T")
_IN_WORDS: Final = {
    "array": "a list",
    "object": "an object",
    "str": "a text",
    "bool": "true or false",
    "int": "a whole number",
    "float": "a number",
}
SCHEMA: Final = "$schema"
"""What an editor finds the schema by; it says nothing of the plan."""


def read(text: str, kind: type[T], *, what: str, refusal: type[ValueError]) -> T:
    """Reads an object of a kind.

    Args:
        text: The JSON.
        kind: A dataclass. What its own `__post_init__` refuses with `refusal` is passed on.
        what: What it is called, for errors.
        refusal: How to refuse.

    Raises:
        refusal: It is not JSON, has a field too many or too few, or one of another type.
    """
    import msgspec  # noqa: PLC0415 # a check against a guess needs none

    try:
        data = json.loads(text)
    except json.JSONDecodeError as error:
        raise refusal(f"the {what} is not JSON: {error.msg} in line {error.lineno}, column {error.colno}") from None
    if not isinstance(data, dict):
        raise refusal(f"the {what} is not a JSON object: give one")
    data.pop(SCHEMA, None)
    for wrong in _unknown_fields(data, kind, what):
        raise refusal(f"the {what} cannot be read: {wrong}")
    try:
        return msgspec.convert(data, kind)
    except msgspec.ValidationError as error:
        if isinstance(error.__cause__, refusal):
            raise error.__cause__ from None
        raise refusal(f"the {what} cannot be read: {_in_words(str(error), kind, what)}") from None


def _unknown_fields(data: Any, hint: Any, where: str) -> Iterator[str]:
    """Fields that no dataclass has which a value is for."""
    kind = next((one for one in _inside(hint) if dataclasses.is_dataclass(one)), None)
    if kind is None:
        return
    if isinstance(data, list):
        for position, one in enumerate(data):
            yield from _unknown_fields(one, hint, f"{where}[{position}]")
    elif isinstance(data, Mapping):
        hints = get_type_hints(kind)
        for field, value in data.items():
            if field in hints:
                yield from _unknown_fields(value, hints[field], f"{where}.{field}")
                continue
            near = difflib.get_close_matches(field, hints, n=1)
            fix = f"write {near[0]}" if near else f"it may have {', '.join(hints)}"
            yield f"{where} has the field {field}, which is not known: {fix}"


def _inside(hint: Any) -> Iterator[Any]:
    """A type and those that it is made of: `Step` of `tuple[Step, ...]` and of `Step | None`."""
    yield hint
    for inner in get_args(hint):
        yield from _inside(inner)


def _in_words(error: str, kind: type, what: str) -> str:
    """What is wrong with a field: `must be a list @ plan.ending`."""
    message, _, path = error.partition(" - at ")
    where = path.strip("`").replace("$", what, 1) or what
    if expected := re.fullmatch(r"Expected `([^`]+)`, got `[^`]+`", message):
        names = [name for name in expected[1].split(" | ") if name != "null"]
        return f"must be {' or '.join(_IN_WORDS.get(name, name) for name in names)} @ {where}"
    if missing := re.fullmatch(r"Object missing required field `(\w+)`", message):
        return f"give it the field {missing[1]} @ {where}.{missing[1]}"
    if re.fullmatch(r"Invalid enum value .*", message):
        return f"must be one of {', '.join(_choices(kind))} @ {where}"
    return f"{message} @ {where}"


def _choices(kind: Any) -> Iterator[str]:
    """The words that the choices of a dataclass take."""
    for hint in get_type_hints(kind).values():
        for inner in _inside(hint):
            if dataclasses.is_dataclass(inner):
                yield from _choices(inner)
            elif hasattr(inner, "__members__"):
                yield from (str(one.value) for one in inner)

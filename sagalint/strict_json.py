"""Reads JSON that a person may have written into dataclasses: strictly, and told in words what is wrong, and where."""

import json
from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Any, Final, TypeVar, get_args, get_origin

import cattrs

T = TypeVar("T")
_KINDS: Final[Mapping[type, str]] = {
    list: "array",
    str: "string",
    int: "number",
    float: "number",
    bool: "truth value",
    type(None): "null",
}


def read(text: str, kind: type[T], *, what: str, refusal: type[ValueError]) -> T:
    """Reads an object of a kind.

    Args:
        text: The JSON.
        kind: A dataclass. What its own `__post_init__` refuses with `refusal` is passed on.
        what: What it is called, for errors.
        refusal: How to refuse.

    Raises:
        refusal: It is no JSON, has a field too many or too few, or one of another type.
    """
    try:
        data = json.loads(text)
    except json.JSONDecodeError as error:
        raise refusal(f"the {what} is no JSON: {error.msg} in line {error.lineno}, column {error.colno}") from None
    if not isinstance(data, dict):
        raise refusal(f"the {what} is a JSON {_KINDS[type(data)]}: give an object")
    try:
        return _READER.structure(data, kind)
    except cattrs.BaseValidationError as errors:
        wrong = "; ".join(cattrs.transform_error(errors, path=what, format_exception=_told))
        raise _passed_on(errors, refusal) or refusal(f"the {what} cannot be read: {wrong}") from None


def _exactly(words: str, *kinds: type) -> Callable[[Any, Any], Any]:
    """Takes a value of these kinds as it is, where cattrs would make one of any other."""

    def taken(value: Any, _: Any) -> Any:
        if not isinstance(value, kinds) or (isinstance(value, bool) and bool not in kinds):
            raise TypeError(f"must be {words}")
        return value

    return taken


def _text(value: Any, kind: type[str]) -> str:
    """Takes a text, and for a choice one of its words."""
    if not isinstance(value, str):
        raise TypeError("must be a text")
    if issubclass(kind, StrEnum):
        if value not in list(kind):
            raise TypeError(f"must be {' or '.join(kind)}")
        return kind(value)
    return value


def _is_tuple(kind: Any) -> bool:
    origin: Any = get_origin(kind)
    return origin is tuple


def _list_of(kind: Any) -> Callable[[Any, Any], tuple[Any, ...]]:
    inner = get_args(kind)[0]

    def taken(value: Any, _: Any) -> tuple[Any, ...]:
        if not isinstance(value, list):
            raise TypeError("must be a list")
        return tuple(_READER.structure(one, inner) for one in value)

    return taken


_READER = cattrs.Converter(forbid_extra_keys=True)
_READER.register_structure_hook(str, _text)
_READER.register_structure_hook(bool, _exactly("true or false", bool))
_READER.register_structure_hook(int, _exactly("a whole number", int))
_READER.register_structure_hook(float, _exactly("a number", int, float))
_READER.register_structure_hook_factory(_is_tuple, _list_of)


def _told(error: BaseException, kind: type | None) -> str:
    """What is wrong with a field, in words."""
    if isinstance(error, AttributeError):  # how a generated reader meets what is no object
        return "must be an object"
    if isinstance(error, TypeError) and str(error).startswith("must be "):
        return str(error)
    return cattrs.v.format_exception(error, kind)


def _passed_on(errors: BaseException, refusal: type[ValueError]) -> ValueError | None:
    """The refusal of what could be read but makes no sense, out of what the reader wrapped it in."""
    if isinstance(errors, refusal):
        return errors
    return next((told for one in getattr(errors, "exceptions", ()) if (told := _passed_on(one, refusal))), None)

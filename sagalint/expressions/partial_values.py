"""Values of which a part is known before a run: marks for what is not, and what can be said of them all the same.

A value is known in full, in part (the fields of an error, but not what they hold), or only by its kind. What is known
only by its kind is one of the marks below; a mark may also stand inside an object or a list.
"""

import json
from collections.abc import Mapping
from typing import Any, Final

ANY: Final = "\0any"
"""Stands for a value of which nothing is known; perhaps there is none."""
NOTHING: Final = "\0nothing"
"""Stands for what JSONata finds where there is nothing: an unassigned variable, a field that is not there."""
TEXT: Final = "\0text"
FILLED_TEXT: Final = "\0text, filled"
NUMBER: Final = "\0number"
POSITIVE: Final = "\0number, 1 or more"
TRUTH: Final = "\0truth value"
LIST: Final = "\0list"
FILLED_LIST: Final = "\0list, filled"
OBJECT: Final = "\0object"
"""One with a field at least."""
MORE: Final = "…and more"
"""Stands in a list for any number of further items."""
AN_ERROR: Final[Mapping[str, Any]] = {"Error": FILLED_TEXT, "Cause": TEXT}
"""What a Catch finds in `$states.errorOutput`."""
_TYPES: Final = {
    **dict.fromkeys((TEXT, FILLED_TEXT), "string"),
    **dict.fromkeys((NUMBER, POSITIVE), "number"),
    **dict.fromkeys((LIST, FILLED_LIST), "array"),
    TRUTH: "boolean",
    OBJECT: "object",
}
_FILLED: Final = {TEXT: "", FILLED_TEXT: "", LIST: [], FILLED_LIST: []}
"""By mark, the one value of its kind that is not filled."""


def is_mark(value: Any) -> bool:
    """Whether a value is a mark for one that is not known."""
    return isinstance(value, str) and value.startswith("\0")


def has_mark(value: Any) -> bool:
    """Whether a value is a mark, or has one inside."""
    if isinstance(value, Mapping):
        return any(has_mark(inner) for inner in value.values())
    if isinstance(value, list):
        return any(has_mark(inner) for inner in value)
    return is_mark(value)


def is_known(value: Any) -> bool:
    """Whether a value is known in full, with all the items of its lists."""
    return not has_mark(value) and MORE not in json.dumps(value, ensure_ascii=False)


def type_of(value: Any) -> str | None:
    """What `$type` says of a value that there is; None if that is not known."""
    if is_mark(value):
        return _TYPES.get(value)
    if isinstance(value, bool):
        return "boolean"
    kinds: tuple[tuple[Any, str], ...] = (
        (str, "string"),
        ((int, float), "number"),
        (list, "array"),
        (Mapping, "object"),
    )
    return next((name for kind, name in kinds if isinstance(value, kind)), "null" if value is None else None)


def truth_of(value: Any) -> bool | None:
    """Whether JSONata takes a value for true where it decides something; None if that is not known."""
    if value in (NOTHING, None):
        return False
    if value in (FILLED_TEXT, POSITIVE, OBJECT):
        return True
    if is_mark(value):
        return None
    if isinstance(value, list):
        truths = [truth_of(inner) for inner in value]
        return True if True in truths else None if None in truths else False
    return bool(value)


def compare(operator: str, one: Any, other: Any) -> Any:
    """What a comparison of two values comes to."""
    if NOTHING in (one, other):
        return False if operator in ("=", "!=") else NOTHING
    if operator in ("=", "!="):
        equal = _equal(one, other)
        return TRUTH if equal is None else equal is (operator == "=")
    if type_of(one) == type_of(other) in ("number", "string") and is_known(one) and is_known(other):
        return {"<": one < other, "<=": one <= other, ">": one > other, ">=": one >= other}[operator]
    mirrored = {"<": ">", ">": "<", "<=": ">=", ">=": "<="}
    if other == POSITIVE:
        one, other, operator = other, one, mirrored[operator]
    if one != POSITIVE or type_of(other) != "number" or is_mark(other):
        return TRUTH
    decided = {">": other < 1 or None, ">=": other <= 1 or None}
    refuted = {"<": other <= 1 or None, "<=": other < 1 or None}
    return True if decided.get(operator) else False if refuted.get(operator) else TRUTH


def _equal(one: Any, other: Any) -> bool | None:
    """Whether two values that there are, are the same; None if that is not known."""
    if ANY in (one, other):
        return None
    if type_of(one) != type_of(other):
        return False
    if is_known(one) and is_known(other):
        return bool(one == other)
    for mark, value in ((one, other), (other, one)):
        if not is_mark(mark) or is_mark(value):
            continue
        if mark in (FILLED_TEXT, FILLED_LIST) and value == _FILLED[mark]:
            return False
        if (mark == POSITIVE and value < 1) or (mark == OBJECT and value == {}):
            return False
    return None

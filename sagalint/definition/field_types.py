"""The shape of a definition: which fields hold what. Looked at first, so that nothing after it meets what it is not."""

from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple

from sagalint.input_error import InputError


class _Kind(NamedTuple):
    """What a field must hold, in words, and whether a value does."""

    words: str
    fits: Callable[[Any], bool]


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and value >= 0


_TEXT: Final = _Kind("a text", lambda value: isinstance(value, str))
_OBJECT: Final = _Kind("an object", lambda value: isinstance(value, Mapping))
_LIST: Final = _Kind("a list", lambda value: isinstance(value, list))
_NUMBER: Final = _Kind("a number, not below 0", _is_number)
_SECONDS: Final = _Kind(
    "a number, not below 0, or a JSONata expression",
    lambda value: _is_number(value) or (isinstance(value, str) and value.strip().startswith("{%")),
)
_COUNT: Final = _Kind("a whole number, not below 0", lambda value: _is_number(value) and value == int(value))
_TRUTH: Final = _Kind("true or false", lambda value: isinstance(value, bool))
_PATH: Final = _Kind(
    'a path, which begins with "$", or null',
    lambda value: value is None or (isinstance(value, str) and value.startswith("$")),
)
_PLACE: Final = _Kind(
    'a path or an intrinsic function: "$.x", "States.Format(…)"',
    lambda value: isinstance(value, str) and value.startswith(("$", "States.")),
)
_ERRORS: Final = _Kind(
    "a list of the errors that it is for",
    lambda value: isinstance(value, list) and bool(value) and all(isinstance(one, str) for one in value),
)
_LANGUAGE: Final = _Kind("JSONPath or JSONata", lambda value: value in ("JSONPath", "JSONata"))

_OF_A_MACHINE: Final = {"StartAt": _TEXT, "TimeoutSeconds": _NUMBER, "QueryLanguage": _LANGUAGE}
_OF_A_WAY: Final = {"Next": _TEXT, "Assign": _OBJECT, "ResultPath": _PATH}
_OF_A_STATE: Final = {
    **_OF_A_WAY,
    **dict.fromkeys(("Default", "Resource", "Comment"), _TEXT),
    **dict.fromkeys(("InputPath", "OutputPath"), _PATH),
    **dict.fromkeys(("ErrorPath", "CausePath"), _PLACE),
    **dict.fromkeys(
        ("SecondsPath", "TimestampPath", "ItemsPath", "TimeoutSecondsPath", "HeartbeatSecondsPath"), _PLACE
    ),
    **dict.fromkeys(("TimeoutSeconds", "HeartbeatSeconds", "Seconds"), _SECONDS),
    **dict.fromkeys(("Retry", "Catch", "Choices", "Branches"), _LIST),
    **dict.fromkeys(("ItemProcessor", "Iterator"), _OBJECT),
    "End": _TRUTH,
    "QueryLanguage": _LANGUAGE,
}
_OF_A_RETRIER: Final = {
    "ErrorEquals": _ERRORS,
    "MaxAttempts": _COUNT,
    **dict.fromkeys(("IntervalSeconds", "BackoffRate", "MaxDelaySeconds"), _NUMBER),
}
_OF_A_CATCHER: Final = {**_OF_A_WAY, "ErrorEquals": _ERRORS}
_OF_A_CHOICE: Final = {**_OF_A_WAY, "Variable": _PATH}
_NEEDED: Final = {
    "Task": ("Resource",),
    "Parallel": ("Branches",),
    "Map": ("ItemProcessor", "Iterator"),
    "Choice": ("Choices",),
}
_MOST_ATTEMPTS: Final = 99_999_999
"""AWS's limit: more is refused there."""


def refuse_misshapen_machine(definition: Mapping[str, Any]) -> None:
    """Refuses a machine whose own fields hold what they cannot.

    Raises:
        InputError: One does. Says which, and what it must hold.
    """
    _refuse("the machine", definition, _OF_A_MACHINE)


def refuse_misshapen_state(name: str, body: Mapping[str, Any]) -> None:
    """Refuses a state with a field, its own or one of its Retry, Catch or Choices, that holds what it cannot.

    Raises:
        InputError: One does. Says which, and what it must hold.
    """
    where = f"the state {name}"
    _refuse(where, body, _OF_A_STATE)
    needed = _NEEDED.get(body["Type"], ())
    if needed and not any(body.get(field) for field in needed):
        raise InputError(f"{where} has no {' or '.join(needed)}: a {body['Type']} needs one")
    parts = {"Retry": (_OF_A_RETRIER, ("ErrorEquals",)), "Catch": (_OF_A_CATCHER, ("ErrorEquals", "Next"))}
    for field, (kinds, needed) in {**parts, "Choices": (_OF_A_CHOICE, ("Next",))}.items():
        for number, one in enumerate(body.get(field, ()), start=1):
            part = f"the {field} of {where}, entry {number},"
            if not isinstance(one, Mapping):
                raise InputError(f"{part} is no object: give one")
            missing = next((inner for inner in needed if inner not in one), None)
            if missing:
                raise InputError(f"{part} has no {missing}: give it one")
            _refuse(part, one, kinds)
            if one.get("MaxAttempts", 0) > _MOST_ATTEMPTS:
                raise InputError(f"MaxAttempts of {part} is above {_MOST_ATTEMPTS}: AWS refuses that")


def _refuse(where: str, fields: Mapping[str, Any], kinds: Mapping[str, _Kind]) -> None:
    for field, kind in kinds.items():
        if field in fields and not kind.fits(fields[field]):
            raise InputError(f"{field} of {where} is not what it must be: {kind.words}")

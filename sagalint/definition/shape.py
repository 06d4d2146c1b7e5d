"""The shape of a definition: which fields hold what, and whether every way leads to a state. Checked first."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final, NamedTuple

from sagalint.definition.open_values import CAN_BE_OPEN, is_open
from sagalint.definition.refusal import Refusal
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
_AT_LEAST_1: Final = _Kind("a number, not below 1", lambda value: _is_number(value) and value >= 1)
_WAIT: Final = _Kind(
    "a whole number, not below 1", lambda value: _is_number(value) and value == int(value) and value >= 1
)
_JITTER: Final = _Kind("FULL or NONE", lambda value: value in ("FULL", "NONE"))
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
    **dict.fromkeys(("IntervalSeconds", "MaxDelaySeconds"), _WAIT),
    "BackoffRate": _AT_LEAST_1,
    "JitterStrategy": _JITTER,
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


def misshapen_machine(definition: Mapping[str, Any]) -> Iterator[Refusal]:
    """The machine's own fields that hold what they cannot."""
    yield from _misshapen(None, "the machine", definition, _OF_A_MACHINE)


def misshapen_state(name: str, body: Mapping[str, Any]) -> Iterator[Refusal]:
    """A state's fields, its own or those of its Retry, Catch and Choices, that hold what they cannot or are missing."""
    where = f"the state {name}"
    yield from _misshapen(name, where, body, _OF_A_STATE)
    needed = _NEEDED.get(body["Type"], ())
    if needed and not any(body.get(field) for field in needed):
        kind = body["Type"]
        yield Refusal(name, needed[0], f"{where} has no {' or '.join(needed)}", f"a {kind} needs one")
    parts = {"Retry": (_OF_A_RETRIER, ("ErrorEquals",)), "Catch": (_OF_A_CATCHER, ("ErrorEquals", "Next"))}
    for field, (kinds, must) in {**parts, "Choices": (_OF_A_CHOICE, ("Next",))}.items():
        entries = body.get(field, ())
        for number, one in enumerate(entries if isinstance(entries, list) else (), start=1):
            yield from _misshapen_part(name, f"the {field} of {where}, entry {number},", one, kinds, must)


def _misshapen_part(
    state: str, part: str, one: Any, kinds: Mapping[str, _Kind], needed: tuple[str, ...]
) -> Iterator[Refusal]:
    if is_open(one):
        return
    if not isinstance(one, Mapping):
        yield Refusal(state, None, f"{part} is not an object", "give one")
        return
    for missing in needed:
        if missing not in one:
            yield Refusal(state, missing, f"{part} has no {missing}", "give it one")
    yield from _misshapen(state, part, one, kinds)
    attempts = one.get("MaxAttempts", 0)
    if _is_number(attempts) and attempts > _MOST_ATTEMPTS:
        yield Refusal(state, "MaxAttempts", f"MaxAttempts of {part} is above {_MOST_ATTEMPTS}", "lower it")


def _misshapen(
    state: str | None, where: str, fields: Mapping[str, Any], kinds: Mapping[str, _Kind]
) -> Iterator[Refusal]:
    for field, kind in kinds.items():
        value = fields.get(field)
        if field in fields and not kind.fits(value) and not (field in CAN_BE_OPEN and is_open(value)):
            yield Refusal(state, field, f"{field} of {where} is not what it must be", kind.words)


def dead_ends(definition: Mapping[str, Any], states: Mapping[str, Any]) -> Iterator[Refusal]:
    """A beginning and ways to states that are not there, and states without a way on.

    Args:
        definition: A machine, or a part of one that has states of its own.
        states: Its states.

    Raises:
        InputError: It leads to a state whose name only a deployment knows: AWS may accept what cannot be followed here.
    """
    named = definition.get("StartAt")
    if "StartAt" not in definition:
        yield Refusal(None, "StartAt", "the machine has no StartAt", "name the first state")
    elif isinstance(named, str) and named not in states:
        _refuse_open("StartAt", named)
        yield Refusal(None, "StartAt", f"StartAt names {named!r}, and no state is called so", "name the first state")
    for name, body in states.items():
        if isinstance(body, Mapping):
            yield from _from_state(name, body, states)


def _from_state(name: str, body: Mapping[str, Any], states: Mapping[str, Any]) -> Iterator[Refusal]:
    for target in _targets(body):
        if target not in states:
            _refuse_open(f"what {name} leads to", target)
            fix = "name one that is there"
            yield Refusal(name, "Next", f"{name} leads to {target!r}, and no state is called so", fix)
    ends = body.get("Type") in ("Choice", "Fail", "Succeed") or body.get("End") is True
    if not ends and body.get("Next") is None:
        yield Refusal(name, "Next", f"{name} leads nowhere", 'give it a Next, or "End": true')


def led_to(definition: Mapping[str, Any]) -> list[str]:
    """The names of the states that a machine leads to: where it begins, and where each of its states leads."""
    named = [definition.get("StartAt"), *(one for body in definition["States"].values() for one in _targets(body))]
    return [name for name in named if isinstance(name, str)]


def _targets(body: Any) -> Iterator[str]:
    """The names of the states that a state leads to."""
    if not isinstance(body, Mapping):
        return
    lists = [value for field in ("Catch", "Choices") if isinstance(value := body.get(field), list)]
    parts = [body, *(one for entries in lists for one in entries if isinstance(one, Mapping))]
    named = [part[field] for part in parts for field in ("Next", "Default") if part.get(field) is not None]
    yield from (target for target in named if isinstance(target, str))


def _refuse_open(what: str, target: str) -> None:
    if is_open(target):
        raise InputError(
            f"{what} is {target}, which only a deployment knows: give the definition as it is deployed "
            f"(for Terraform, the output of `terraform show -json`)"
        )

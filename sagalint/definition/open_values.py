"""Values that only a deployment knows, such as `${Timeout}`: they fail no check, and no default stands for them."""

from collections.abc import Mapping
from typing import Any, Final

_A_YEAR_SECONDS: Final = 31_536_000
_PATHS: Final = {"TimeoutSeconds": "TimeoutSecondsPath", "HeartbeatSeconds": "HeartbeatSecondsPath"}
_DROPPED: Final = ("Retry", "Catch")
_LISTS: Final = (*_DROPPED, "Choices")
_OF_A_RETRIER: Final = ("IntervalSeconds", "MaxAttempts", "BackoffRate", "MaxDelaySeconds", "JitterStrategy")
CAN_BE_OPEN: Final = frozenset((*_PATHS, "Seconds", *_DROPPED, *_OF_A_RETRIER))
"""The fields that may hold an open value where something else than text is needed."""


def is_open(value: Any) -> bool:
    """Whether a value is text with a reference that nothing has filled in."""
    return isinstance(value, str) and "${" in value


def seconds_of_machine(value: Any) -> float | None:
    """The timeout of a machine; where it is open, as long as an execution can last."""
    return _A_YEAR_SECONDS if is_open(value) else value


def closed(state: Mapping[str, Any]) -> Mapping[str, Any]:
    """A state in which no open value stands where a number or a list is needed.

    A timeout becomes one that the input decides. A wait is taken for a second. Of a retrier, AWS's defaults stand for
    what is open. A Retry or a Catch that is open as a whole is left out, and so is an open entry of a list.
    """
    body = {field: value for field, value in state.items() if field not in CAN_BE_OPEN or not is_open(value)}
    for field in state.keys() - body.keys():
        if field in _PATHS:
            body[_PATHS[field]] = "$"
        elif field == "Seconds":
            body[field] = 1
    for field in _LISTS:
        if isinstance(entries := body.get(field), list):
            body[field] = [one for one in entries if not is_open(one)]
    retry = body.get("Retry")
    if isinstance(retry, list):
        body["Retry"] = [_closed_retrier(one) if isinstance(one, Mapping) else one for one in retry]
    return body


def _closed_retrier(retrier: Mapping[str, Any]) -> Mapping[str, Any]:
    return {field: value for field, value in retrier.items() if field not in _OF_A_RETRIER or not is_open(value)}

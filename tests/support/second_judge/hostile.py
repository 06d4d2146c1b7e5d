"""Hostile values for an expression: what a ride, an error or a variable may hold at its worst."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from tests.support.card import CARD
from tests.support.second_judge.places import Place
from wild_rydes_saga.deployed.rides import LAB_FARE

EXECUTION: Final = "arn:aws:states:eu-west-1:123456789012:execution:machine:ride"
MOMENT: Final = "2026-11-22T10:00:00.123Z"
_HUGE: Final = 20_000
_DEEP: Final = 60

TEXTS: Final = {
    "empty": "",
    "huge": "x" * _HUGE,
    "line separators": "a\u2028b\u2029c\u0085d",
    "returns": "a\r\nb",
    "an emoji": "\U0001f984",
    "half a character": "\ud83e",
    "noncharacters": "\ufffe\uffff",
    "NUL": "\x00",
    "quotes": '"\\"{%%}$states\'',
    "looks like an error": '{"errorMessage": "no \\"way\\"", "errorType": "E"}',
    "half an error": '{"errorMessage": "' + "no" * 50,
}
"""Texts by what is wrong with them."""


def _deep() -> Any:
    value: Any = "deep"
    for _ in range(_DEEP):
        value = {"in": [value]}
    return value


OTHERS: Final[Mapping[str, Any]] = {
    "null": None,
    "false": False,
    "zero": 0,
    "a large number": 1e300,
    "an empty array": [],
    "an array of a text": ["wr_563"],
    "an array of objects": [{"fareId": "wr_563"}, {"fareId": "wr_564"}],
    "an array in an array": [[]],
    "an empty object": {},
    "an object": {"S": "wr_563"},
    "deep": _deep(),
}
"""Values that are not texts."""


@dataclass(frozen=True)
class Given:
    """What an expression is evaluated with.

    Attributes:
        label: What is hostile about it.
        bindings: The variables, `states` among them.
        text: The hostile text, if it is one.
    """

    label: str
    bindings: Mapping[str, Any]
    text: str = ""


def inputs() -> Iterator[tuple[str, Any, str]]:
    """Inputs of an execution: anything that is JSON, for anybody may start one."""
    base = {**LAB_FARE, **CARD, "executionArn": EXECUTION}
    yield "a ride", base, ""
    for label, value in {**TEXTS, **OTHERS}.items():
        yield f"the input is {label}", value, value if isinstance(value, str) else ""
    for name in base:
        yield f"no {name}", {field: value for field, value in base.items() if field != name}, ""
        for label, value in {**TEXTS, **OTHERS}.items():
            yield f"{name} is {label}", {**base, name: value}, value if isinstance(value, str) else ""


def errors() -> Iterator[tuple[str, Mapping[str, Any], str]]:
    """Errors as a catcher is given them: Error is a text, and Cause one that may be missing."""
    yield "an error without a cause", {"Error": "E"}, ""
    for label, text in TEXTS.items():
        yield f"the cause is {label}", {"Error": "E", "Cause": text}, text
        yield f"the error is {label}", {"Error": text, "Cause": "c"}, text


def givens(place: Place, variables: Mapping[str, Any]) -> Iterator[Given]:
    """Everything hostile that can come to a place, one thing at a time.

    Args:
        place: Where the expression stands.
        variables: A good value of each variable, with its fields as the machine reads them.
    """
    good = {name: variables[name] for name in place.known}
    error = {"Error": "E", "Cause": "c"}
    if "Execution.Input" in place.text:
        for label, given, text in inputs():
            yield Given(label, {**good, "states": states(place, given, error)}, text)
    if "$states.errorOutput" in place.text:
        for label, raised, text in errors():
            yield Given(label, {**good, "states": states(place, LAB_FARE, raised)}, text)
    yield Given("all is well", {**good, "states": states(place, LAB_FARE, error)})
    for name, value in good.items():
        if f"${name}" not in place.text:
            continue
        for label, changed, text in _changed(name, value):
            yield Given(label, {**good, name: changed, "states": states(place, LAB_FARE, error)}, text)


def _changed(name: str, value: Any) -> Iterator[tuple[str, Any, str]]:
    """A variable with one text in it hostile: the project's own code gives it its shape."""
    for label, text in TEXTS.items():
        if isinstance(value, str):
            yield f"${name} is {label}", text, text
        if isinstance(value, list):
            yield f"${name} holds {label}", [text], text
        if isinstance(value, dict):
            for field in value:
                yield f"${name}.{field} is {label}", {**value, field: text}, text


def states(place: Place, given: Any, error: Mapping[str, Any]) -> dict[str, Any]:
    """`$states` at a place."""
    found: dict[str, Any] = {
        "input": {},
        "context": {
            "Execution": {"Id": EXECUTION, "Name": "ride", "Input": given, "StartTime": MOMENT},
            "State": {"Name": place.state, "EnteredTime": MOMENT, "RetryCount": 0},
            "StateMachine": {"Name": place.machine, "Id": "arn"},
        },
    }
    if place.result:
        found["result"] = {"Payload": {}, "StatusCode": 200}
    if place.error:
        found["errorOutput"] = dict(error)
    return found

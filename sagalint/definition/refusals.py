"""Everything that AWS would refuse a definition for: what makes it unreadable, and what only looks right."""

import difflib
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any, Final

from sagalint.definition import allowed_fields
from sagalint.definition.machine import FORK_TYPES, JSONATA, JSONPATH, language_of, unreadable
from sagalint.definition.open_values import is_open
from sagalint.definition.refusal import Refusal
from sagalint.definition.shape import led_to

_LONGEST_NAME: Final = 80
_SHORT_ARN: Final = re.compile(r"arn(:[\w-]*){1,4}")
"""An ARN has six parts."""
_NOT_CALLED: Final = {
    "a state machine": (
        r"^arn:[\w-]+:states:[^:]*:[^:]*:stateMachine:|\$\{aws_sfn_state_machine\.\w+\.(arn|id)\}",
        "arn:aws:states:::states:startExecution.sync:2, and give it the ARN as StateMachineArn",
    ),
    "a topic": (
        r"^arn:[\w-]+:sns:[^:]*:\d|\$\{(aws_sns_topic\.\w+\.(arn|id)|[\w.]*sns_?topic_?arn)\}",
        "arn:aws:states:::sns:publish, and give it the ARN as TopicArn",
    ),
    "a queue": (
        r"^arn:[\w-]+:sqs:[^:]*:\d|\$\{(aws_sqs_queue\.\w+\.(arn|id|url)|[\w.]*sqs_?queue_?(arn|url))\}",
        "arn:aws:states:::sqs:sendMessage, and give it the URL as QueueUrl",
    ),
    "a table": (
        r"^arn:[\w-]+:dynamodb:[^:]*:\d|\$\{aws_dynamodb_table\.\w+\.(arn|id|name)\}",
        "arn:aws:states:::dynamodb:updateItem or the like, and give it the name as TableName",
    ),
}
"""What a Task cannot call by its ARN: how the ARN looks, or a reference to it in Terraform, and what to call."""
_ALL: Final = "States.ALL"
_COMPARED: Final[Mapping[str, tuple[Any, str, str]]] = {
    "Boolean": (bool, "true or false", "write true or false, without quotes"),
    "Is": (bool, "true or false", "write true or false, without quotes"),
    "Numeric": (int | float, "a number", "write it without quotes"),
    "String": (str, "a text", "put it in quotes"),
    "Timestamp": (str, "a text", "put it in quotes"),
}
"""By the beginning of a comparison, what it compares with."""
LED_TO_BY_NONE: Final = "no state leads there"
"""What states have in common that no other names."""
_HOW_LONG: Final = ("Seconds", "Timestamp", "SecondsPath", "TimestampPath")


class Repeating(dict[str, Any]):
    """An object of a document in which a name stands more than once: the last one holds."""

    def __init__(self, pairs: Iterable[tuple[str, Any]]) -> None:
        named = list(pairs)
        super().__init__(named)
        self.repeated = [name for name, count in Counter(name for name, _ in named).items() if count > 1]
        """The names that do."""


def refusals(definition: Mapping[str, Any]) -> tuple[Refusal, ...]:
    """Why AWS would refuse a machine; nothing if it would not, as far as its text shows."""
    found = dict.fromkeys([*_in_machine(definition, JSONPATH, outermost=True), *_same_names(definition)])
    slips = tuple(lack for one in found for lack in one.lacks)
    follows = [one for one in found if one.message.startswith(slips) or (slips and one.cause == LED_TO_BY_NONE)]
    return tuple(replace(one, readable=one.readable and not follows) for one in found if one not in follows)


def _in_machine(definition: Any, language: str, *, outermost: bool = False) -> Iterator[Refusal]:
    yield from unreadable(definition, language)
    if not isinstance(definition, Mapping) or not isinstance(definition.get("States"), Mapping):
        return
    where = "the machine" if outermost else "a machine inside"
    yield from _unknown(None, where, definition, allowed_fields.OF_A_MACHINE)
    language = language_of(definition, language)
    for name, body in definition["States"].items():
        if isinstance(body, Mapping) and body.get("Type") in allowed_fields.TYPES:
            yield from _in_state(name, body, language_of(body, language))
            for inner in _inside(body):
                yield from _in_machine(inner, language_of(body, language))
    yield from _led_to_by_none(definition)


def _led_to_by_none(definition: Mapping[str, Any]) -> Iterator[Refusal]:
    """States that neither StartAt nor another state names."""
    states, led = definition["States"], led_to(definition)
    for name in states if not any(map(_leads_anywhere, states.values())) else ():
        if name not in led:
            message, fix = f"no state leads to {name}, which AWS refuses", "lead a way there, or take the state away"
            yield Refusal(name, None, message, fix, readable=True, cause=LED_TO_BY_NONE)


def _leads_anywhere(body: Any) -> bool:
    """Whether only a deployment knows where a state leads."""
    lists = [body.get(field) for field in ("Catch", "Choices")] if isinstance(body, Mapping) else []
    return any(is_open(one) or (isinstance(one, list) and any(map(is_open, one))) for one in lists)


def _in_state(name: str, body: Mapping[str, Any], language: str) -> Iterator[Refusal]:
    allowed = allowed_fields.of_a_state(body, language)
    yield from _unknown(name, f"the state {name}", body, allowed, allowed_fields.of_the_other_language(body, language))
    for field in ("Retry", "Catch"):
        known = allowed_fields.of_an_entry(field, language)
        other = allowed_fields.of_an_entry(field, JSONPATH if language == JSONATA else JSONATA)
        for number, one in enumerate(_objects(body.get(field)), start=1):
            where = f"the {field} of the state {name}, entry {number},"
            yield from _unknown(name, where, one, known, other)
            yield from _all_beside_others(name, where, one.get("ErrorEquals"))
    for number, one in enumerate(_objects(body.get("Choices")), start=1):
        yield from _in_choice(name, f"the Choices of the state {name}, entry {number},", one, language)
    yield from _in_itself(name, body)


def _all_beside_others(name: str, where: str, errors: Any) -> Iterator[Refusal]:
    if isinstance(errors, list) and _ALL in errors and len(errors) > 1:
        fix = f"leave the other names out: {_ALL} stands for them"
        yield Refusal(
            name, "ErrorEquals", f"{where} has {_ALL} beside other names", fix, readable=True, cause=f"{_ALL} alone"
        )


def _in_choice(name: str, where: str, choice: Mapping[str, Any], language: str) -> Iterator[Refusal]:
    yield from _unknown(name, where, choice, allowed_fields.of_a_choice(language))
    yield from _compared(name, where, choice)
    for field in ("And", "Or", "Not"):
        inner = choice.get(field)
        for one in _objects(inner if isinstance(inner, list) else [inner]):
            yield from _in_choice(name, where, one, language)


def _compared(name: str, where: str, choice: Mapping[str, Any]) -> Iterator[Refusal]:
    """Values of another kind than what they are compared as: in YAML `yes` is a text."""
    for field, value in choice.items():
        begins = next((one for one in _COMPARED if field.startswith(one) and not field.endswith("Path")), None)
        if begins is None or is_open(value):
            continue
        kind, words, fix = _COMPARED[begins]
        if not isinstance(value, kind) or isinstance(value, bool) is not (kind is bool):
            message = f"{field} of {where.rstrip(',')} must be {words}"
            yield Refusal(name, field, message, fix, readable=True, cause=f"what must be {words}")


def _in_itself(name: str, body: Mapping[str, Any]) -> Iterator[Refusal]:
    """What does not agree in a state, whatever it refers to."""
    if len(name) > _LONGEST_NAME:
        message = f"the state {name} has a name of {len(name)} characters"
        yield Refusal(name, None, message, f"AWS allows {_LONGEST_NAME}", readable=True)
    heartbeat, timeout = body.get("HeartbeatSeconds"), body.get("TimeoutSeconds")
    if isinstance(heartbeat, int) and isinstance(timeout, int) and heartbeat >= timeout:
        message = f"HeartbeatSeconds of the state {name} is not below its TimeoutSeconds"
        yield Refusal(name, "HeartbeatSeconds", message, "lower it", readable=True)
    if "Next" in body and body.get("End") is True:
        yield Refusal(name, "End", f"the state {name} has both Next and End", "keep one of them")
    resource = body.get("Resource")
    if isinstance(resource, str) and _SHORT_ARN.fullmatch(resource):
        message = f"Resource of the state {name} is only a part of an ARN: {resource}"
        fix = "name what to call: arn:aws:states:::lambda:invoke"
        yield Refusal(name, "Resource", message, fix, readable=True, cause="a part of an ARN")
    for what, (looks, called) in _NOT_CALLED.items():
        if isinstance(resource, str) and re.search(looks, resource, re.IGNORECASE):
            message = f"Resource of the state {name} is {what}, which a Task cannot call by its ARN"
            yield Refusal(name, None, message, f"call {called}", readable=True, cause=f"the ARN of {what}")
    if body["Type"] == "Wait" and len([field for field in _HOW_LONG if field in body]) != 1:
        fields = " or ".join(_HOW_LONG)
        message = f"the state {name} does not say in one way how long it waits"
        yield Refusal(name, None, message, f"give it one of {fields}")


def _unknown(
    state: str | None,
    where: str,
    fields: Mapping[str, Any],
    allowed: frozenset[str],
    otherwise: frozenset[str] = frozenset(),
) -> Iterator[Refusal]:
    """Fields that AWS does not know there: misspelt, of another type of state, or of the other query language."""
    unknown = [field for field in fields if field not in allowed]
    spelt = {name.casefold(): name for name in sorted(allowed)}
    alone: list[str] = []
    misspelt: dict[str, list[str]] = {}
    for field in unknown:
        near = difflib.get_close_matches(field.casefold(), spelt, n=1, cutoff=0.6)
        if near and field not in otherwise:
            misspelt.setdefault(spelt[near[0]], []).append(field)
        elif field not in otherwise:
            alone.append(field)
    for right, wrong in misspelt.items():
        for one in _together(state, where, wrong, f"write {right}", f"{wrong[0]} is misspelt"):
            beside = [f"{state} leads nowhere"] if right == "Next" and where == f"the state {state}" else []
            yield replace(one, lacks=(f"{where} has no {right}", *beside))
    yield from _together(state, where, alone, "leave {} out", "")
    of_other = [field for field in unknown if field in otherwise]
    yield from _together(state, where, of_other, "leave {} out, or set the state's QueryLanguage", "the query language")


def _together(state: str | None, where: str, fields: list[str], fix: str, cause: str) -> Iterator[Refusal]:
    """The fields of one place that are wrong for one reason."""
    if not fields:
        return
    *before, last = fields
    named, them = (f"fields {', '.join(before)} and {last}", "them") if before else (f"field {last}", "it")
    message = f"{where} has the {named}, which AWS does not allow there"
    yield Refusal(state, fields[0], message, fix.format(them), readable=True, cause=cause if state else "")


def _objects(entries: Any) -> list[Mapping[str, Any]]:
    return [one for one in entries if isinstance(one, Mapping)] if isinstance(entries, list) else []


def _inside(body: Mapping[str, Any]) -> list[Any]:
    if body["Type"] not in FORK_TYPES:
        return []
    branches = body.get("Branches")
    inside = [*branches] if isinstance(branches, list) else []
    return inside + [body[field] for field in ("ItemProcessor", "Iterator") if field in body]


def _same_names(definition: Mapping[str, Any]) -> Iterator[Refusal]:
    """States of one name, in one machine or in machines inside each other."""
    counts = Counter(_names(definition))
    for name, count in counts.items():
        if count > 1:
            yield Refusal(name, None, f"{count} states are called {name}", "give each a name of its own")


def _names(definition: Any) -> Iterator[str]:
    states = definition.get("States") if isinstance(definition, Mapping) else None
    if not isinstance(states, Mapping):
        return
    yield from states
    yield from getattr(states, "repeated", ())
    for body in states.values():
        if isinstance(body, Mapping) and "Type" in body:
            for inner in _inside(body):
                yield from _names(inner)

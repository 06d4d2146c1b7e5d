"""Do a machine's calls carry what the handlers, the tables and the queues need?"""

import json
from collections.abc import Iterator, Mapping
from typing import Any, Final

from lambda_src.fare import CARD_FIELDS, FARE_FIELDS, TOKEN
from sagalint.definition.machine import State
from wild_rydes_saga.lab.checked import Item, Mark
from wild_rydes_saga.lab.reading import Definition
from wild_rydes_saga.lab.roles import (
    CHARGE,
    FUNCTIONS,
    Roles,
    arguments_of,
    function_of,
    message_attribute,
    named,
    service_of,
    text_of,
)
from wild_rydes_saga.lab.text.values import Problem, with_values

CALLS: Final = "Calls"
ID_FIELDS: Final = ("sagaId", "startTime")
ROW: Final = ("fareId", *ID_FIELDS, "customerId", "fareAmount", "fareStatus", "unsettledSince")
"""The attributes of a fare's row while its ride runs."""
_SERVICES: Final = ("dynamodb:putItem", "dynamodb:updateItem", "sns:publish")
_WHERE: Final = {
    "sagaId": "{% $states.context.Execution.Id %}",
    "startTime": "{% $states.context.Execution.StartTime %}",
    "unsettledSince": "{% $states.context.Execution.StartTime %}",
    "fareStatus": "pending",
}


def check_calls(definition: Definition, roles: Roles, outputs: Mapping[str, str]) -> tuple[Item, ...]:
    """What is wrong with the calls of each task; one item that passed if nothing is."""
    found = [
        Item(
            name=CALLS,
            mark=Mark.FAILED,
            sentence=f"{state.name}: {sentence}.",
            hint=hint,
            state=state.name,
            field=where[-1] if where else None,
            line=definition.line_of(state.name, *where),
        )
        for state in roles.machine.everywhere()
        if state.type == "Task"
        for sentence, hint, where in with_values(state, [*_problems(state, roles.by_state[state.name], outputs)])
    ]
    passed = Item(name=CALLS, mark=Mark.PASSED, sentence="No call lacks a field that it needs.")
    return tuple(found) or (passed,)


def _problems(state: State, role: str, outputs: Mapping[str, str]) -> Iterator[Problem]:
    if function_of(state) is not None:
        yield from _function_problems(state, role, outputs)
        return
    service = service_of(state)
    if service not in _SERVICES:
        calls = service or state.resource or "nothing"
        hint = f"use lambda:invoke, {', '.join(_SERVICES)}"
        yield f"the machine's role may not call {calls}", hint, ("Resource",)
    given = arguments_of(state)
    if given is None:
        if service in _SERVICES:
            yield f"{service} has no arguments", "give it Arguments, an object", ()
        return
    if service == "sns:publish":
        yield from _message_problems(state, given, outputs)
    elif service.startswith("dynamodb:") and service in _SERVICES:
        yield from _table_problems(state, service, given, outputs)


def _function_problems(state: State, role: str, outputs: Mapping[str, str]) -> Iterator[Problem]:
    function, where = function_of(state), (_arguments_name(state), "FunctionName")
    if role not in FUNCTIONS:
        names = ", ".join(f"${{{step}FunctionArn}}" for step in FUNCTIONS)
        yield f"FunctionName {function!r} is no function of the lab", f"use one of {names}", where
        return
    if not _is_dynamic(function) and function != outputs[f"{role}FunctionArn"]:
        hint = f"use ${{{role}FunctionArn}}"
        yield f"the machine's role may call one version of the function, and {function!r} is another name", hint, where
    direct = ":lambda:invoke" not in state.resource
    payload = state.arguments if direct else (arguments_of(state) or {}).get("Payload")
    path = (_arguments_name(state), *([] if direct else ["Payload"]))
    if payload is None:
        yield "it has no Payload", f"give the function {', '.join((*ID_FIELDS, *FARE_FIELDS))}", path
    if not isinstance(payload, Mapping):
        return  # only a ride shows what it is
    fields = named(payload)
    for name in (*ID_FIELDS, *FARE_FIELDS):
        if name not in fields:
            yield f"its payload has no {name}", f"add {_example(name)}", path
    if role == CHARGE and TOKEN not in fields:
        for name in CARD_FIELDS:
            if name not in fields:
                yield f"its payload has no {name}", f"add {_example(name)}", path
    if role != CHARGE:
        for name in (*CARD_FIELDS, TOKEN):
            if name in fields:
                yield f"its payload has {name}, which only ChargeFare may see", "leave it out", (*path, name)


def _table_problems(
    state: State, service: str, given: Mapping[str, Any], outputs: Mapping[str, str]
) -> Iterator[Problem]:
    arguments, table = _arguments_name(state), given.get("TableName")
    if not _is_dynamic(table) and table not in (outputs["FaresTableName"], f"arn:{outputs['FaresTableName']}"):
        yield f"TableName is {table!r}, and not the fares table", "use ${FaresTableName}", (arguments, "TableName")
    if service == "dynamodb:updateItem":
        key = given.get("Key")
        if not isinstance(key, Mapping) or "fareId" not in named(key):
            hint = 'add "Key": {"fareId": {"S": "{% $states.context.Execution.Input.fareId %}"}}'
            yield "the update has no Key with fareId", hint, (arguments, "Key")
        return
    item = given.get("Item")
    if not isinstance(item, Mapping):
        if not isinstance(item, str):
            yield "it has no Item", f"give the row {', '.join(ROW)}", (arguments,)
        return
    row = named(item)
    for name in ROW:
        if name not in row:
            yield f"its row has no {name}", f"add {_example(name, typed=True)}", (arguments, "Item")
    if (
        "fareStatus" in row
        and (status := text_of(row["fareStatus"]))
        and not _is_dynamic(status)
        and status != "pending"
    ):
        yield (
            f"its row begins with the fareStatus {status!r}",
            'begin with "pending"',
            (arguments, "Item", "fareStatus"),
        )
    for name in CARD_FIELDS:
        if name in row:
            yield f"its row has {name}: no part of a card may be kept", "leave it out", (arguments, "Item", name)


def _message_problems(state: State, given: Mapping[str, Any], outputs: Mapping[str, str]) -> Iterator[Problem]:
    arguments, topic = _arguments_name(state), given.get("TopicArn")
    if not _is_dynamic(topic) and topic != outputs["NotificationsTopicArn"]:
        yield f"TopicArn is {topic!r}, and not the topic", "use ${NotificationsTopicArn}", (arguments, "TopicArn")
    if "Message" not in given:
        yield "it has no Message", "give it the fields of docs/interface.md", (arguments,)
    attribute, where = message_attribute(state), (arguments, "MessageAttributes")
    wanted = '{"IsSuccessful": {"DataType": "String", "StringValue": "true"}}'
    if attribute is None and not isinstance(given.get("MessageAttributes"), str):
        sentence = "the message has no attribute IsSuccessful, so neither queue takes it"
        yield sentence, f'add "MessageAttributes": {wanted}, or "false" for a failure', where
    elif isinstance(attribute, Mapping):
        value, kind = named(attribute).get("StringValue"), named(attribute).get("DataType")
        if kind != "String" or not (value in ("true", "false") or _is_dynamic(value)):
            is_now = f"IsSuccessful is {json.dumps(value)} of the type {json.dumps(kind)}"
            yield f"{is_now}, so neither queue takes the message", f"write {wanted}", (*where, "IsSuccessful")


def _arguments_name(state: State) -> str:
    return "Arguments" if "Arguments" in state.body else "Parameters"


def _is_dynamic(value: Any) -> bool:
    """Whether only a run can show a value."""
    return isinstance(value, str) and value.startswith(("{%", "$", "States."))


def _example(name: str, *, typed: bool = False) -> str:
    value = _WHERE.get(name, f"{{% $states.context.Execution.Input.{name} %}}")
    return f'"{name}": {{"S": "{value}"}}' if typed else f'"{name}": "{value}"'

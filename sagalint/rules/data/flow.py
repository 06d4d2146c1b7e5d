"""What a state makes of the data that passes through it, on each way out: its output, variables, what it hands on."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final, NamedTuple

from sagalint.definition.machine import FORK_TYPES, JSONATA, State, Way
from sagalint.expressions import jsonata as reading_jsonata
from sagalint.expressions import jsonpath as reading_jsonpath
from sagalint.expressions.partial_values import ANY as ANY_VALUE
from sagalint.expressions.scope import Missing, Scope
from sagalint.expressions.values import ANY, Value, obj
from sagalint.paths.knowledge import Known, held
from sagalint.plan import Plan

Variables = tuple[tuple[str, Value], ...]
_ERROR_OUTPUT = ("Error", "Cause")


_METADATA: Final = ("SdkHttpMetadata", "SdkResponseMetadata")
_ANSWERS: Final[Mapping[str, tuple[str, ...]]] = {
    "lambda:invoke": ("ExecutedVersion", "FunctionError", "LogResult", "Payload", "StatusCode"),
    "sns:publish": ("MessageId", "SequenceNumber"),
    "sqs:sendMessage": ("MessageId", "MD5OfMessageBody", "MD5OfMessageAttributes", "SequenceNumber"),
    "events:putEvents": ("Entries", "FailedEntryCount"),
    "dynamodb:getItem": ("Item", "ConsumedCapacity"),
    **dict.fromkeys(
        ("dynamodb:putItem", "dynamodb:updateItem", "dynamodb:deleteItem"),
        ("Attributes", "ConsumedCapacity", "ItemCollectionMetrics"),
    ),
    "states:startExecution": ("ExecutionArn", "StartDate"),
    "http:invoke": ("Headers", "ResponseBody", "StatusCode", "StatusText"),
}
"""By call of a service, the fields that its answer can have. Source: the API reference of each."""
_PLAIN: Final = ("MessageId", "SequenceNumber", "ExecutionArn", "StatusCode", "StatusText", "FailedEntryCount")
"""Of these, the texts and numbers: they have no fields."""
_IN_CAPITALS: Final = re.compile(
    r":states:::(aws-sdk|athena|batch|codebuild|dynamodb|ecs|glue|sagemaker|sns|sqs|states):(?!.*waitForTaskToken)"
)
"""The calls whose answer has only fields that begin with a capital, also those that wait until a job is done."""


def known_result(state: State) -> Value:
    """What is known of a result: which fields a service's answer has, or how they begin; none of a fork's list."""
    if state.type in FORK_TYPES and state.language != JSONATA and "ResultWriter" not in state.body:
        return obj({}, state.name)
    fields = _ANSWERS.get(state.resource.partition(":::")[2])
    if fields is None:
        return Value(origin=state.name, in_capitals=bool(_IN_CAPITALS.search(state.resource)))
    plain = obj({}, state.name)
    return obj({name: plain if name in _PLAIN else ANY for name in (*fields, *_METADATA)}, state.name)


def known_by_its_call(state: State) -> str:
    """Why the result of a state never has a field of the data, as the end of a sentence; empty if it may have it."""
    if state.type in FORK_TYPES:
        return ": it is a list"
    result, call = known_result(state), state.resource.rpartition(":::")[2]
    return f": {call} never gives it back" if result.closed or result.in_capitals else ""


def answers_in_capitals(state: State) -> bool:
    """Whether what a task calls answers only with fields that begin with a capital, whichever it has."""
    result = known_result(state)
    return result.in_capitals or (all(name[0].isupper() for name, _ in result.fields) and bool(result.fields))


def _read_through(given: Value) -> Value:
    """The list of a fork as JSONata reads it: a field is that of its items, of which nothing is known."""
    return replace(given, closed=False) if given.origin and not given.fields else given


class Data(NamedTuple):
    """The data with which a state is entered.

    Attributes:
        given: Its input.
        variables: The variables that are assigned.
        known: What is known of the variables that decisions depend on; None if nobody asks.
    """

    given: Value
    variables: Variables
    known: Known | None = None


@dataclass(frozen=True)
class Handed:
    """What a state hands to somebody.

    Attributes:
        to: Where it goes, as the end of a sentence that begins with the state's name.
        value: What it hands over.
    """

    to: str
    value: Value


class Flow:
    """What one state does with the data with which it is entered."""

    def __init__(self, state: State, data: Data, plan: Plan) -> None:
        self._state = state
        self._data = data._replace(given=_read_through(data.given)) if state.language == JSONATA else data
        self._plan = plan
        self.missing: list[Missing] = []
        """The missing fields that it reads for its own work."""
        self.handed = list(self._hands_over())
        """What it hands to what it calls, or reports at its end."""

    @property
    def arguments(self) -> Value:
        """What it hands to what it calls, or to what is inside of it."""
        return self._arguments(self._scope())

    def along(self, way: Way) -> tuple[Data, list[Missing], list[Handed]]:
        """The data after a way, the missing fields that are read for it, and what it keeps or puts out."""
        state, body = self._state, self._state.body
        failed = bool(way.errors)
        error = obj(dict.fromkeys(_ERROR_OUTPUT, ANY), state.name)
        result = known_result(state)
        scope = self._scope(result=ANY, error=error)
        if state.language == JSONATA:
            default = error if failed else result if state.type in ("Task", *FORK_TYPES) else self._data.given
            fields = way.fields if failed else body
            output = reading_jsonata.read(fields["Output"], scope) if "Output" in fields else default
        elif failed:
            output = self._placed(error, way.fields.get("ResultPath", "$"))
        else:
            output = self._jsonpath_output(scope, result)
        assigned = self._assigned(way, scope, error if failed else result)
        kept = [Handed(f"keeps it in the variable ${name}", value) for name, value in assigned.items()]
        variables = tuple(sorted({**dict(self._data.variables), **assigned}.items()))
        ends = [Handed("ends the execution with it in its output", output)] if way.target is None else []
        return Data(output, variables), scope.missing, [*kept, *ends]

    def _scope(self, result: Value = ANY, error: Value = ANY) -> Scope:
        variables, known = dict(self._data.variables), self._data.known
        holds = dict.fromkeys(variables, ANY_VALUE) | held(known) if known is not None else None
        return Scope(self._plan, self._data.given, variables, result, error, holds)

    def _hands_over(self) -> Iterator[Handed]:
        state, body = self._state, self._state.body
        scope = self._scope()
        read = self._reader(scope)
        match state.type:
            case "Task":
                yield Handed(
                    f"hands it to {state.resource.rpartition(':::')[2] or 'its function'}", self._arguments(scope)
                )
                read(body.get("TimeoutSeconds"))
            case "Wait":
                read([body.get(name) for name in ("Seconds", "Timestamp")])
                self._read_paths(scope, "SecondsPath", "TimestampPath")
            case "Choice":
                for choice in body.get("Choices", ()):
                    self._read_choice(choice, scope)
            case "Fail":
                reported = [read(body.get("Error")), read(body.get("Cause"))]
                reported += self._read_paths(scope, "ErrorPath", "CausePath")
                for value in reported:
                    yield Handed("tells it in the execution's error", value)
            case "Parallel" | "Map":
                self._arguments(scope)
                read(body.get("Items"))
                self._read_paths(scope, "ItemsPath")
        self.missing = scope.missing

    def _reader(self, scope: Scope) -> Any:
        if self._state.language == JSONATA:
            return lambda template: reading_jsonata.read(template, scope)
        return lambda template: reading_jsonpath.read(template, scope, self._given(scope))

    def _read_paths(self, scope: Scope, *names: str) -> list[Value]:
        body = self._state.body
        return [reading_jsonpath.read_path(body[name], scope, self._given(scope)) for name in names if name in body]

    def _read_choice(self, choice: Mapping[str, Any], scope: Scope) -> None:
        if self._state.language == JSONATA:
            reading_jsonata.read_condition(choice.get("Condition"), scope)
            return
        if "IsPresent" in choice:
            return
        for name, inner in choice.items():
            if name == "Variable" or name.endswith("Path"):
                reading_jsonpath.read_path(str(inner), scope, self._given(scope))
            for one in inner if isinstance(inner, list) else [inner] if name == "Not" else []:
                self._read_choice(one, scope)

    def _given(self, scope: Scope) -> Value:
        """The input of a JSONPath state, once InputPath has chosen from it."""
        path = self._state.body.get("InputPath", "$")
        return obj({}) if path is None else reading_jsonpath.read_path(path, scope, self._data.given)

    def _arguments(self, scope: Scope) -> Value:
        arguments = self._state.arguments
        if self._state.language == JSONATA:
            given = self._data.given if arguments is None else reading_jsonata.read(arguments, scope)
        else:
            root = self._given(scope)
            given = root if arguments is None else reading_jsonpath.read(arguments, scope, root)
        return given

    def _jsonpath_output(self, scope: Scope, result: Value) -> Value:
        state, body = self._state, self._state.body
        if state.type in ("Choice", "Wait", "Succeed"):
            output = self._given(scope)
        elif state.type == "Pass":
            made = reading_jsonpath.read(body["Result"], scope, ANY) if "Result" in body else self._arguments(scope)
            output = self._placed(made, body.get("ResultPath", "$"))
        else:
            if "ResultSelector" in body:
                result = reading_jsonpath.read(body["ResultSelector"], scope, replace(result, origin=""))
            output = self._placed(result, body.get("ResultPath", "$"))
        path = body.get("OutputPath", "$")
        return obj({}) if path is None else reading_jsonpath.read_path(path, scope, output)

    def _placed(self, value: Value, path: str | None) -> Value:
        """The state's input with a value put at a ResultPath; a whole that is replaced remembers by whom."""
        if path is None:
            return self._data.given
        names = reading_jsonpath.segments(path)
        if names:
            return self._data.given.put(names, reading_jsonata.without_origin(value))
        return replace(value, origin=self._state.name)

    def _assigned(self, way: Way, scope: Scope, root: Value) -> dict[str, Value]:
        assign = way.fields.get("Assign", {})
        if self._state.language == JSONATA:
            made = {name: reading_jsonata.read(inner, scope) for name, inner in assign.items()}
        else:
            selected = (
                "ResultSelector" in self._state.body and not way.errors
            )  # what it makes of the result is there too
            made = dict(reading_jsonpath.read(assign, scope, ANY if selected else replace(root, origin="")).fields)
        return {name: reading_jsonata.without_origin(value) for name, value in made.items()}

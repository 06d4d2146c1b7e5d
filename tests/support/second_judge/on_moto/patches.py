"""Lets moto's Step Functions interpreter run the deployed machines as AWS does: eight patches, each with its reason."""

import contextlib
import json
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final
from unittest.mock import patch

from moto.stepfunctions.parser.api import HistoryEventType
from moto.stepfunctions.parser.asl.component.common.error_name.custom_error_name import CustomErrorName
from moto.stepfunctions.parser.asl.component.common.error_name.error_name import ErrorName
from moto.stepfunctions.parser.asl.component.common.error_name.failure_event import (
    FailureEvent,
    FailureEventException,
)
from moto.stepfunctions.parser.asl.component.common.error_name.states_error_name import StatesErrorName
from moto.stepfunctions.parser.asl.component.common.error_name.states_error_name_type import StatesErrorNameType
from moto.stepfunctions.parser.asl.component.common.retry import retrier_decl
from moto.stepfunctions.parser.asl.component.common.string import string_expression
from moto.stepfunctions.parser.asl.component.state.exec.state_task import lambda_eval_utils
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service.state_task_service_dynamodb import (
    StateTaskServiceDynamoDB,
)
from moto.stepfunctions.parser.asl.component.state.wait.wait_function.wait_function import WaitFunction
from moto.stepfunctions.parser.asl.eval import states, variable_store
from moto.stepfunctions.parser.asl.eval.environment import Environment
from moto.stepfunctions.parser.asl.eval.event.event_manager import EventManager
from moto.stepfunctions.parser.asl.jsonata import validations
from moto.stepfunctions.parser.asl.jsonata.jsonata import JSONataException
from moto.stepfunctions.parser.backend import execution_worker

from tests.support.second_judge.on_moto.faults import on_express
from tests.support.second_judge.reference import Reference

Invoke = Callable[[str, Any], Any]
"""Calls a function by its name with a payload; returns its answer, or raises what its handler raises."""
_EVALUATION_FAILED: Final = StatesErrorNameType.StatesQueryEvaluationError


@contextlib.contextmanager
def patched_interpreter(judge: Reference, invoke: Invoke, *, scale: float, without: str = "") -> Iterator[None]:
    """The interpreter with every patch, for as long as the block lasts.

    Args:
        judge: Evaluates the expressions.
        invoke: Calls the real handlers.
        scale: What is left of each wait, as `SFN_WAIT_SCALE` in the local cloud.
        without: A patch to leave out.
    """
    patches = {
        "engine": _reference_engine(judge),
        "variables": _variables_as_json(),
        "error of an expression": _error_event_for_an_expression(),
        "error of a DynamoDB task": _dynamodb_keeps_the_errors_name(),
        "error of a Fail state": _fail_with_any_error(),
        "stop": _a_stop_is_final(),
        "waits": _short_waits(scale),
        "express": _arns_of_express(),
    }
    assert without in ("", *patches)
    functions = patch.object(lambda_eval_utils, "_invoke_lambda_function", _call_of(invoke))
    with contextlib.ExitStack() as stack:
        for one in (functions, *(one for name, mine in patches.items() if name != without for one in mine)):
            stack.enter_context(one)
        yield


def _reference_engine(judge: Reference) -> list[Any]:
    """AWS evaluates JSONata 2.0.6 ("Transforming data with JSONata"). moto has no engine without a Java machine."""

    def evaluate(expression: str) -> Any:
        answer = judge.evaluate(expression, {})
        if answer.error:
            raise JSONataException(answer.error, answer.message)
        return answer.value

    return [patch.object(module, "eval_jsonata_expression", evaluate) for module in (string_expression, validations)]


def _variables_as_json() -> list[Any]:
    """A variable keeps its value, quotes and line ends included. moto writes a text between quotes as it is."""

    def encode(bindings: Mapping[str, Any]) -> str:
        return "".join(f"{name}:={json.dumps(value, default=_moment)};" for name, value in bindings.items())

    return [patch.object(module, "encode_jsonata_variable_declarations", encode) for module in (states, variable_store)]


def _moment(value: Any) -> str:
    return str(value.isoformat())


def _error_event_for_an_expression() -> list[Any]:
    """An expression that throws ends the attempt with States.QueryEvaluationError. In moto it does not fail at all.

    AWS: "Handling errors in Step Functions workflows".
    """
    evaluate = string_expression.StringJSONata._eval_body

    def evaluate_or_fail(self: Any, env: Any) -> None:
        try:
            evaluate(self, env)
        except JSONataException as thrown:
            name = StatesErrorName(typ=_EVALUATION_FAILED)
            details: Any = {"evaluationFailedEventDetails": {"error": name.error_name, "cause": str(thrown.details)}}
            raise FailureEventException(
                FailureEvent(
                    env=env,
                    error_name=name,
                    event_type=HistoryEventType.EvaluationFailed,
                    event_details=details,
                )
            ) from None

    return [patch.object(string_expression.StringJSONata, "_eval_body", evaluate_or_fail)]


def _dynamodb_keeps_the_errors_name() -> list[Any]:
    """A DynamoDB task fails with DynamoDB's error, a timeout or that of an expression. moto renames the last two."""
    name_clients_error = StateTaskServiceDynamoDB._from_error

    def name_error(self: Any, env: Any, ex: Exception) -> Any:
        if isinstance(ex, (FailureEventException, TimeoutError)):
            return super(StateTaskServiceDynamoDB, self)._from_error(env=env, ex=ex)
        return name_clients_error(self, env=env, ex=ex)

    return [patch.object(StateTaskServiceDynamoDB, "_from_error", name_error)]


def _fail_with_any_error() -> list[Any]:
    """A Fail state ends with the error that its expression names, such as a States.Timeout that was caught before.

    AWS ("Fail workflow state") names no error that it may not be. moto takes none that begins with `States.`.
    """

    def keep(self: Any, error_name: str | None) -> None:
        ErrorName.__init__(self, error_name=error_name)

    return [patch.object(CustomErrorName, "__init__", keep)]


def _a_stop_is_final() -> list[Any]:
    """A stopped execution stays ABORTED, and its history ends there (AWS, "StopExecution").

    In moto its task goes on, and what that fails with is the execution's end.
    """
    stop, fail, add = Environment.set_stop, Environment.set_error, EventManager.add_event
    stopped: set[int] = set()

    def stop_for_good(self: Any, **how: Any) -> None:
        stop(self, **how)
        stopped.add(id(self.event_manager))

    def fail_unless_stopped(self: Any, error: Any) -> None:
        if id(self.event_manager) not in stopped:
            fail(self, error=error)

    def add_unless_stopped(self: Any, context: Any, event_type: HistoryEventType, *more: Any, **others: Any) -> int:
        if id(self) in stopped and event_type != HistoryEventType.ExecutionAborted:
            return int(context.last_published_event_id)
        return int(add(self, context, event_type, *more, **others))

    return [
        patch.object(Environment, "set_stop", stop_for_good),
        patch.object(Environment, "set_error", fail_unless_stopped),
        patch.object(EventManager, "add_event", add_unless_stopped),
    ]


def _short_waits(scale: float) -> list[Any]:
    """Waits and retries take a part of their time, as in the local cloud. A Wait of moto's takes whole seconds."""

    class Clock:
        """The part of `time` that a retrier uses."""

        @staticmethod
        def sleep(seconds: float) -> None:
            """Sleeps for a part of it."""
            time.sleep(seconds * scale)

    def wait(self: Any, env: Any, wait_seconds: float) -> None:
        del self
        env.program_state_event.wait(wait_seconds * scale)

    return [patch.object(retrier_decl, "time", Clock), patch.object(WaitFunction, "_wait_interval", wait)]


def _arns_of_express() -> list[Any]:
    """An execution on Express has an ARN with `express` in it, and a part for its delivery. moto has one kind."""

    def execution_data(**given: Any) -> dict[str, Any]:
        return {**given, "Id": on_express(given["Id"])}

    return [patch.object(execution_worker, "ExecutionData", execution_data)]


def _call_of(invoke: Invoke) -> Callable[..., dict[str, Any]]:
    """Calls the real handler in this process: moto's Lambda needs Docker."""

    def call(parameters: Mapping[str, Any], region: str, state_credentials: Any) -> dict[str, Any]:
        del region, state_credentials
        try:
            payload = invoke(str(parameters["FunctionName"]), json.loads(parameters["Payload"]))
        except Exception as error:  # whatever the handler raises is what the state sees
            failure = {"errorMessage": str(error), "errorType": type(error).__name__, "stackTrace": []}
            return {"StatusCode": 200, "FunctionError": "Unhandled", "Payload": failure}
        return {"StatusCode": 200, "Payload": json.loads(json.dumps(payload))}

    return call

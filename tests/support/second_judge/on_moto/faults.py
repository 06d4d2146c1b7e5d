"""Lets the campaign's faults strike in moto's interpreter: the campaign's own engine, on moto's tasks."""

import contextlib
import copy
import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final
from unittest.mock import patch

from moto.stepfunctions.parser.api import HistoryEventType
from moto.stepfunctions.parser.asl.component.common.error_name.custom_error_name import CustomErrorName
from moto.stepfunctions.parser.asl.component.common.error_name.failure_event import (
    FailureEvent,
    FailureEventException,
)
from moto.stepfunctions.parser.asl.component.common.error_name.states_error_name import StatesErrorName
from moto.stepfunctions.parser.asl.component.common.error_name.states_error_name_type import StatesErrorNameType
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service.state_task_service_dynamodb import (
    StateTaskServiceDynamoDB,
)
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service.state_task_service_lambda import (
    StateTaskServiceLambda,
)
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service.state_task_service_sns import (
    StateTaskServiceSns,
)
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service.state_task_service_sqs import (
    StateTaskServiceSqs,
)

from lambda_src.recovery.wiring import is_express
from lambda_src.recovery.work.open_ride import INVALID
from tests.support.faults.injection.engine import Engine

TASKS = (StateTaskServiceDynamoDB, StateTaskServiceLambda, StateTaskServiceSns, StateTaskServiceSqs)
"""The tasks of moto that the machines have. They differ in their service alone."""


EXPRESS: Final = "-express"
"""How the Express machine's name ends. To moto it is a Standard one, so that it keeps a history."""


def in_moto(saga_id: str) -> str:
    """The execution of a ride as moto knows it."""
    return saga_id.removesuffix(INVALID).replace(":express:", ":execution:")


def delivered(saga_id: str) -> str:
    """An execution's ARN on Express: AWS adds a part for each delivery."""
    return f"{saga_id}:1"


def on_express(execution_arn: str) -> str:
    """The ARN that AWS gives to the execution of a machine: on Express it is another one."""
    if not execution_arn.rpartition(":")[0].endswith(EXPRESS):
        return execution_arn
    return delivered(execution_arn.replace(":execution:", ":express:"))


class InjectedError(Exception):
    """A task fails with this error, as the campaign wants it."""

    def __init__(self, error: str, cause: str) -> None:
        super().__init__(error)
        self.error = error
        self.cause = cause


class MotoExecutions:
    """moto's executions, as the campaign's engine asks the emulator for them.

    Attributes:
        client: A client of moto's Step Functions.
    """

    _ExecutionError = InjectedError

    def __init__(self, client: Any) -> None:
        self.client = client

    @property
    def _executions(self) -> "MotoExecutions":
        return self

    def get(self, arn: str) -> dict[str, Any] | None:
        """An execution, or one of a ride on Express; None if there is none."""
        with contextlib.suppress(self.client.exceptions.ExecutionDoesNotExist):
            found = dict(self.client.describe_execution(executionArn=in_moto(arn)))
            return {**found, "executionArn": delivered(arn), "express": True} if is_express(arn) else found
        return None

    def _stop_execution(self, asked: Mapping[str, str]) -> None:
        self.client.stop_execution(**asked)


@contextlib.contextmanager
def faults_in_moto(client: Any, folder: Path) -> Iterator[None]:
    """Lets the faults of a folder strike moto's tasks, for as long as the block lasts."""
    engine = Engine(MotoExecutions(client), folder)
    with contextlib.ExitStack() as stack:
        for kind in TASKS:
            stack.enter_context(patch.object(kind, "_eval_service_task", _struck(engine, kind._eval_service_task)))
        yield


def _struck(engine: Engine, evaluate: Callable[..., None]) -> Callable[..., None]:
    """A task's call that a fault may strike."""

    def evaluate_with_faults(
        self: Any, env: Any, resource_runtime_part: Any, normalised_parameters: dict[str, Any], state_credentials: Any
    ) -> None:
        arguments = _readable(normalised_parameters)
        call = engine.identify(_execution(env), {"State": {"Name": self.name}})

        def make(changed: Any = None) -> Any:
            own = copy.copy(env)  # a call that is made twice at once has two answers
            own.stack = []
            try:
                evaluate(self, own, resource_runtime_part, _writable(changed or arguments), state_credentials)
            finally:
                engine.note(call)
            return own.stack.pop()

        fault = engine.fault_for(call)
        try:
            env.stack.append(engine.strike(fault, call, arguments, make) if fault and call else make())
        except InjectedError as error:
            raise FailureEventException(_failure(env, error)) from None

    return evaluate_with_faults


def _execution(env: Any) -> dict[str, Any]:
    """The task's execution, as the emulator keeps it."""
    context = env.states.context_object.context_object_data
    return {
        "executionArn": context["Execution"]["Id"],
        "stateMachineArn": context["StateMachine"]["Id"],
        "input": json.dumps(context["Execution"]["Input"]),
        "express": context["StateMachine"]["Id"].endswith(EXPRESS),
    }


def _readable(parameters: Mapping[str, Any]) -> dict[str, Any]:
    payload = parameters.get("Payload")
    return {**parameters, **({"Payload": json.loads(payload)} if payload is not None else {})}


def _writable(arguments: Mapping[str, Any]) -> dict[str, Any]:
    payload = arguments.get("Payload")
    return {**copy.deepcopy(arguments), **({"Payload": json.dumps(payload).encode()} if payload is not None else {})}


def _failure(env: Any, error: InjectedError) -> FailureEvent:
    details: Any = {"taskFailedEventDetails": {"error": error.error, "cause": error.cause}}
    states_own = error.error in {one.to_name() for one in StatesErrorNameType}
    return FailureEvent(
        env=env,
        error_name=StatesErrorName.from_name(error.error) if states_own else CustomErrorName(error.error),
        event_type=HistoryEventType.TaskFailed,
        event_details=details,
    )

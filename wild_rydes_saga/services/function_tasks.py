"""Makes the tasks that call a handler, for every service."""

import json
from collections.abc import Mapping
from typing import Any, Final

from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_stepfunctions as sfn
from aws_cdk import aws_stepfunctions_tasks as tasks
from constructs import Construct

from wild_rydes_saga.foundation.timeouts import (
    FUNCTION_TASK_TIMEOUT_SECONDS,
    FUNCTION_TIMEOUT_SECONDS,
    function_timeout,
)
from wild_rydes_saga.saga import RetryPolicy, SagaTask
from wild_rydes_saga.services.fare_input import RideSource, expression

_ALWAYS_THERE: Final = ("customerId", "fareId", "fareAmount")


def _if_there(path: str) -> str:
    """A JSONata expression for a value, or an empty text: a missing field would fail the task."""
    return expression(f"$exists({path}) ? {path} : ''")


def function_task(
    scope: Construct,
    state_name: str,
    function: lambda_.Function,
    *,
    ride: RideSource,
    retries: tuple[RetryPolicy, ...],
    transient: tuple[str, ...] = (),
    optional_fields: tuple[str, ...] = (),
    assign: Mapping[str, Any] | None = None,
) -> SagaTask:
    """Makes a task that calls a handler with the saga's identity, the fare, and fields that may be empty."""
    return function_call(
        scope,
        state_name,
        function,
        payload={
            "sagaId": expression(ride.saga_id),
            "startTime": expression(ride.start_time),
            **{field: expression(f"{ride.fare}.{field}") for field in _ALWAYS_THERE},
            **{field: _if_there(f"{ride.fare}.{field}") for field in optional_fields},
        },
        retries=retries,
        transient=transient,
        assign=assign,
    )


def function_call(
    scope: Construct,
    state_name: str,
    function: lambda_.Function,
    *,
    payload: Mapping[str, Any],
    retries: tuple[RetryPolicy, ...],
    transient: tuple[str, ...] = (),
    assign: Mapping[str, Any] | None = None,
) -> SagaTask:
    """Makes a task that calls a handler with a payload: the version of its code that is deployed with the machine."""
    version = function.current_version
    state = tasks.LambdaInvoke.jsonata(
        scope,
        state_name,
        lambda_function=version,
        payload=sfn.TaskInput.from_object(payload),
        # CDK's own retrier does not include Lambda.TooManyRequestsException.
        retry_on_service_exceptions=False,
        task_timeout=function_timeout(),
        assign=assign,
        outputs={},
    )
    return SagaTask(
        state,
        FUNCTION_TASK_TIMEOUT_SECONDS,
        retries,
        transient=transient,
        keeps=tuple(name for name, value in (assign or {}).items() if "$states.result" in json.dumps(value)),
        function_timeout_seconds=FUNCTION_TIMEOUT_SECONDS,
        version=version,
    )

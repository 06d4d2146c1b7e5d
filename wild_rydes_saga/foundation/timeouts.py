"""The timeouts of functions and tasks, in one place (guarantee 9)."""

import functools
from typing import Final

from aws_cdk import Duration
from aws_cdk import aws_stepfunctions as sfn

from sagalint.rules.timeouts import COLD_START_SECONDS

FUNCTION_TIMEOUT_SECONDS: Final = 20
FUNCTION_TASK_TIMEOUT_SECONDS: Final = FUNCTION_TIMEOUT_SECONDS + COLD_START_SECONDS + 5
"""More than the function can run: when the state times out, nothing is running any more."""
SERVICE_TASK_TIMEOUT_SECONDS: Final = 10
"""For a direct call of DynamoDB or SNS."""


@functools.cache
def service_timeout() -> sfn.Timeout:
    """TimeoutSeconds of a task that calls DynamoDB or SNS."""
    return sfn.Timeout.duration(Duration.seconds(SERVICE_TASK_TIMEOUT_SECONDS))


@functools.cache
def function_timeout() -> sfn.Timeout:
    """TimeoutSeconds of a task that calls a handler."""
    return sfn.Timeout.duration(Duration.seconds(FUNCTION_TASK_TIMEOUT_SECONDS))

"""Retry policies: which errors of a task are retried, how often and for how long."""

import functools
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from aws_cdk import Duration
from aws_cdk import aws_stepfunctions as sfn

from sagalint.definition.errors import LAMBDA_TRANSIENT

ANY_ERROR = "States.ALL"


@functools.cache  # most retriers wait alike, and each call goes to the CDK's process and back
def _seconds(number: int) -> Duration:
    return Duration.seconds(number)


@dataclass(frozen=True, kw_only=True)
class RetryPolicy:
    """Retries with a capped exponential back-off and full jitter, so that many rides do not retry at once.

    Attributes:
        errors: The errors to retry; `States.ALL` must be the only and last one.
        max_attempts: Retries after the first attempt; 0 means never.
        interval_seconds: The wait before the first retry, before jitter.
        max_delay_seconds: The longest wait between two attempts.
        backoff_rate: The factor of each further wait. It has a fraction, since JSON would
            write 2.0 as 2 and statelint accepts no integer.
    """

    errors: Sequence[str]
    max_attempts: int
    interval_seconds: int = 1
    max_delay_seconds: int = 20
    backoff_rate: float = 2.5

    @property
    def longest_wait_seconds(self) -> float:
        """The sum of all waits if the jitter is never shorter."""
        total, wait = 0.0, float(self.interval_seconds)
        for _ in range(self.max_attempts):
            total += wait
            wait = min(wait * self.backoff_rate, self.max_delay_seconds)
        return total

    def add_to(self, state: sfn.TaskStateBase) -> None:
        """Adds the retrier to a task."""
        if self.max_attempts == 0:
            state.add_retry(errors=list(self.errors), max_attempts=0)
            return
        state.add_retry(
            errors=list(self.errors),
            max_attempts=self.max_attempts,
            interval=_seconds(self.interval_seconds),
            max_delay=_seconds(self.max_delay_seconds),
            backoff_rate=self.backoff_rate,
            jitter_strategy=sfn.JitterType.FULL,
        )


def no_retry(*errors: str) -> RetryPolicy:
    """Excludes errors that a repeat cannot change from a later, wider policy."""
    return RetryPolicy(errors=errors, max_attempts=0)


def retry_all_errors(*, max_attempts: int, interval_seconds: int = 1, max_delay_seconds: int = 20) -> RetryPolicy:
    """Retries every error: for tasks that may be repeated and must be done."""
    return RetryPolicy(
        errors=(ANY_ERROR,),
        max_attempts=max_attempts,
        interval_seconds=interval_seconds,
        max_delay_seconds=max_delay_seconds,
    )


LAMBDA_SERVICE_ERRORS: Final = LAMBDA_TRANSIENT
"""Errors of a Lambda task that AWS advises to retry; each can also come after the function ran."""

_THROTTLED: Final = {
    "dynamodb": (
        "DynamoDB.ProvisionedThroughputExceededException",
        "DynamoDB.ThrottlingException",
        "DynamoDB.RequestLimitExceeded",
        "DynamoDB.TransactionInProgressException",
    ),
    "sns": ("SNS.ThrottledException", "SNS.ThrottlingException", "SNS.KMSThrottlingException"),
    "sqs": ("SQS.RequestThrottledException", "SQS.ThrottlingException", "SQS.KmsThrottledException"),
    "lambda": (),
}
"""By service, the errors of a call that did nothing because the service, the row or the key was busy."""
_TIMEOUTS: Final = {"lambda": ("States.Timeout", "Sandbox.Timedout")}
_OF_ANY: Final = ("States.Timeout",)
_SERVICE: Final = re.compile(r":states:::(?P<service>[a-z]+):")


def throttled(state: sfn.TaskStateBase) -> tuple[str, ...]:
    """Errors of the service that a task calls when the service is busy and has done nothing."""
    return _THROTTLED[_service(state)]


@dataclass(frozen=True, kw_only=True)
class OverloadPatience:
    """How long a task waits for an overload to end: throttles, timeouts, and handlers that found AWS busy.

    Attributes:
        handlers_busy: Errors of handlers that found AWS, or a row, busy.
        max_attempts: Retries after the first attempt.
        max_delay_seconds: The longest wait between two attempts.
    """

    handlers_busy: Sequence[str]
    max_attempts: int
    max_delay_seconds: int

    def for_task(self, state: sfn.TaskStateBase) -> RetryPolicy:
        """The retrier of a task, with the errors of the service that the task calls."""
        service = _service(state)
        of_functions = (*LAMBDA_SERVICE_ERRORS, *self.handlers_busy) if service == "lambda" else ()
        return RetryPolicy(
            errors=(*_THROTTLED[service], *of_functions, *_TIMEOUTS.get(service, _OF_ANY)),
            max_attempts=self.max_attempts,
            interval_seconds=2,
            max_delay_seconds=self.max_delay_seconds,
        )


def _service(state: sfn.TaskStateBase) -> str:
    """The service whose integration a task uses, such as `dynamodb`."""
    found = _SERVICE.search(str(state.to_state_json()["Resource"]))
    if found is None or found["service"] not in _THROTTLED:
        raise ValueError(f"{state.state_id} calls a service whose throttles are not known: add them to saga/retries.py")
    return found["service"]

"""How patiently a task is retried."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from aws_cdk import Duration
from aws_cdk import aws_stepfunctions as sfn

ANY_ERROR = "States.ALL"


@dataclass(frozen=True, kw_only=True)
class RetryPolicy:
    """Retries with a capped exponential back-off and full jitter, so that many rides do not retry as one.

    Attributes:
        errors: The errors to retry; `States.ALL` stands alone and last.
        max_attempts: Retries after the first attempt; 0 means never.
        interval_seconds: The wait before the first retry, before jitter.
        max_delay_seconds: The longest wait between two attempts.
        backoff_rate: What the wait is multiplied by each time; with a fraction, since JSON would
            write 2.0 as 2 and statelint accepts no integer.
    """

    errors: Sequence[str]
    max_attempts: int
    interval_seconds: int = 1
    max_delay_seconds: int = 20
    backoff_rate: float = 2.5

    @property
    def longest_wait_seconds(self) -> float:
        """All the waits together, with no luck at the jitter."""
        return sum(
            min(
                self.interval_seconds * self.backoff_rate**attempt,
                self.max_delay_seconds,
            )
            for attempt in range(self.max_attempts)
        )

    def add_to(self, state: sfn.TaskStateBase) -> None:
        """Adds the retrier to a task."""
        if self.max_attempts == 0:
            state.add_retry(errors=list(self.errors), max_attempts=0)
            return
        state.add_retry(
            errors=list(self.errors),
            max_attempts=self.max_attempts,
            interval=Duration.seconds(self.interval_seconds),
            max_delay=Duration.seconds(self.max_delay_seconds),
            backoff_rate=self.backoff_rate,
            jitter_strategy=sfn.JitterType.FULL,
        )


def no_retry(*errors: str) -> RetryPolicy:
    """Keeps errors that a repeat cannot change from a later, wider policy."""
    return RetryPolicy(errors=errors, max_attempts=0)


def retry_all_errors(*, max_attempts: int, interval_seconds: int = 1, max_delay_seconds: int = 20) -> RetryPolicy:
    """Retries whatever goes wrong: for tasks that may be repeated and must get done."""
    return RetryPolicy(
        errors=(ANY_ERROR,),
        max_attempts=max_attempts,
        interval_seconds=interval_seconds,
        max_delay_seconds=max_delay_seconds,
    )


LAMBDA_SERVICE_ERRORS: Final = (
    "Lambda.ServiceException",
    "Lambda.AWSLambdaException",
    "Lambda.SdkClientException",
    "Lambda.ClientExecutionTimeoutException",
    "Lambda.TooManyRequestsException",
)
"""What AWS documents as worth a retry of a Lambda task; each is also possible after the function ran."""

_CODES_OF_THE_BUSY: Final = {
    "DynamoDB": (
        "ProvisionedThroughputExceededException",
        "ThrottlingException",
        "RequestLimitExceeded",
        "TransactionInProgressException",
    ),
    "SNS": ("ThrottledException", "ThrottlingException", "KMSThrottlingException"),
    "SQS": ("RequestThrottledException", "ThrottlingException", "KmsThrottledException"),
}
NOT_APPLIED: Final = tuple(f"{service}.{code}" for service, codes in _CODES_OF_THE_BUSY.items() for code in codes)
"""By these errors a service refuses a call because it, or the key, is busy: it has done nothing."""

_TIMEOUTS: Final = ("States.Timeout", "Sandbox.Timedout")
"""By these a task ends that took too long."""


def retry_overload(*, handlers_busy: Sequence[str], max_attempts: int, max_delay_seconds: int) -> RetryPolicy:
    """Retries what an overload causes: throttles, timeouts, and what handlers raise that found AWS busy."""
    return RetryPolicy(
        errors=(*NOT_APPLIED, *LAMBDA_SERVICE_ERRORS, *_TIMEOUTS, *handlers_busy),
        max_attempts=max_attempts,
        interval_seconds=2,
        max_delay_seconds=max_delay_seconds,
    )

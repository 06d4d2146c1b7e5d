"""AWS clients for the handlers: made once, with timeouts far below the function's (guarantee 9)."""

import contextlib
from collections.abc import Iterator
from typing import Any, Final

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError
from botocore.exceptions import ConnectionError as NoConnection
from botocore.session import get_session

from lambda_src.errors import Busy, NoAnswer, ServiceBusy

CONNECT_TIMEOUT_SECONDS: Final = 1
READ_TIMEOUT_SECONDS: Final = 2
ATTEMPTS: Final = 2
BUSY_CODES: Final = frozenset(
    {
        "ThrottlingException",
        "Throttling",
        "ThrottledException",
        "TooManyRequestsException",
        "RequestThrottled",
        "RequestThrottledException",
        "RequestLimitExceeded",
        "LimitExceededException",
        "ProvisionedThroughputExceededException",
        "TransactionConflictException",
        "TransactionInProgressException",
        "KMSThrottlingException",
        "KMSThrottling",
        "KmsThrottled",
        # Reasons for which a transaction is cancelled (AWS, "TransactWriteItems").
        "TransactionConflict",
        "ThrottlingError",
        "ProvisionedThroughputExceeded",
    }
)
"""Codes of a call that AWS, or the key, was too busy for: nothing was written, and nothing was read."""
_UNAVAILABLE: Final = "ServiceUnavailable"
"""After this code a write may have happened; only a read can be repeated without harm."""


NOT_ANSWERED: Final = (NoConnection, HTTPClientError)
"""Errors of botocore when AWS cannot be reached, or does not answer in time."""


CALL_FAILED: Final = (ClientError, BotoCoreError, Busy, NoAnswer)
"""Every error of a call of AWS, by botocore's name or by the handlers': for work that is repeated later."""


def make_client(service: str, *, read_timeout_seconds: int = READ_TIMEOUT_SECONDS) -> Any:
    """A client of a service; botocore's, since boto3 itself costs a cold start 0.4 s more.

    A call takes at most `ATTEMPTS` times the two timeouts, plus a back-off.
    """
    return get_session().create_client(
        service,
        config=Config(
            connect_timeout=CONNECT_TIMEOUT_SECONDS,
            read_timeout=read_timeout_seconds,
            retries={"total_max_attempts": ATTEMPTS, "mode": "standard"},
        ),
    )


def is_busy(error: ClientError) -> bool:
    """Returns whether AWS was too busy for a call: nothing happened, and the call can be repeated."""
    response: Any = error.response
    reasons = {reason.get("Code") for reason in response.get("CancellationReasons", [])}
    return bool(BUSY_CODES & {response["Error"]["Code"], *reasons})


@contextlib.contextmanager
def busy_named() -> Iterator[None]:
    """Raises `ServiceBusy` if AWS throttles a call of the block, or does not answer. Only for calls that read."""
    try:
        yield
    except ClientError as error:
        if is_busy(error) or error.response["Error"]["Code"] == _UNAVAILABLE:
            raise ServiceBusy(f"{error.operation_name}: AWS is busy; call again") from None
        raise
    except (*NOT_ANSWERED, NoAnswer) as error:
        raise ServiceBusy(f"AWS did not answer: {type(error).__name__}; call again") from None

"""Clients of AWS as the handlers need them: made once, with timeouts far below the function's (guarantee 9)."""

import contextlib
from collections.abc import Iterator
from typing import Any, Final

from botocore.config import Config
from botocore.exceptions import ClientError, HTTPClientError
from botocore.exceptions import ConnectionError as NoConnection
from botocore.session import get_session

from lambda_src.errors import ServiceBusy

CONNECT_TIMEOUT_SECONDS: Final = 1
READ_TIMEOUT_SECONDS: Final = 2
ATTEMPTS: Final = 2


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


_BUSY_CODES: Final = (
    "ThrottlingException",
    "Throttling",
    "ThrottledException",
    "TooManyRequestsException",
    "RequestThrottled",
    "RequestThrottledException",
    "RequestLimitExceeded",
    "ProvisionedThroughputExceededException",
    "ServiceUnavailable",
    "KMSThrottlingException",
    "KmsThrottled",
)
"""Codes by which AWS refuses a call for now."""


@contextlib.contextmanager
def busy_named() -> Iterator[None]:
    """Raises `ServiceBusy` where AWS throttles a call of the block, or does not answer. Only for calls that read."""
    try:
        yield
    except ClientError as error:
        if error.response["Error"]["Code"] in _BUSY_CODES:
            raise ServiceBusy(f"{error.operation_name}: AWS is busy; call again") from None
        raise
    except (NoConnection, HTTPClientError) as error:
        raise ServiceBusy(f"AWS did not answer: {type(error).__name__}; call again") from None

"""Clients of AWS as the handlers need them: made once, with timeouts far below the function's (guarantee 9)."""

from typing import Any, Final

from botocore.config import Config
from botocore.session import get_session

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

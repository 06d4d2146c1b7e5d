"""How Stripe's SDK reaches Stripe: one try, within a time that fits the function's own (guarantee 9)."""

import functools
import time
from collections.abc import Mapping
from typing import Any, Final

import stripe
import urllib3

CALL_SECONDS: Final = 5.0
"""The longest that one call may take."""
BUDGET_SECONDS: Final = 13.0
"""The longest that all the calls of one step may take together: the function has 20 seconds, for its table as well."""
_LEAST_SECONDS: Final = 0.5
"""With less left than that, a call is not begun."""


@functools.cache
def connections() -> urllib3.PoolManager:
    """The connections of this execution environment: they stay open from one ride to the next."""
    return urllib3.PoolManager(cert_reqs="CERT_REQUIRED", ca_certs=stripe.ca_bundle_path)


class InTime(stripe.HTTPClient):
    """Makes each request once, and gives up before the step's time is over.

    The SDK would wait for 80 seconds and repeat. Here a call that is not answered leaves the step in doubt,
    and the state machine repeats or undoes it.
    """

    name = "urllib3"

    def __init__(self, *, budget_seconds: float = BUDGET_SECONDS) -> None:
        super().__init__()
        self._deadline = time.monotonic() + budget_seconds

    def request(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str] | None,
        post_data: Any = None,
        *,
        _usage: list[str] | None = None,
    ) -> tuple[Any, int, Mapping[str, str]]:
        """See `stripe.HTTPClient.request`."""
        seconds = min(CALL_SECONDS, self._deadline - time.monotonic())
        if seconds < _LEAST_SECONDS:
            raise _no_answer("the step's time is over: the call was not made")
        try:
            answer = connections().request(
                method.upper(),
                url,
                headers=dict(headers or {}),
                body=post_data,
                timeout=urllib3.Timeout(total=seconds),
                retries=False,  # nor is a redirect followed
            )
        except urllib3.exceptions.HTTPError as error:
            raise _no_answer(type(error).__name__) from None
        return answer.data, answer.status, answer.headers

    def close(self) -> None:
        """Keeps the connections: they are the execution environment's."""


def _no_answer(why: str) -> stripe.APIConnectionError:
    return stripe.APIConnectionError(why)  # type: ignore[no-untyped-call]  # the SDK gives its message no type

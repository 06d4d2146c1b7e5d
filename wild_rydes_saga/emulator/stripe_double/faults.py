"""What can go wrong between a client and the double, set by tests."""

import re
import threading
import time
from dataclasses import dataclass, field
from typing import Final

from wild_rydes_saga.emulator.stripe_double.objects import StripeError

BEFORE: Final = "before"
AFTER: Final = "after"


_CODES: Final = {429: "rate_limit"}
_OWN: Final = 500
"""From this status on the error is Stripe's own."""


class Dropped(Exception):
    """The connection is closed without an answer."""


@dataclass
class Fault:
    """A fault that strikes requests.

    Attributes:
        path: What the request's method and path must match, such as `POST /v1/refunds`.
        when: `before` the effect, or `after` it.
        status: What is answered instead, such as 429 or 500; 0 drops the connection; None lets the answer pass.
        delay_seconds: How long the answer takes longer.
        times: How many requests it strikes.
        kind: The type of the error that is answered; None for the one that goes with the status.
        code: Its code.
    """

    path: str
    when: str = BEFORE
    status: int | None = 0
    delay_seconds: float = 0.0
    times: int = 1
    kind: str | None = None
    code: str | None = None


@dataclass
class Faults:
    """The faults that are set."""

    waiting: list[Fault] = field(default_factory=list)
    struck: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def set(self, fault: Fault) -> None:
        """Sets a fault."""
        with self._lock:
            self.waiting.append(fault)

    def strike(self, request: str, when: str) -> None:
        """Lets the first fault strike that is for a request; raises `Dropped` or `StripeError`."""
        fault = self._take(request, when)
        if fault is None:
            return
        time.sleep(fault.delay_seconds)
        if fault.status == 0:
            raise Dropped(request)
        if fault.status is not None:
            raise StripeError(fault.status, fault.kind or _kind(fault.status), fault.code or _CODES.get(fault.status))

    def _take(self, request: str, when: str) -> Fault | None:
        with self._lock:
            for fault in self.waiting:
                if fault.when == when and re.fullmatch(fault.path, request):
                    fault.times -= 1
                    if fault.times == 0:
                        self.waiting.remove(fault)
                    self.struck += 1
                    return fault
        return None


def _kind(status: int) -> str:
    return "api_error" if status >= _OWN else "invalid_request_error"

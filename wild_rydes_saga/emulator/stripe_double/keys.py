"""Idempotency keys as Stripe keeps them: for 24 hours, with their parameters, errors included."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

from wild_rydes_saga.emulator.stripe_double.objects import DAY, Clock, StripeError

Reply = tuple[int, dict[str, Any]]
Request = tuple[str, str, tuple[tuple[str, str], ...]]
"""Method, path and parameters."""
_IN_USE: Final = StripeError(409, "idempotency_error", "idempotency_key_in_use")
_OTHER: Final = StripeError(400, "idempotency_error", None)


@dataclass
class _Kept:
    request: Request
    at: float
    reply: Reply | None = None


@dataclass
class Answered:
    """What a request gets, and whether it is what an earlier one got."""

    reply: Reply
    replayed: bool = False


@dataclass
class Keys:
    """Every key that was used within a day."""

    clock: Clock
    _kept: dict[str, _Kept] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def once(self, key: str | None, request: Request, work: Callable[[], Reply]) -> Answered:
        """Does the work of a request, unless it was done under its key. Raises `StripeError` for a key in use."""
        if key is None:
            return Answered(_reply(work))
        with self._lock:
            kept = self._kept.get(key)
            if kept and self.clock.now() - kept.at >= DAY:
                kept = None
            if kept and kept.request != request:
                raise _OTHER
            if kept and kept.reply is None:
                raise _IN_USE
            if kept and kept.reply is not None:
                return Answered(kept.reply, replayed=True)
            mine = self._kept[key] = _Kept(request, self.clock.now())
        try:
            mine.reply = _reply(work)
        finally:
            if mine.reply is None:
                self._kept.pop(key, None)
        return Answered(mine.reply)

    def forget(self) -> None:
        """Forgets every key."""
        self._kept.clear()


def _reply(work: Callable[[], Reply]) -> Reply:
    try:
        return work()
    except StripeError as error:
        if not error.executed:
            raise
        return error.status, error.body

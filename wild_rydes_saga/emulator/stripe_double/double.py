"""The double as one object: its store, its keys, its faults, and who may ask it."""

import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from wild_rydes_saga.emulator.stripe_double.faults import AFTER, BEFORE, Fault, Faults
from wild_rydes_saga.emulator.stripe_double.keys import Answered, Keys, Reply
from wild_rydes_saga.emulator.stripe_double.objects import Store, StripeError
from wild_rydes_saga.emulator.stripe_double.operations import run


@dataclass
class StripeDouble:
    """Answers requests as Stripe does.

    Attributes:
        api_keys: The keys that it takes. It answers nothing without one.
    """

    api_keys: list[str]
    store: Store = field(default_factory=Store)
    faults: Faults = field(default_factory=Faults)
    keys: Keys = field(init=False)

    def __post_init__(self) -> None:
        """The keys are forgotten by the store's clock."""
        self.keys = Keys(self.store.clock)

    def knows(self, authorization: str) -> bool:
        """Tells whether a request bears one of the keys."""
        given = authorization.removeprefix("Bearer ").encode()
        return any(hmac.compare_digest(given, key.encode()) for key in self.api_keys)

    def answer(
        self, method: str, path: str, parameters: Sequence[tuple[str, str]], idempotency_key: str | None
    ) -> Answered:
        """Does a request, unless it was done under its key. Raises `StripeError`, or `Dropped` for a lost answer."""
        request = f"{method} {path}"

        def work() -> Reply:
            self.faults.strike(request, BEFORE)
            done = run(self.store, method, path, dict(parameters))
            self.faults.strike(request, AFTER)
            return 200, done

        return self.keys.once(idempotency_key, (method, path, tuple(sorted(parameters))), work)

    def control(self, action: str, given: Mapping[str, Any]) -> dict[str, Any]:
        """What tests and audits ask: the book, the clock, faults and how many struck, another key."""
        match action:
            case "book":
                return {"book": self.store.booked()}
            case "clock":
                self.store.clock.ahead += float(given["advance"])
            case "faults":
                self.faults.set(Fault(**given))
            case "struck":
                struck, self.faults.struck = self.faults.struck, 0
                return {"struck": struck}
            case "rotate":
                self.api_keys[:] = [str(given["key"])]
            case _:
                raise StripeError(404, "invalid_request_error", "resource_missing")
        return {}

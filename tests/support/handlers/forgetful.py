"""A gateway that forgets what it was asked as real ones do, and does the bare minimum that `Gateway` asks for."""

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from lambda_src.fare import PaidWith
from lambda_src.payments.gateway import AlreadyCaptured, CaptureRefused, Declined, Payment, Refund

DAY: Final = 24 * 3600.0


@dataclass
class Kept:
    """A payment as the gateway keeps it."""

    saga_id: str
    amount_minor: int
    state: str = "prepared"


@dataclass
class ForgetfulGateway:
    """Moves money in memory, and forgets every key after a day. Tests move its clock.

    It would pay any number of refunds, as long as each is asked for under another key or another day.
    """

    now: float = 0.0
    payments: dict[str, Kept] = field(default_factory=dict)
    refunds: list[tuple[str, int]] = field(default_factory=list)
    _keys: dict[str, tuple[float, Any]] = field(default_factory=dict)
    _ids: Iterator[int] = field(default_factory=itertools.count)

    def prepare(self, saga_id: str, amount_minor: int) -> str:
        """See `Gateway.prepare`."""

        def make() -> str:
            payment_id = f"pay_{next(self._ids)}"
            self.payments[payment_id] = Kept(saga_id, amount_minor)
            return payment_id

        return str(self._once(f"{saga_id}#prepare", make))

    def authorise(self, payment: Payment, method: PaidWith) -> str:
        """See `Gateway.authorise`."""
        del method
        kept = self.payments[payment.payment_id]
        if kept.state == "void":
            raise Declined("the payment was voided")
        if kept.state == "prepared":
            kept.state = "held"
        return f"auth_{payment.payment_id}"

    def capture(self, payment: Payment) -> str:
        """See `Gateway.capture`."""
        kept = self.payments[payment.payment_id]
        if kept.state not in ("held", "captured"):
            raise CaptureRefused("nothing is held")
        kept.state = "captured"
        return f"ch_{payment.payment_id}"

    def void(self, payment: Payment) -> bool:
        """See `Gateway.void`."""
        kept = self.payments[payment.payment_id]
        if kept.state == "captured":
            raise AlreadyCaptured("it was captured")
        held = kept.state == "held" or payment.authorisation_code is not None
        kept.state = "void"
        return held

    def refund(self, payment: Payment) -> Refund:
        """See `Gateway.refund`."""
        made = [one for one, _ in enumerate(self.refunds) if self.refunds[one][0] == payment.payment_id]
        number = made[0] if made else int(self._once(f"{payment.saga_id}#refund", lambda: self._give_back(payment)))
        _, amount_minor = self.refunds[number]
        return Refund(amount_minor=amount_minor, refund_id=f"re_{number}")

    def _give_back(self, payment: Payment) -> int:
        self.refunds.append((payment.payment_id, self.payments[payment.payment_id].amount_minor))
        return len(self.refunds) - 1

    def _once(self, key: str, do: Callable[[], Any]) -> Any:
        at, answer = self._keys.get(key, (-DAY, None))
        if self.now - at >= DAY:
            answer = do()
            self._keys[key] = (self.now, answer)
        return answer

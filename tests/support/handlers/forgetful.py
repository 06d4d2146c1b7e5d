"""A gateway as real ones are: it forgets idempotency keys after a day, and its search shows a payment a minute late."""

import itertools
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

from lambda_src.fare import Card
from lambda_src.payments.gateway import AlreadyCaptured

DAY: Final = 24 * 3600.0


@dataclass
class ForgetfulGateway:
    """Moves money in memory. Tests move its clock."""

    index_lag: float = 0.0
    now: float = 0.0
    payments: list[dict[str, Any]] = field(default_factory=list)
    refunds: list[int] = field(default_factory=list)
    _keys: dict[str, tuple[float, Any]] = field(default_factory=dict)
    _ids: Any = field(default_factory=itertools.count)

    def authorise(self, saga_id: str, card: Card, amount_minor: int) -> str:
        """Places a hold."""
        del card

        def place() -> str:
            payment = {"saga": saga_id, "at": self.now, "id": f"pay_{next(self._ids)}", "amount": amount_minor}
            self.payments.append({**payment, "state": "held"})
            return str(payment["id"])

        return str(self._once(f"{saga_id}#authorise", place))

    def capture(self, saga_id: str, authorisation_code: str, amount_minor: int) -> str:
        """Takes the money."""
        del amount_minor

        def take() -> str:
            [payment] = [one for one in self.payments if one["id"] == authorisation_code]
            payment["state"] = "captured"
            return f"ch_{authorisation_code}"

        return str(self._once(f"{saga_id}#capture", take))

    def void(self, saga_id: str) -> None:
        """Releases the holds that a search finds."""
        for payment in self._search(saga_id):
            if payment["state"] == "captured":
                raise AlreadyCaptured("it was captured")
            payment["state"] = "void"

    def refund(self, saga_id: str) -> int:
        """Gives back what a search finds."""
        payment = self._search(saga_id)[0]

        def give_back() -> int:
            self.refunds.append(payment["amount"])
            return int(payment["amount"])

        return int(self._once(f"{saga_id}#refund", give_back))

    def _search(self, saga_id: str) -> list[dict[str, Any]]:
        return [one for one in self.payments if one["saga"] == saga_id and self.now - one["at"] >= self.index_lag]

    def _once(self, key: str, do: Callable[[], Any]) -> Any:
        at, answer = self._keys.get(key, (-DAY, None))
        if self.now - at >= DAY:
            answer = do()
            self._keys[key] = (self.now, answer)
        return answer

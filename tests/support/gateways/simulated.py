"""The simulated gateway under test: its book is its table."""

from collections import defaultdict

from lambda_src.fare import PaidWith
from lambda_src.payments.gateway import Gateway
from lambda_src.payments.simulated_gateway import SimulatedGateway
from tests.support.gateways.subject import Book
from tests.support.handlers.rides import CARD
from tests.support.handlers.tables import GATEWAY, Tables


class SimulatedSubject:
    """It approves every card, and remembers its operations for ever."""

    def __init__(self, tables: Tables) -> None:
        self.gateway: Gateway = SimulatedGateway(GATEWAY)
        self.accepted: PaidWith = CARD
        self.declined: PaidWith | None = None
        self._tables = tables

    def book(self, saga_id: str) -> Book:
        """See `Subject.book`."""
        book: defaultdict[str, list[int]] = defaultdict(list)
        for row in self._tables.rows(GATEWAY):
            if row["sagaId"] == saga_id:
                book[str(row["operation"])].append(int(row["amountMinor"]))
        return dict(book)

    def later(self, seconds: float) -> None:
        """See `Subject.later`: it has no clock."""
        del seconds

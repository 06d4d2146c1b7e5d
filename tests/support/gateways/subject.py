"""A gateway under test: how the suite pays, reads its book and lets time pass."""

from collections.abc import Mapping, Sequence
from typing import Final, Protocol

from lambda_src.fare import PaidWith
from lambda_src.payments.gateway import Gateway

MINUTE: Final = 60
DAY_AND_AN_HOUR: Final = 25 * 3600
THREE_DAYS: Final = 3 * 24 * 3600

Book = Mapping[str, Sequence[int]]
"""Amounts that a gateway moved for a saga, in minor units, by operation: authorise, capture, void, refund."""


class Subject(Protocol):
    """A gateway that the suite is run against.

    Attributes:
        accepted: What a rider pays with whose payment is accepted.
        declined: What a rider pays with whose payment is declined; None if the gateway declines nobody.
    """

    accepted: PaidWith
    declined: PaidWith | None

    @property
    def gateway(self) -> Gateway:
        """The client under test."""
        ...

    def book(self, saga_id: str) -> Book:
        """What the gateway itself says it did for a saga. Never read through the client under test."""
        ...

    def later(self, seconds: float) -> None:
        """Lets time pass at the gateway. Skips the test where that cannot be done."""
        ...

"""A ride on the list of rides to recover, and the answer to putting it there."""

from dataclasses import dataclass
from enum import Enum
from typing import Self

from lambda_src.dynamodb import Row


class Added(Enum):
    """Whether a ride was put on the list."""

    YES = "yes"
    NO = "no"
    """It is there, or needs no recovery."""
    PARKED = "parked"
    """A person has it."""

    def __bool__(self) -> bool:
        """Whether it was put there."""
        return self is Added.YES


@dataclass(frozen=True, kw_only=True)
class Work:
    """A ride to recover.

    Attributes:
        saga_id: Its execution's ARN.
        word: What is left to do for it.
        attempts: How many recoveries were started for it.
        found_by: `EVENT` or `SWEEP`.
        found_at: When, in ISO 8601.
        fare_id: Its fare, if the sweep found it; otherwise empty.
        recovery_arn: The recovery that was started last, or empty.
    """

    saga_id: str
    word: str
    attempts: int
    found_by: str
    found_at: str
    fare_id: str
    recovery_arn: str

    @classmethod
    def of(cls, row: Row, word: str) -> Self:
        """The ride of a row of the index."""
        attempts = row.get("attempts")
        return cls(
            saga_id=str(row["sagaId"]),
            word=word,
            attempts=attempts if isinstance(attempts, int) else 0,
            found_by=str(row.get("foundBy", "")),
            found_at=str(row.get("foundAt", "")),
            fare_id=str(row.get("fareId", "")),
            recovery_arn=str(row.get("recoveryArn", "")),
        )

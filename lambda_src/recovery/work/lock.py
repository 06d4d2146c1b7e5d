"""Lets one process at a time start recoveries, so that their number is bounded: a row of the outcomes table."""

import contextlib
from dataclasses import dataclass
from typing import Final

from lambda_src import dynamodb
from lambda_src.dynamodb import Refused, Row
from lambda_src.moments import at, now

_KEY: Final = "lock#start-recoveries"


@dataclass(frozen=True)
class StartLock:
    """The lock of those that start recoveries. It ends by itself, for an owner that died.

    Attributes:
        table: The outcomes table's name.
    """

    table: str

    def take(self, owner: str, *, seconds: int) -> bool:
        """Takes the lock for so many seconds; returns whether the owner has it now."""
        return self._changed(
            "SET lockedBy = :owner, lockedUntil = :until",
            {":owner": owner, ":until": at(seconds), ":now": now()},
            "attribute_not_exists(lockedUntil) OR lockedUntil < :now",
        )

    def release(self, owner: str) -> None:
        """Lets the next process start recoveries, unless it does already because this one took too long."""
        self._changed("REMOVE lockedUntil", {":owner": owner}, "lockedBy = :owner")

    def _changed(self, change: str, values: Row, condition: str) -> bool:
        with contextlib.suppress(Refused):
            dynamodb.update(
                TableName=self.table,
                Key=dynamodb.typed({"sagaId": _KEY}),
                UpdateExpression=change,
                ConditionExpression=condition,
                ExpressionAttributeValues=dynamodb.typed(values),
            )
            return True
        return False

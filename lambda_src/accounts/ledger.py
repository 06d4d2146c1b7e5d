"""The accounts ledger: a balance row for each customer and a row for each saga, written together or not at all."""

import hashlib
from dataclasses import dataclass
from typing import Any, Final

from lambda_src import dynamodb, fare_status
from lambda_src.dynamodb import Refused, Row, Value
from lambda_src.fare import Ride

CREDITED: Final = fare_status.CREDITED
REJECTED: Final = "rejected"
"""Closed for good by AccountCreditException."""
REVERSED: Final = "reversed"
"""Undone; also the tombstone of a credit that never arrived."""


def balance_keys(customer_id: str, shards: int) -> list[str]:
    """The keys of a customer's balance rows; what is in them adds up to the balance.

    No customerId makes two of them equal: each begins with its number, and the first with `customer#`.
    """
    return [f"customer#{customer_id}", *(f"shard#{number}#customer#{customer_id}" for number in range(1, shards))]


@dataclass(frozen=True)
class AccountsLedger:
    """Credits and reverses by conditional transactions, never by reading first.

    Every method raises `dynamodb.Refused` with the saga's current row when that
    row does not allow the change, and `LedgerBusy` when the customer's balance
    stays contended. In both cases nothing has happened.

    Attributes:
        table: The service's table.
        shards: In how many rows a balance is kept. A row takes 500 credits a second: half of the 1,000 write units
            that DynamoDB lets a partition have, for a transaction costs double. A customer's balance is the sum of
            its rows, also after the number was changed.
    """

    table: str
    shards: int = 1

    def credit(self, ride: Ride) -> None:
        """Adds the fare to the customer's balance and opens the saga's row."""
        dynamodb.transact(
            self._new_row(ride, CREDITED, credited=ride.amount_minor),
            self._balance(ride, ride.amount_minor),
        )

    def close_rejected(self, ride: Ride) -> None:
        """Closes the row of a credit that was refused."""
        dynamodb.transact(self._new_row(ride, REJECTED))

    def reverse(self, ride: Ride) -> None:
        """Subtracts a credit from the balance again."""
        update = {
            "TableName": self.table,
            "Key": self._key(f"saga#{ride.saga_id}"),
            "UpdateExpression": "SET #status = :reversed, reversedMinor = creditedMinor",
            "ConditionExpression": "#status = :credited AND startTime = :start",
            "ExpressionAttributeNames": {"#status": "status"},
            "ExpressionAttributeValues": dynamodb.typed(
                {
                    ":reversed": REVERSED,
                    ":credited": CREDITED,
                    ":start": ride.start_time,
                }
            ),
        }
        dynamodb.transact({"Update": update}, self._balance(ride, -ride.amount_minor))

    def leave_tombstone(self, ride: Ride) -> None:
        """Writes the tombstone of a credit that never arrived: it refuses the credit from now on."""
        dynamodb.transact(self._new_row(ride, REVERSED))

    def _new_row(self, ride: Ride, status: str, *, credited: int = 0) -> dict[str, dict[str, Any]]:
        row: Row = {
            "sagaId": ride.saga_id,
            "startTime": ride.start_time,
            "customerId": ride.customer_id,
            "status": status,
            "amountMinor": ride.amount_minor,
            "creditedMinor": credited,
            "reversedMinor": 0,
        }
        return {
            "Put": {
                "TableName": self.table,
                "Item": self._key(f"saga#{ride.saga_id}") | dynamodb.typed(row),
                "ConditionExpression": "attribute_not_exists(accountKey)",
            }
        }

    def _balance(self, ride: Ride, change_minor: int) -> dict[str, dict[str, Any]]:
        values: dict[str, Value] = {
            ":change": change_minor,
            ":customer": ride.customer_id,
        }
        return {
            "Update": {
                "TableName": self.table,
                "Key": self._key(self._shard_of(ride)),
                "UpdateExpression": "SET customerId = :customer ADD balanceMinor :change",
                "ExpressionAttributeValues": dynamodb.typed(values),
            }
        }

    def _shard_of(self, ride: Ride) -> str:
        """The balance row of a saga: always the same one, so that its credit and its reversal meet there."""
        digest = hashlib.sha256(ride.saga_id.encode()).digest()
        return balance_keys(ride.customer_id, self.shards)[int.from_bytes(digest[:8], "big") % self.shards]

    @staticmethod
    def _key(key: str) -> dict[str, dict[str, str]]:
        return dynamodb.typed({"accountKey": key})


def status_of(refused: Refused, ride: Ride) -> str | None:
    """Returns the status that refused a change; None if the row is missing or an earlier execution's."""
    if refused.row is None or refused.row.get("startTime") != ride.start_time:
        return None
    return str(refused.row["status"])

"""The accounts ledger: a balance row for each customer and a row for each saga, written together or not at all."""

from dataclasses import dataclass
from typing import Any, Final

from lambda_src import dynamodb
from lambda_src.dynamodb import Refused, Row, Value
from lambda_src.fare import Ride

CREDITED: Final = "credited"
REJECTED: Final = "rejected"
"""Closed for good by AccountCreditException."""
REVERSED: Final = "reversed"
"""Undone; also the tombstone of a credit that never arrived."""


@dataclass(frozen=True)
class AccountsLedger:
    """Credits and reverses by conditional transactions, never by reading first.

    Every method raises `dynamodb.Refused` with the saga's current row when that
    row does not allow the change, and `LedgerBusy` when the customer's balance
    stays contended. In both cases nothing has happened.
    """

    table: str

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
                "Key": self._key(f"customer#{ride.customer_id}"),
                "UpdateExpression": "SET customerId = :customer ADD balanceMinor :change",
                "ExpressionAttributeValues": dynamodb.typed(values),
            }
        }

    @staticmethod
    def _key(key: str) -> dict[str, dict[str, str]]:
        return dynamodb.typed({"accountKey": key})


def status_of(refused: Refused, ride: Ride) -> str | None:
    """Returns the status that refused a change; None if the row is missing or an earlier execution's."""
    if refused.row is None or refused.row.get("startTime") != ride.start_time:
        return None
    return str(refused.row["status"])

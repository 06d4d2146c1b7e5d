"""The tables of the recovery's functions in moto: fares, outcomes and the ledgers."""

import copy
from collections.abc import Mapping
from typing import Any, Final

from lambda_src import dynamodb
from lambda_src.dynamodb import Row
from lambda_src.recovery.work.open_ride import OPEN_SINCE
from lambda_src.recovery.work.work_row import NEXT_AT, WORK
from tests.support.handlers.tables import PAYMENTS, Tables

FARES: Final = "Fares"
INDEX: Final = "Unsettled"
SINCE: Final = "unsettledSince"
OUTCOMES: Final = "Outcomes"
WORK_INDEX: Final = "Work"
OPEN_INDEX: Final = "Open"


class FaresBesideLedgers:
    """The services' tables and the fares with their sparse index. Only one may be in use at a time."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self.ledgers = Tables(client)
        client.create_table(
            TableName=FARES,
            KeySchema=[{"AttributeName": "fareId", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in ("fareId", SINCE)],
            GlobalSecondaryIndexes=[
                {
                    "IndexName": INDEX,
                    "KeySchema": [{"AttributeName": SINCE, "KeyType": "HASH"}],
                    "Projection": {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["sagaId"]},
                }
            ],
            BillingMode="PAY_PER_REQUEST",
        )
        client.create_table(
            TableName=OUTCOMES,
            KeySchema=[{"AttributeName": "sagaId", "KeyType": "HASH"}],
            AttributeDefinitions=[
                {"AttributeName": name, "AttributeType": "S"} for name in ("sagaId", WORK, NEXT_AT, OPEN_SINCE)
            ],
            GlobalSecondaryIndexes=[
                {
                    "IndexName": WORK_INDEX,
                    "KeySchema": [
                        {"AttributeName": WORK, "KeyType": "HASH"},
                        {"AttributeName": NEXT_AT, "KeyType": "RANGE"},
                    ],
                    "Projection": {"ProjectionType": "ALL"},
                },
                {
                    "IndexName": OPEN_INDEX,
                    "KeySchema": [{"AttributeName": OPEN_SINCE, "KeyType": "HASH"}],
                    "Projection": {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["fareId"]},
                },
            ],
            BillingMode="PAY_PER_REQUEST",
        )
        self._empty = copy.deepcopy(self.ledgers.state())

    def clear(self) -> None:
        """Empties every table."""
        self.ledgers.go_back_to(self._empty)

    def put(self, row: Row) -> None:
        """Writes a fare."""
        self.put_raw(dynamodb.typed(row))

    def put_raw(self, item: Mapping[str, Mapping[str, Any]]) -> None:
        """Writes a fare in DynamoDB's types, as another program may."""
        self._client.put_item(TableName=FARES, Item=item)

    def put_payment(self, row: Row) -> None:
        """Writes a row of the payments ledger."""
        self._client.put_item(TableName=PAYMENTS, Item=dynamodb.typed(row))

    def fare(self, fare_id: str) -> Row:
        """A fare's row."""
        [row] = [row for row in self.ledgers.rows(FARES) if row["fareId"] == fare_id]
        return row

    def outcome(self, saga_id: str) -> Row | None:
        """A saga's row in the outcomes table; None if it has none."""
        answer = self._client.get_item(TableName=OUTCOMES, Key=dynamodb.typed({"sagaId": saga_id}))
        return dynamodb.untyped(answer["Item"]) if "Item" in answer else None

    def outcomes(self) -> list[Row]:
        """Every saga's row in the outcomes table."""
        return [row for row in self.ledgers.rows(OUTCOMES) if "#" not in str(row["sagaId"]).partition(":")[0]]

    def change_outcome(self, saga_id: str, **changes: str | int) -> None:
        """Changes some attributes of a saga's row, or writes it."""
        row = {"sagaId": saga_id, **(self.outcome(saga_id) or {}), **changes}
        self._client.put_item(TableName=OUTCOMES, Item=dynamodb.typed(row))

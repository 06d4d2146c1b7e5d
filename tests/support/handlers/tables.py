"""The services' tables in moto: their rows, and states to restore."""

import copy
import json
from typing import Any, Final

from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.dynamodb.models import dynamodb_backends

from lambda_src import dynamodb
from lambda_src.dynamodb import Row

REGION: Final = "eu-west-1"
PAYMENTS: Final = "Payments"
GATEWAY: Final = "Gateway"
ACCOUNTS: Final = "Accounts"
_KEYS: Final = {PAYMENTS: "sagaId", GATEWAY: "operationKey", ACCOUNTS: "accountKey"}

State = dict[str, Any]


class Tables:
    """The three tables, empty at first. Only one may be in use at a time."""

    def __init__(self, client: Any) -> None:
        for table, key in _KEYS.items():
            client.create_table(
                TableName=table,
                KeySchema=[{"AttributeName": key, "KeyType": "HASH"}],
                AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"}],
                BillingMode="PAY_PER_REQUEST",
            )
        self._empty = copy.deepcopy(self.state())

    def rows(self, table: str) -> list[Row]:
        """Every row of a table."""
        return [dynamodb.untyped(item.to_json()["Attributes"]) for item in self.state()[table].all_items()]

    def everything(self) -> dict[str, list[Row]]:
        """Every row of every table."""
        return {table: self.rows(table) for table in _KEYS}

    def payment(self) -> Row:
        """The only row of the payments ledger."""
        [row] = self.rows(PAYMENTS)
        return row

    def operations(self) -> list[str]:
        """The operations in the gateway's book, sorted by name."""
        return sorted(str(row["operation"]) for row in self.rows(GATEWAY))

    def balance(self) -> int:
        """The credit of all customers together, in minor units."""
        return sum(int(row["balanceMinor"]) for row in self.rows(ACCOUNTS) if "balanceMinor" in row)

    def clear(self) -> None:
        """Empties every table."""
        self.go_back_to(self._empty)

    def state(self) -> State:
        """The tables' current state, to restore; valid until the next write or the next `go_back_to`."""
        return dynamodb_backends[DEFAULT_ACCOUNT_ID][REGION].tables

    def go_back_to(self, state: State) -> None:
        """Restores a state of the tables; the state can be restored again."""
        dynamodb_backends[DEFAULT_ACCOUNT_ID][REGION].tables = copy.deepcopy(state)

    @staticmethod
    def contents(state: State) -> str:
        """A text that is equal for states with the same rows."""
        return json.dumps(
            {name: sorted(json.dumps(row.to_json()) for row in table.all_items()) for name, table in state.items()}
        )

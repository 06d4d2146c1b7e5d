"""The stack that a console shows, and a count of the AWS calls that it makes for it."""

import time
from collections import Counter, deque
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from wild_rydes_saga.deployed.account import LOCAL_ACCOUNT_ID, Account
from wild_rydes_saga.deployed.stacks import Outputs, Stack

_MINUTE: Final = 60.0
_BATCH: Final = 100
"""Rows in one BatchGetItem, at most."""
_TRIES: Final = 5

Row = Mapping[str, str]


@dataclass
class Calls:
    """The AWS calls of the last minute, by operation."""

    made: deque[tuple[float, str]] = field(default_factory=deque)

    def note(self, model: Any, **_: Any) -> None:
        """Notes a call that is about to be made."""
        self.made.append((time.monotonic(), str(model.name)))

    def of_last_minute(self) -> Mapping[str, int]:
        """How many calls of each operation were made in the last 60 seconds."""
        while self.made and self.made[0][0] < time.monotonic() - _MINUTE:
            self.made.popleft()
        return Counter(operation for _, operation in list(self.made))


@dataclass
class Source:
    """Finds the stack, which `make up` may deploy again while the console runs.

    Attributes:
        find: Returns the stack as it is deployed now.
        calls: The AWS calls made for it.
    """

    find: Callable[[], Stack]
    calls: Calls = field(default_factory=Calls)
    _clients: dict[tuple[str | None, str], Any] = field(default_factory=dict, init=False, repr=False)

    @property
    def stack(self) -> Stack:
        """The stack; raises `OperatorError` if it is gone."""
        return self.find()

    @property
    def outputs(self) -> Outputs:
        """The stack's outputs."""
        return self.stack.outputs

    @property
    def account(self) -> Account:
        """The stack's account."""
        return self.stack.account

    @property
    def is_local(self) -> bool:
        """Whether the stack is on the local cloud."""
        return self.account.endpoint_url is not None

    def client(self, service: str) -> Any:
        """A client whose calls are counted."""
        account = self.account
        key = (account.endpoint_url, service)
        if key not in self._clients:
            client = account.client(service)
            client.meta.events.register("before-call", self.calls.note, unique_id=f"console-{id(self)}")
            self._clients[key] = client
        return self._clients[key]

    def count_all(self) -> None:
        """Lets the calls be counted that other modules make for the stack."""
        for service in ("stepfunctions", "dynamodb", "sqs"):
            self.client(service)

    def rows(self, table_output: str, key: str, values: Collection[str]) -> dict[str, Row]:
        """Reads the rows of a table that have these keys, by their keys."""
        table, client = self.outputs[table_output], self.client("dynamodb")
        found: dict[str, Row] = {}
        keys = sorted(set(values))
        for start in range(0, len(keys), _BATCH):
            asked: Any = {table: {"Keys": [{key: {"S": one}} for one in keys[start : start + _BATCH]]}}
            for _ in range(_TRIES):
                answer = client.batch_get_item(RequestItems=asked)
                for item in answer["Responses"].get(table, []):
                    row = texts(item)
                    found[row[key]] = row
                asked = answer.get("UnprocessedKeys")
                if not asked:
                    break
        return found

    @property
    def account_id(self) -> str:
        """The account's number."""
        return self.outputs["FareSagaArn"].split(":")[4]

    @property
    def target(self) -> str:
        """Where a change takes effect: account, region and stack. A change must name it."""
        _, _, _, region, account_id, *_ = self.outputs["FareSagaArn"].split(":")
        place = "local cloud" if self.is_local and account_id == LOCAL_ACCOUNT_ID else f"account {account_id}"
        return f"{place}, {region}, stack {self.stack.name}"


def texts(item: Mapping[str, Mapping[str, Any]]) -> Row:
    """A row of DynamoDB, each value as text."""
    return {name: str(next(iter(value.values()))) for name, value in item.items()}

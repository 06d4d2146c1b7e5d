"""Everything that rides are judged by, and how it is read from a deployed stack."""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from tests.support.faults.gateways import booked
from tests.support.faults.judges.judge import Row, Tables
from tests.support.faults.judges.payments import GATEWAY
from wild_rydes_saga.deployed.account import Account
from wild_rydes_saga.emulator.stripe_double.process import RunningDouble

QUEUE_OUTPUT: Final = "QueueUrl"
"""How the outputs end that name a queue; every other queue is a dead-letter queue."""


@dataclass(frozen=True)
class Books:
    """Everything that rides are judged by.

    Attributes:
        tables: The rows of the services' tables, by the output that names the table.
        messages: Every message that came to the success and failure queues, with the queue's name.
        parked: Every message in the parked queue.
        dead: What is in any dead-letter queue.
    """

    tables: Tables = field(default_factory=dict)
    messages: Sequence[tuple[str, Row]] = ()
    parked: Sequence[Row] = ()
    dead: Sequence[object] = ()


@dataclass
class BookReader:
    """Reads tables, and takes messages from queues: it keeps those that it has taken."""

    account: Account
    outputs: Mapping[str, str]
    double: RunningDouble | None = None
    """Stripe's double, whose book stands for the table of the simulated gateway."""
    taken: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    parked: list[dict[str, Any]] = field(default_factory=list)
    dead: list[object] = field(default_factory=list)

    def read(self, tables: Iterable[str]) -> Books:
        """Reads these tables, and what has come to the queues so far."""
        self._take("SuccessQueueUrl", lambda body: self.taken.append(("success", body)))
        self._take("FailureQueueUrl", lambda body: self.taken.append(("failure", body)))
        self._take("ParkedQueueUrl", self.parked.append)
        for url in self._dead_letter_queues():
            self._take(url, self.dead.append)
        rows = {table: self._rows(table) for table in tables}
        return Books(rows, list(self.taken), list(self.parked), list(self.dead))

    def _rows(self, table: str) -> Sequence[Row]:
        if table == GATEWAY and self.double:
            return booked(self.double)
        return rows_of(self.account, self.outputs[table])

    def _dead_letter_queues(self) -> list[str]:
        known = {url.rpartition("/")[2] for name, url in self.outputs.items() if name.endswith(QUEUE_OUTPUT)}
        urls = self.account.client("sqs").list_queues().get("QueueUrls", [])
        return [url for url in urls if url.rpartition("/")[2] not in known]

    def _take(self, queue: str, keep: Callable[[dict[str, Any]], None]) -> None:
        client = self.account.client("sqs")
        url = self.outputs.get(queue, queue)
        while messages := client.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", []):
            for message in messages:
                keep(json.loads(message["Body"]))
                client.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])


def rows_of(account: Account, table_name: str) -> list[dict[str, Any]]:
    """All rows of a table, strongly consistent."""
    pages = account.client("dynamodb").get_paginator("scan").paginate(TableName=table_name, ConsistentRead=True)
    return [
        {name: next(iter(value.values())) for name, value in item.items()} for page in pages for item in page["Items"]
    ]

"""The facts of many rides at once: their executions' inputs, and their rows in the tables, read in batches."""

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import Any, Final

from lambda_src.fare import FARE_FIELDS
from lambda_src.recovery.work.work_row import PARKED, WORK
from wild_rydes_saga.console.facts.executions import RUNNING, Execution, Executions
from wild_rydes_saga.console.facts.messages import Messages
from wild_rydes_saga.console.facts.verdict import Known
from wild_rydes_saga.console.source import Source

_AT_ONCE: Final = 8
_BATCH: Final = 100
"""Rows in one BatchGetItem, at most."""
_TRIES: Final = 5

Row = Mapping[str, str]


@dataclass(frozen=True, kw_only=True)
class Described:
    """What an execution's description says, without its card: it is read once, since an ended one never changes."""

    status: str
    fare: Mapping[str, str]
    error: str
    cause: str


@dataclass(frozen=True, kw_only=True)
class RideRow:
    """A ride as a list shows it.

    Attributes:
        execution: Its execution.
        described: The execution's description.
        fare: The row of its fare; empty if another ride holds it now.
        payment: Its row in the payments ledger.
        account: Its row in the accounts ledger.
        outcome: Its row in the outcomes table.
        message: See `Known.message`.
        is_learners: Whether it ran on the learner's machine.
    """

    execution: Execution
    described: Described
    fare: Row
    payment: Row
    account: Row
    outcome: Row
    message: str
    is_learners: bool

    @property
    def known(self) -> Known:
        """The facts that its verdict is made from."""
        work = self.outcome.get(WORK, "")
        return Known(
            status=self.execution.status,
            error=self.described.error,
            fare_status=self.fare.get("fareStatus", ""),
            work=PARKED if "parkedAt" in self.fare else work,
            captured=int(self.payment.get("capturedMinor", 0)),
            refunded=int(self.payment.get("refundedMinor", 0)),
            credited=int(self.account.get("creditedMinor", 0)) - int(self.account.get("reversedMinor", 0)),
            message=self.message,
            is_learners=self.is_learners,
        )

    @property
    def is_settled(self) -> bool:
        """Whether nothing about it changes any more."""
        return not self.known.is_open and self.message != ""


@dataclass
class Rows:
    """Reads rides, and keeps those that do not change any more."""

    source: Source
    executions: Executions
    messages: Messages
    _described: dict[str, Described] = field(default_factory=dict, init=False)
    _settled: dict[str, RideRow] = field(default_factory=dict, init=False)

    def described(self, saga_id: str) -> Described | None:
        """What is known of an execution's input without reading it."""
        return self._described.get(saga_id)

    def read(self, wanted: Sequence[Execution]) -> list[RideRow]:
        """Reads some rides, in the same order; one that AWS does not have any more is left out."""
        left = [one for one in wanted if one.saga_id not in self._settled]
        self.describe(left)
        fresh = {row.execution.saga_id: row for row in self._join([one for one in left if self._has(one)])}
        self._settled |= {saga_id: row for saga_id, row in fresh.items() if row.is_settled}
        found = {**fresh, **self._settled}
        return [found[one.saga_id] for one in wanted if one.saga_id in found]

    def describe(self, wanted: Iterable[Execution]) -> None:
        """Reads the descriptions that are not known yet, or may have changed."""
        missing = [one.saga_id for one in wanted if not self._has(one) or self._ended_meanwhile(one)]
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            for saga_id, answer in zip(missing, pool.map(self.executions.read, missing), strict=True):
                if answer is not None:
                    self._described[saga_id] = described(answer)

    def _has(self, one: Execution) -> bool:
        return one.saga_id in self._described

    def _ended_meanwhile(self, one: Execution) -> bool:
        return not one.is_running and self._described[one.saga_id].status == RUNNING

    def _join(self, wanted: Sequence[Execution]) -> list[RideRow]:
        ids = [one.saga_id for one in wanted]
        fare_ids = {self._described[one].fare.get("fareId", "") for one in ids} - {""}
        payments = self.batch("PaymentsTableName", "sagaId", ids)
        accounts = self.batch("AccountsTableName", "accountKey", [f"saga#{one}" for one in ids])
        outcomes = self.batch("OutcomesTableName", "sagaId", ids)
        fares = self.batch("FaresTableName", "fareId", fare_ids)
        rows = []
        for one in wanted:
            about = self._described[one.saga_id]
            fare = fares.get(about.fare.get("fareId", ""), {})
            row = RideRow(
                execution=self.executions.get(one.saga_id) or one,
                described=about,
                fare=fare if fare.get("sagaId") == one.saga_id else {},
                payment=payments.get(one.saga_id, {}),
                account=accounts.get(f"saga#{one.saga_id}", {}),
                outcome=outcomes.get(one.saga_id, {}),
                message="",
                is_learners=one.machine == self.source.outputs["StartHereArn"],
            )
            rows.append(replace(row, message=self.messages.of(row.execution, row.outcome)))
        return rows

    def batch(self, table_output: str, key: str, values: Collection[str]) -> dict[str, Row]:
        """Reads the rows of a table that have these keys."""
        table, client = self.source.outputs[table_output], self.source.client("dynamodb")
        found: dict[str, Row] = {}
        keys = sorted(set(values))
        for start in range(0, len(keys), _BATCH):
            asked: Any = {table: {"Keys": [{key: {"S": one}} for one in keys[start : start + _BATCH]]}}
            for _ in range(_TRIES):
                answer = client.batch_get_item(RequestItems=asked)
                for item in answer["Responses"].get(table, []):
                    row = {name: str(next(iter(value.values()))) for name, value in item.items()}
                    found[row[key]] = row
                asked = answer.get("UnprocessedKeys")
                if not asked:
                    break
        return found


def described(answer: Mapping[str, Any]) -> Described:
    """Reads a description, and keeps no more of the input than the valid fields of the fare."""
    try:
        given = json.loads(answer.get("input", ""))
    except (ValueError, RecursionError):
        given = None
    fields = given if isinstance(given, dict) else {}
    fare = {name: str(fields[name]) for name in FARE_FIELDS if isinstance(fields.get(name), str)}
    return Described(
        status=str(answer["status"]),
        fare=fare,
        error=str(answer.get("error") or ""),
        cause=str(answer.get("cause") or ""),
    )

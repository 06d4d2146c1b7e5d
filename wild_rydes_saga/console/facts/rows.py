"""The facts of many rides at once: their executions' inputs, and their rows in the tables, read in batches."""

from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import Final

from lambda_src.fare_status import COMPLETED
from lambda_src.recovery.work.open_ride import OPEN_SINCE
from lambda_src.recovery.work.work_row import DUE, PARKED, WORK
from wild_rydes_saga.console.facts.execution import Described, Execution
from wild_rydes_saga.console.facts.executions import Executions
from wild_rydes_saga.console.facts.messages import Messages
from wild_rydes_saga.console.facts.verdict import Known
from wild_rydes_saga.console.source import Row, Source
from wild_rydes_saga.deployed.operations.express_runs import is_express

_AT_ONCE: Final = 8


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
        open_work = DUE if OPEN_SINCE in self.outcome and not self.execution.is_running else ""
        work = self.outcome.get(WORK, open_work)
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
        return self._described.get(saga_id) or self.executions.express.described(saga_id)

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
        wanted = list(wanted)
        self._described |= self.executions.read_rows([one.saga_id for one in wanted if is_express(one.saga_id)])
        standard = [one for one in wanted if not is_express(one.saga_id)]
        missing = [one.saga_id for one in standard if not self._has(one) or self._ended_meanwhile(one)]
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            for saga_id, answer in zip(missing, pool.map(self.executions.read, missing), strict=True):
                if answer is not None:
                    self._described[saga_id] = answer

    def _has(self, one: Execution) -> bool:
        return one.saga_id in self._described

    def _ended_meanwhile(self, one: Execution) -> bool:
        return not one.is_running and self._described[one.saga_id].status != one.status

    def _join(self, wanted: Sequence[Execution]) -> list[RideRow]:
        ids = [one.saga_id for one in wanted]
        fare_ids = {self._described[one].fare.get("fareId", "") for one in ids} - {""}
        payments = self.source.rows("PaymentsTableName", "sagaId", ids)
        accounts = self.source.rows("AccountsTableName", "accountKey", [f"saga#{one}" for one in ids])
        express = {one: self.executions.express.row(one) for one in ids if is_express(one)}
        outcomes = {**self.source.rows("OutcomesTableName", "sagaId", set(ids) - set(express)), **express}
        fares = self.source.rows("FaresTableName", "fareId", fare_ids)
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
            row = _as_recovered(row)
            rows.append(replace(row, message=self.messages.of(row.execution, row.outcome, row.described.fare)))
        return rows


def _as_recovered(row: RideRow) -> RideRow:
    """A ride on Express that its recovery has completed: its own row goes on to say how its execution failed."""
    kept = row.known.paid > 0 and row.known.credited > 0 and "closedAt" in row.outcome
    if not is_express(row.execution.saga_id) or not (kept or row.fare.get("fareStatus") == COMPLETED):
        return row
    execution = replace(row.execution, status="SUCCEEDED")
    return replace(row, execution=execution, described=replace(row.described, error="", cause=""))

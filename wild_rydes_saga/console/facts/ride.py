"""One ride from every side: its path, its money, its message and its recovery."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from lambda_src.accounts.ledger import balance_keys
from lambda_src.fare import FARE_FIELDS
from lambda_src.recovery.work.open_ride import HANDED_OVER_AT, OPEN_SINCE, SETTLED_AT
from lambda_src.recovery.work.work_row import WORK
from wild_rydes_saga.console.facts.execution import RUNNING
from wild_rydes_saga.console.facts.executions import Executions
from wild_rydes_saga.console.facts.express.path import shown_path
from wild_rydes_saga.console.facts.messages import NOTIFYING, Messages
from wild_rydes_saga.console.facts.picture import picture, ridden
from wild_rydes_saga.console.facts.rows import RideRow, Rows
from wild_rydes_saga.console.facts.states import visits_of
from wild_rydes_saga.console.facts.verdict import verdict
from wild_rydes_saga.console.facts.words import duration, moment
from wild_rydes_saga.console.source import Source
from wild_rydes_saga.deployed.errors import OperatorError
from wild_rydes_saga.deployed.gateways import gateway_book
from wild_rydes_saga.deployed.money import money
from wild_rydes_saga.deployed.operations.executions import describe
from wild_rydes_saga.deployed.operations.express_runs import is_express
from wild_rydes_saga.lab.riding import readable

_PAGE: Final = 1000
MOST_SHARDS: Final = 100
"""Rows that one customer's balance may be kept in: no output has the number. As in `wild_rydes_saga.settings`."""


@dataclass
class Drawn:
    """An execution with its history, its states and its picture; kept once it has ended."""

    arn: str
    status: str
    version: str
    shown: dict[str, Any]


@dataclass
class RidePages:
    """Reads a ride for its own page.

    Attributes:
        source: The stack.
        executions: All executions.
        rows: The rides' rows.
        messages: The rides' messages.
    """

    source: Source
    executions: Executions
    rows: Rows
    messages: Messages
    _drawn: dict[str, Drawn] = field(default_factory=dict, init=False)
    _settled: dict[str, dict[str, Any]] = field(default_factory=dict, init=False)
    _definitions: dict[str, dict[str, Any]] = field(default_factory=dict, init=False)

    def read(self, saga_id: str) -> dict[str, Any]:
        """All that the page shows; raises `OperatorError` if AWS does not have the execution."""
        execution = self.executions.get(saga_id)
        if execution is None or execution.is_running:
            self.executions.read(saga_id)
            execution = self.executions.get(saga_id)
        found = self.rows.read([execution]) if execution else []
        if execution is None or not found:
            raise OperatorError("AWS does not keep this execution any more: `make ride` reads what is left of the ride")
        [row] = found
        page = self._settled.get(saga_id) or self._page(row)
        running = page["recovery"] is not None and page["recovery"]["status"] == RUNNING
        if row.is_settled and not running:
            self._settled[saga_id] = page
        return {**page, "message": self._message(row)}

    def _page(self, row: RideRow) -> dict[str, Any]:
        execution, saga_id = row.execution, row.execution.saga_id
        title = f"Ride {execution.name}"
        shown = self._of_row(row, title) if is_express(saga_id) else self._draw(saga_id, execution.status, title).shown
        recovery_arn = self._recovery_of(row)
        tone, sentence = verdict(row.known)
        return {
            **self.summary(row),
            **shown,
            "tone": tone.value,
            "verdict": sentence,
            "error": row.described.error,
            "cause": readable(row.described.cause),
            "money": self._money(row),
            "ledgers": self._ledgers(row),
            "recovery": self._recovery(recovery_arn),
            "canCancel": execution.is_running and not is_express(saga_id),
            "canRecover": not execution.is_running and row.known.is_open,
        }

    def summary(self, row: RideRow) -> dict[str, Any]:
        """A ride as a list shows it."""
        one = row.execution
        tone, sentence = verdict(row.known)
        took = duration((one.stopped - one.started).total_seconds()) if one.stopped else ""
        return {
            "ride": self.executions.handle(one.saga_id),
            "name": one.name,
            "sagaId": one.saga_id,
            "machine": "Your machine" if row.is_learners else one.machine.rpartition(":")[2],
            "status": one.status,
            "started": moment(one.started),
            "took": took,
            "tone": tone.value,
            "verdict": sentence,
            "fare": {name: row.described.fare.get(name, "") for name in FARE_FIELDS},
        }

    def _draw(self, arn: str, status: str, title: str) -> Drawn:
        kept = self._drawn.get(arn)
        if kept and kept.status == status != "RUNNING":
            return kept
        pages = self.source.client("stepfunctions").get_paginator("get_execution_history")
        found = pages.paginate(executionArn=arn, PaginationConfig={"PageSize": _PAGE})
        events = [event for page in found for event in page["events"]]
        ended = bool(events) and events[-1]["type"].startswith("Execution") and len(events) > 1
        version = f"{status} {len(events)}"
        if kept and kept.version == version:
            return kept
        definition = self._definition(arn)
        shown = _shown(ridden(definition, events), events, title)
        drawn = Drawn(arn, status if ended else RUNNING, version, shown)
        self._drawn[arn] = drawn
        return drawn

    def _of_row(self, row: RideRow, title: str) -> dict[str, Any]:
        """The states of a ride on Express, whose definition is known as it is now."""
        client = self.source.client("stepfunctions")
        definition = json.loads(client.describe_state_machine(stateMachineArn=row.execution.machine)["definition"])
        return shown_path(definition, row, title)

    def _definition(self, arn: str) -> dict[str, Any]:
        """The definition that an execution runs, which a later change of the machine leaves alone."""
        if arn not in self._definitions:
            answer = self.source.client("stepfunctions").describe_state_machine_for_execution(executionArn=arn)
            self._definitions[arn] = json.loads(answer["definition"])
        return self._definitions[arn]

    def _recovery_of(self, row: RideRow) -> str:
        return row.fare.get("recoveredBy", "") or row.outcome.get("recoveryArn", "")

    def _recovery(self, arn: str) -> dict[str, Any] | None:
        """The last recovery; None if the row does not name one, or AWS does not have it any more."""
        if not arn.startswith(self.source.outputs["RecoveryArn"].replace(":stateMachine:", ":execution:") + ":"):
            return None
        answer = describe(self.source.account, arn)
        if answer is None:
            return None
        kept = self._drawn.get(arn)
        drawn = kept if kept and kept.status != "RUNNING" else self._draw(arn, answer["status"], "The ride's recovery")
        return {**drawn.shown, "status": answer["status"], "name": arn.rpartition(":")[2]}

    def _money(self, row: RideRow) -> list[list[str]]:
        """The rider's money and the account's: before the ride, and after it."""
        known = row.known
        customer = row.described.fare.get("customerId", "")
        balances = self.source.rows("AccountsTableName", "accountKey", balance_keys(customer, MOST_SHARDS))
        now = sum(int(one.get("balanceMinor", 0)) for one in balances.values())
        return [
            ["Paid by the rider", money(0), money(known.paid)],
            ["Balance of the customer's account", money(now - known.credited), money(now)],
        ]

    def _ledgers(self, row: RideRow) -> list[list[str]]:
        gateway = gateway_book(self.source.account, self.source.outputs)
        book = gateway.book(row.execution.saga_id, row.payment or None)
        own = row.fare.get("fareStatus")
        return [
            ["Fare", own or ("not registered by this ride, or held by another one")],
            ["Payments ledger", _ledger(row.payment, "captured", "refunded")],
            ["Gateway", gateway.name],
            ["Gateway's own book", ", ".join(f"{name} {money(minor)}" for name, minor in book.items()) or "nothing"],
            ["Accounts ledger", _ledger(row.account, "credited", "reversed")],
            *([["Ride's row", _row_of(row.outcome)]] if is_express(row.execution.saga_id) else []),
        ]

    def _message(self, row: RideRow) -> dict[str, Any]:
        where = row.known.message
        body: Any = None
        if self.source.is_local and where in NOTIFYING:
            saga_id = row.execution.saga_id
            body = next((one.body for one in self.messages.contents(where) if saga_id in one.body), None)
        return {"queue": where, "body": body}


def _shown(definition: Mapping[str, Any], events: list[dict[str, Any]], title: str) -> dict[str, Any]:
    visits = visits_of(events)
    states: dict[str, list[dict[str, Any]]] = {}
    for visit in visits:
        states.setdefault(visit.state, []).append(visit.shown())
    kinds = {name: str(state.get("Type", "")) for name, state in definition["States"].items()}
    return {
        "svg": picture(definition, events, title=title),
        "path": [visit.state for visit in visits],
        "states": {name: {"type": kinds.get(name, ""), "visits": states.get(name, [])} for name in {**kinds, **states}},
    }


def _ledger(row: Mapping[str, str], there: str, back: str) -> str:
    if not row:
        return "no row"
    return f"{row.get('status', '')}: {there} {_of(row, there)}, {back} {_of(row, back)}"


def _row_of(outcome: Mapping[str, str]) -> str:
    """What the row of a ride on Express says."""
    times = {
        "open since": OPEN_SINCE,
        "handed over": HANDED_OVER_AT,
        "settled": SETTLED_AT,
        "closed": "closedAt",
        "reported": "sentAt",
    }
    said = [outcome[WORK]] if WORK in outcome else []
    said += [f"{word} {outcome[name]}" for word, name in times.items() if name in outcome]
    return ", ".join(said) or "no row"


def _of(row: Mapping[str, str], word: str) -> str:
    return money(int(row.get(f"{word}Minor", 0)))

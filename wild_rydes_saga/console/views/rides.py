"""The list of rides, newest first, and its search."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from threading import Lock
from typing import Any, Final

from wild_rydes_saga.console.facts.execution import Execution
from wild_rydes_saga.console.facts.executions import Executions
from wild_rydes_saga.console.facts.messages import Messages
from wild_rydes_saga.console.facts.redaction import without_numbers
from wild_rydes_saga.console.facts.ride import RidePages
from wild_rydes_saga.console.facts.rows import Rows
from wild_rydes_saga.console.source import Source
from wild_rydes_saga.deployed.errors import OperatorError

PAGE: Final = 50
_MOST: Final = 500
_READ_LOCALLY: Final = 100
_READ_ON_AWS: Final = 20
"""Descriptions that a search reads each time, of rides whose fare no row names any more: AWS allows 15 a second."""


@dataclass
class RideList:
    """The rides of a stack, read once for all pages.

    Attributes:
        source: The stack.
        executions: The rides' executions.
        rows: Their rows.
        messages: Their messages.
        pages: Each ride's own page.
    """

    source: Source
    executions: Executions
    rows: Rows
    messages: Messages
    pages: RidePages
    _fares: dict[str, Mapping[str, str]] = field(default_factory=dict, init=False)
    _lock: Lock = field(default_factory=Lock, init=False)
    _is_read: bool = field(default=False, init=False)

    def refresh(self) -> object:
        """Reads what is new; returns what a list of the newest rides shows."""
        with self._lock:
            self.executions.refresh()
            self.messages.refresh()
            self._is_read = True
            newest = self.rows.read(self.executions.newest_first[:PAGE])
            return [self.pages.summary(row) for row in newest], len(self.executions.newest_first)

    def listed(self, query: str, limit: int) -> dict[str, Any]:
        """The newest rides that a search finds."""
        with self._lock:
            if not self._is_read:
                self.executions.refresh()
                self.messages.refresh()
                self._is_read = True
            known = self.executions.newest_first
            found = self._search(known, query.strip()) if query.strip() else known
            shown = self.rows.read(found[: min(limit, _MOST)])
            read = sum(self._is_known(one) for one in known) if query.strip() else 0
            return {
                "rides": [self.pages.summary(row) for row in shown],
                "found": len(found),
                "known": len(known),
                "searched": read,
                "isComplete": self.executions.is_complete,
                "query": query,
            }

    def saga_id(self, handle: str) -> str:
        """The ride of a handle; raises `OperatorError` if it is unknown."""
        found = self.executions.saga_id(handle)
        if found is None:
            raise OperatorError("This link is of an earlier console, or is wrong. Search for the ride instead.")
        return found

    def _search(self, known: Sequence[Execution], query: str) -> list[Execution]:
        if not self._fares:
            self._read_fares()
        self._read_some(known)
        wanted = query.casefold()
        found = [one for one in known if self._matches(one, wanted)]
        if not found:
            self._read_fares()
            found = [one for one in known if self._matches(one, wanted)] or self._older(query)
        return found

    def _older(self, query: str) -> list[Execution]:
        """A ride that is not listed: by its execution's name, or as the last one of its fare.

        What may be a card's number is asked for nowhere: AWS keeps the names that it is asked for.
        """
        if without_numbers(query) != query:
            return []
        row = self.source.rows("FaresTableName", "fareId", [query]).get(query, {})
        return [*self.executions.named(query), *(self.executions.named(row["sagaId"]) if "sagaId" in row else [])]

    def _matches(self, one: Execution, wanted: str) -> bool:
        if wanted in one.saga_id.casefold():
            return True
        described = self.rows.described(one.saga_id)
        fare = described.fare if described else self._fares.get(one.saga_id, {})
        return any(wanted in fare.get(name, "").casefold() for name in ("fareId", "customerId"))

    def _is_known(self, one: Execution) -> bool:
        return self.rows.described(one.saga_id) is not None or one.saga_id in self._fares

    def _read_fares(self) -> None:
        """Reads the fares' rows: each names the last ride of its fare, with its customer."""
        pages = self.source.client("dynamodb").get_paginator("scan")
        table = self.source.outputs["FaresTableName"]
        for page in pages.paginate(TableName=table, ProjectionExpression="sagaId, fareId, customerId"):
            for item in page["Items"]:
                row = {name: str(value.get("S", "")) for name, value in item.items()}
                if row.get("sagaId"):
                    self._fares[row["sagaId"]] = row

    def _read_some(self, known: Sequence[Execution]) -> None:
        most = _READ_LOCALLY if self.source.is_local else _READ_ON_AWS
        unknown = [one for one in known if not self._is_known(one)]
        self.rows.describe(unknown[:most])

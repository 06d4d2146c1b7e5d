"""Finds the rides on Express by their rows in the outcomes table: Step Functions lists none of them."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from lambda_src.fare_status import COMPLETED
from lambda_src.recovery.work import open_ride as names
from wild_rydes_saga.console.facts.execution import RUNNING, Described, Execution, fare_of
from wild_rydes_saga.console.facts.verdict import NO_ROW
from wild_rydes_saga.console.source import Row, Source, texts
from wild_rydes_saga.deployed.operations.express_runs import HANDED_OVER
from wild_rydes_saga.deployed.operations.open_rides import OPEN_INDEX
from wild_rydes_saga.deployed.operations.ride_report import EXPRESS

MOST: Final = 10_000
"""Rides that are kept: an older one is found by its name or its fare."""
_PAGE: Final = 1_000
LONGEST: Final = timedelta(minutes=5)
"""After that AWS ends an Express execution. As in `wild_rydes_saga.saga.express`."""
_BEGINS_WITHIN: Final = timedelta(seconds=15)
"""A ride writes its row first of all."""
_ENDS: Final = ("closedAt", "sentAt", names.HANDED_OVER_AT)
_BEGINS: Final = ("startTime", names.OPEN_SINCE, "foundAt", "sentAt")
_INVALID: Final = "InvalidFare"


@dataclass
class ExpressRides:
    """The rides on Express that are known, with the row of each as it was read last.

    A refresh reads one page of the table (1,000 rows or 1 MB), and the next refresh the next one, round and round: a
    large table costs no more than a small one. The sparse index of open rides is read beside it if the table has more
    than a page.

    Attributes:
        source: The stack.
    """

    source: Source
    _rows: dict[str, Row] = field(default_factory=dict, init=False)
    _started: dict[str, tuple[Execution, Described]] = field(default_factory=dict, init=False)
    _next: dict[str, Any] = field(default_factory=dict, init=False)
    is_complete: bool = field(default=False, init=False)
    """Whether the table was read to its end."""

    @property
    def machine(self) -> str:
        """The machine; empty if the stack has none."""
        return self.source.outputs.get(EXPRESS, "")

    @property
    def start(self) -> str:
        """How the saga ids of its rides begin."""
        return self.machine.replace(":stateMachine:", ":express:") + ":" if self.machine else ""

    def clear(self) -> None:
        """Forgets all: another stack is shown."""
        self._rows.clear()
        self._next.clear()
        self.is_complete = False

    def refresh(self) -> Iterator[Execution]:
        """Reads one page of the rows, and the rides that are open."""
        if not self.machine:
            self.is_complete = True
            return
        client, table = self.source.client("dynamodb"), self.source.outputs["OutcomesTableName"]
        more = {"ExclusiveStartKey": self._next} if self._next else {}
        page = client.scan(TableName=table, Limit=_PAGE, **more)
        self._next = page.get("LastEvaluatedKey", {})
        self.is_complete = self.is_complete or not self._next
        for row in map(texts, page["Items"]):
            known = row["sagaId"] in self._rows
            if row["sagaId"].startswith(self.start) and (known or len(self._rows) < MOST):
                yield self._note(row)
        if more or self._next:
            opened = client.scan(TableName=table, IndexName=OPEN_INDEX, Limit=100)["Items"]
            self.read([texts(one)["sagaId"] for one in opened])
            yield from (self.execution(texts(one)["sagaId"]) for one in opened if texts(one)["sagaId"] in self._rows)

    def read(self, saga_ids: Collection[str]) -> list[str]:
        """Reads the rows of some rides; returns those that are known: by a row, or because they were started here."""
        refused = [f"{one}{names.INVALID}" for one in saga_ids if one in self._started]
        for row in self.source.rows("OutcomesTableName", "sagaId", [*saga_ids, *refused]).values():
            self._note(row)
        return [one for one in saga_ids if one in self._rows or one in self._started]

    def note_started(self, execution: Execution, fare: Mapping[str, str]) -> None:
        """Notes a ride that was started here: it is shown from then on."""
        described = Described(status=RUNNING, fare=fare_of(fare), error="", cause="")
        self._started[execution.saga_id] = (execution, described)

    def row(self, saga_id: str) -> Row:
        """The row of a ride as it was read last; empty if it has none."""
        return self._rows.get(saga_id, {})

    def execution(self, saga_id: str) -> Execution:
        """The execution of a ride that is known."""
        if saga_id in self._rows:
            return execution_of_row(self._rows[saga_id], self.machine)
        execution, _ = self._started[saga_id]
        late = datetime.now(UTC) - execution.started > _BEGINS_WITHIN
        return Execution(saga_id, self.machine, NO_ROW if late else RUNNING, execution.started, None)

    def described(self, saga_id: str) -> Described | None:
        """What its row says of it; None if it is not known."""
        row = self._rows.get(saga_id)
        if row is None:
            return self._started[saga_id][1] if saga_id in self._started else None
        completed = row.get("fareStatus") == COMPLETED
        error, cause = ("", "") if completed else (row.get(names.ERROR, ""), row.get(names.CAUSE, ""))
        return Described(status=status_of(row), fare=fare_of(row), error=error, cause=cause)

    def _note(self, row: Row) -> Execution:
        """Keeps a row; that of an input that was refused has a key of its own, and less in it."""
        base = row["sagaId"].removesuffix(names.INVALID)
        if base != row["sagaId"]:
            row = {**row, names.ERROR: _INVALID}
            if base in self._started:
                execution, described = self._started[base]
                row = {**row, **described.fare, "sagaId": base, "startTime": execution.started.isoformat()}
        else:
            self._started.pop(base, None)
        self._rows[row["sagaId"]] = row
        return execution_of_row(row, self.machine)


def execution_of_row(row: Row, machine: str) -> Execution:
    """The execution that wrote a row."""
    began = next((row[name] for name in _BEGINS if name in row), "")
    ended = None if status_of(row) == RUNNING else next((row[name] for name in _ENDS if name in row), None)
    return Execution(row["sagaId"], machine, status_of(row), _moment(began), _moment(ended) if ended else None)


def status_of(row: Row) -> str:
    """The status of the execution that wrote a row, as far as the row can say."""
    if row.get("fareStatus") == COMPLETED:
        return "SUCCEEDED"
    if names.HANDED_OVER_AT in row:
        return HANDED_OVER
    if names.OPEN_SINCE in row and datetime.now(UTC) - _moment(row[names.OPEN_SINCE]) < LONGEST:
        return RUNNING
    return "FAILED" if names.ERROR in row else "TIMED_OUT"


def _moment(text: str) -> datetime:
    """A time in a row; the beginning of all times if it is none: another program may have written the row."""
    try:
        return datetime.fromisoformat(text).astimezone(UTC)
    except (ValueError, OverflowError):
        return datetime.fromtimestamp(0, UTC)

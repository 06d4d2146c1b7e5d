"""Runs the cells of the matrix, audits their rides, and says which cells failed."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from tests.support.card import places_of_the_card
from tests.support.faults.audit.auditor import Finding, audit
from tests.support.faults.cloud import MACHINES, FaultyCloud
from tests.support.faults.express.cells import express_matrix
from tests.support.faults.injection.fault import struck_mark
from tests.support.faults.matrix import COLUMNS, EXPRESS_COLUMNS, OF_RECOVERY, Cell, matrix, one_each
from tests.support.faults.trial import StartedRide

PASSED: Final = "Passed: every ride is completed, undone, or parked where its fault demands it."
_SWEEPS: Final = 2
"""The second takes what the first found under way."""


@dataclass(frozen=True)
class Result:
    """The result of a campaign.

    Attributes:
        cells: What was tried.
        rides: The rides, by their cell's fare.
        findings: Everything that is wrong.
        seconds: How long it took.
    """

    cells: Sequence[Cell]
    rides: Sequence[StartedRide]
    findings: Sequence[Finding]
    seconds: float = 0.0

    @property
    def passed(self) -> bool:
        """Whether nothing was found."""
        return not self.findings

    def findings_of(self, cell: Cell) -> list[Finding]:
        """What is wrong with the rides of a cell."""
        sagas = {ride.saga_id for ride in self.rides if ride.fare_id == cell.trial.fare_id}
        return [finding for finding in self.findings if finding.saga_id in sagas]

    def by_place(self) -> dict[tuple[str, str], list[Cell]]:
        """The cells by row and column."""
        places: dict[tuple[str, str], list[Cell]] = defaultdict(list)
        for cell in self.cells:
            places[cell.row, cell.column].append(cell)
        return places

    @property
    def columns(self) -> dict[str, str]:
        """The columns that have cells, with what each means."""
        tried = {cell.column for cell in self.cells}
        return {name: meaning for name, meaning in {**COLUMNS, **EXPRESS_COLUMNS}.items() if name in tried}

    @property
    def verdict(self) -> str:
        """The result in one sentence."""
        if self.passed:
            return PASSED
        failed = sum(bool(self.findings_of(cell)) for cell in self.cells)
        return f"Failed: {failed} of {len(self.cells)} trials have findings ({len(self.findings)} in all)."

    @property
    def figures(self) -> str:
        """What was tried, in numbers."""
        return f"{len(self.rides)} rides in {len(self.cells)} trials, {self.seconds:.0f} s."


def cells_of(cloud: FaultyCloud) -> list[Cell]:
    """Every cell of the matrix for what is deployed."""
    if cloud.express:
        definition = cloud.rides.definition("ExpressSagaArn")
        return express_matrix(cloud.plan, cloud.judged, cloud.services(), definition)
    return matrix(cloud.plan, cloud.judged, cloud.services())


def sample(cells: Sequence[Cell]) -> list[Cell]:
    """A trial of every other place; of the recovery's own rows, of two places in five: its rows have six."""
    trials = one_each(cells)
    of_saga = [cell for cell in trials if not cell.row.startswith(OF_RECOVERY)]
    of_recovery = [cell for cell in trials if cell.row.startswith(OF_RECOVERY)]
    return of_saga[::2] + [cell for number, cell in enumerate(of_recovery) if number % 5 in (0, 3)]


def run(cloud: FaultyCloud, cells: Sequence[Cell], *, tick: Callable[[], None] | None = None) -> Result:
    """Runs cells beside each other, sweeps, audits every ride, and searches everything for the card."""
    rides = cloud.run([cell.trial for cell in cells], tick=tick)
    return Result(cells, rides, [*conclude(cloud, rides), *_did_not_strike(cloud, cells, rides)])


def _did_not_strike(cloud: FaultyCloud, cells: Sequence[Cell], rides: Sequence[StartedRide]) -> list[Finding]:
    """Trials whose faults never struck: they tried nothing."""
    saga_of = {ride.fare_id: ride.saga_id for ride in rides}
    return [
        Finding("not tried", f"the fault of {fault.state} never struck", saga_of[cell.trial.fare_id], cell.trial.label)
        for cell in cells
        for fault in cell.trial.faults
        if not struck_mark(cloud.folder, cell.trial.fare_id, fault).exists()
    ]


def conclude(cloud: FaultyCloud, rides: Sequence[StartedRide], *, sweeps: bool = True) -> list[Finding]:
    """Sweeps, waits until nothing moves any more, and audits rides."""
    for _ in range(_SWEEPS if sweeps else 0):
        cloud.sweep()
        cloud.wait_until_quiet()
    books = cloud.books()
    machines = [cloud.outputs[machine] for machine in MACHINES]
    tables: object = books.tables
    queues: object = [books.messages, books.parked, books.dead]
    places = places_of_the_card(cloud.account, machines, ("a table", tables), ("a queue", queues))
    findings = audit(books, rides, cloud.judged, known=cloud.started)
    return [*findings, *(Finding("card", f"the card is in {place}") for place in places)]

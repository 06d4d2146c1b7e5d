"""Runs the cells of the matrix, audits them, and says which held."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from tests.support.card import places_of_the_card
from tests.support.faults.auditor import Finding, Ridden, audit
from tests.support.faults.cloud import FaultyCloud
from tests.support.faults.fault import struck_mark
from tests.support.faults.matrix import Cell

_SWEEPS: Final = 2
"""The second takes what the first found under way."""


@dataclass(frozen=True)
class Result:
    """What a campaign came to.

    Attributes:
        cells: What was tried.
        rides: The rides, by their cell's fare.
        findings: Everything that must not be.
        seconds: How long it took.
    """

    cells: Sequence[Cell]
    rides: Sequence[Ridden]
    findings: Sequence[Finding]
    seconds: float = 0.0

    @property
    def passed(self) -> bool:
        """Whether every promise was kept."""
        return not self.findings

    def failed(self, cell: Cell) -> list[Finding]:
        """What is wrong with the rides of a cell."""
        sagas = {ride.saga_id for ride in self.rides if ride.fare_id == cell.trial.fare_id}
        return [finding for finding in self.findings if finding.saga_id in sagas]

    def by_place(self) -> dict[tuple[str, str], list[Cell]]:
        """The cells by row and column."""
        places: dict[tuple[str, str], list[Cell]] = defaultdict(list)
        for cell in self.cells:
            places[cell.row, cell.column].append(cell)
        return places


def run(cloud: FaultyCloud, cells: Sequence[Cell], *, tick: Callable[[], None] | None = None) -> Result:
    """Runs cells beside each other, sweeps, audits every ride, and searches everything for the card."""
    rides = cloud.run([cell.trial for cell in cells], tick=tick)
    return Result(cells, rides, [*conclude(cloud, rides), *_vacuous(cloud, cells, rides)])


def _vacuous(cloud: FaultyCloud, cells: Sequence[Cell], rides: Sequence[Ridden]) -> list[Finding]:
    """Trials whose faults did not strike: they prove nothing."""
    saga_of = {ride.fare_id: ride.saga_id for ride in rides}
    return [
        Finding("vacuous", f"the fault of {fault.state} never struck", saga_of[cell.trial.fare_id], cell.trial.label)
        for cell in cells
        for fault in cell.trial.faults
        if not struck_mark(cloud.folder, cell.trial.fare_id, fault).exists()
    ]


def conclude(cloud: FaultyCloud, rides: Sequence[Ridden], *, sweeps: bool = True) -> list[Finding]:
    """Sweeps, and judges rides that nothing moves any more."""
    for _ in range(_SWEEPS if sweeps else 0):
        cloud.sweep()
        cloud.wait_until_quiet()
    books = cloud.books()
    machines = (cloud.outputs["FareSagaArn"], cloud.outputs["RecoveryArn"])
    tables: object = [books.fares, books.payments, books.gateway, books.accounts]
    queues: object = [books.messages, books.parked, books.dead]
    places = places_of_the_card(cloud.account, machines, ("a table", tables), ("a queue", queues))
    return [*audit(books, rides), *(Finding("card", f"the card is in {place}") for place in places)]

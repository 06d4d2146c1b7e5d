"""The trials that both interpreters run: some of the campaign's own, and what became of them in the local cloud."""

from collections.abc import Sequence
from dataclasses import dataclass

from tests.support.faults.campaign import Result
from tests.support.faults.cloud import FaultyCloud
from tests.support.faults.matrix import Cell
from tests.support.faults.trial import StartedRide
from tests.support.second_judge.on_moto.observation import Observation, observe, recoveries_of


@dataclass(frozen=True)
class Tried:
    """A trial that the local cloud ran.

    Attributes:
        cell: The trial, and its place in the matrix.
        ride: Its ride.
        seen: What became of it.
    """

    cell: Cell
    ride: StartedRide
    seen: Observation


def chosen(cells: Sequence[Cell], most: int) -> list[Cell]:
    """So many of the cells at most, from all over the matrix.

    Those whose result depends on which of two calls comes first are left out, and those that last a whole patience.
    """
    certain = [cell for cell in cells if _ends_the_same(cell)]
    return [certain[number * len(certain) // most] for number in range(most)] if len(certain) > most else certain


def _ends_the_same(cell: Cell) -> bool:
    return not cell.trial.again and all(
        fault.kind in ("error", "clean", "stop") and fault.until is None and fault.machine is not None
        for fault in cell.trial.faults
    )


def tried(cloud: FaultyCloud, result: Result, most: int) -> list[Tried]:
    """Some of a campaign's trials, with what became of them."""
    cells = {cell.trial.fare_id: cell for cell in chosen(result.cells, most)}
    recoveries = recoveries_of(cloud.account.client("stepfunctions"), cloud.outputs["RecoveryArn"])
    return [
        Tried(cells[ride.fare_id], ride, observe(cloud.reader, ride, recoveries.get(ride.saga_id, ())))
        for ride in result.rides
        if ride.fare_id in cells
    ]

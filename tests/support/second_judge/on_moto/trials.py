"""The trials that both interpreters run: some of the campaign's own, and what became of them in the local cloud."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass

from lambda_src.recovery.wiring import is_express
from lambda_src.recovery.work.open_ride import INVALID
from tests.support.faults.campaign import Result
from tests.support.faults.cloud import FaultyCloud
from tests.support.faults.injection.deliveries import ends_of
from tests.support.faults.injection.fault import SAGA
from tests.support.faults.matrix import Cell, tasks_of
from tests.support.faults.trial import StartedRide
from tests.support.second_judge.on_moto.observation import Observation, Run, observe, read_run, recoveries_of, run_of


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


def on_express(cloud: FaultyCloud, cells: Sequence[Cell]) -> list[Cell]:
    """Those of the cells whose rides have one execution on Express, and end without a sweep: each wrote its row."""
    known = tasks_of(cloud.plan)
    return [
        cell
        for cell in cells
        if cell.row in known
        and not cell.trial.delivered_again
        and not any(fault.kind == "stop" and fault.machine in (SAGA, None) for fault in cell.trial.faults)
    ]


def _own_run(cloud: FaultyCloud, saga_id: str) -> Run:
    """A ride's own execution. Step Functions knows none on Express: the engine has kept how it ended."""
    if not is_express(saga_id):
        return read_run(cloud.account.client("stepfunctions"), saga_id)
    [end] = ends_of(cloud.folder, saga_id.removesuffix(INVALID))
    return run_of(asdict(end), end.events)


def tried(cloud: FaultyCloud, result: Result, most: int) -> list[Tried]:
    """Some of a campaign's trials, with what became of them."""
    cells = {cell.trial.fare_id: cell for cell in chosen(result.cells, most)}
    recoveries = recoveries_of(cloud.account.client("stepfunctions"), cloud.outputs["RecoveryArn"])
    return [
        Tried(
            cells[ride.fare_id],
            ride,
            observe(cloud.reader, ride, recoveries.get(ride.saga_id, ()), _own_run(cloud, ride.saga_id)),
        )
        for ride in result.rides
        if ride.fare_id in cells
    ]

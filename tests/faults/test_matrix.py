"""A sample of the matrix; `make faults` runs all of it."""

from collections import Counter

from tests.support.faults import campaign
from tests.support.faults.cloud import FaultyCloud
from tests.support.faults.matrix import COLUMNS, OF_RECOVERY, Cell, one_each, tasks_of


def sample(cells: list[Cell]) -> list[Cell]:
    """A trial of every other place; of the recovery's own rows, of every third."""
    trials = one_each(cells)
    of_saga = [cell for cell in trials if not cell.row.startswith(OF_RECOVERY)]
    of_recovery = [cell for cell in trials if cell.row.startswith(OF_RECOVERY)]
    return of_saga[::2] + of_recovery[::3]


def test_whatever_fails_every_ride_is_completed_or_undone(faulty: FaultyCloud) -> None:
    result = campaign.run(faulty, sample(campaign.cells_of(faulty)))
    assert [str(finding) for finding in result.findings] == []
    assert len(result.rides) >= len(result.cells)


def test_the_matrix_has_every_task_and_every_kind_of_fault(faulty: FaultyCloud) -> None:
    cells = campaign.cells_of(faulty)
    rows = {cell.row for cell in cells}
    assert {*tasks_of(faulty.plan)} < rows
    recovery = faulty.rides.definition("RecoveryArn")["States"]
    tasks = {name for name, state in recovery.items() if state["Type"] == "Task"}
    assert {f"{OF_RECOVERY}{name}" for name in tasks} <= rows
    assert {cell.column for cell in cells} == {*COLUMNS}
    assert {cell.row for cell in sample(cells)} == rows
    assert {cell.column for cell in sample(cells)} == {*COLUMNS}
    fares = Counter(cell.trial.fare_id for cell in cells)
    assert max(fares.values()) == 1

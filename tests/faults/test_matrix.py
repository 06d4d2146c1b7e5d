"""A sample of the matrix, a trial of every cell; the whole is `make faults`."""

from collections import Counter

from tests.support.faults import campaign
from tests.support.faults.cloud import FaultyCloud
from tests.support.faults.matrix import COLUMNS, OF_RECOVERY, Cell, matrix, tasks_of


def sample(cells: list[Cell]) -> list[Cell]:
    """A trial of every other cell, another one in each row; of the recovery's own rows, of every third cell."""
    places: dict[tuple[str, str], list[Cell]] = {}
    for cell in cells:
        places.setdefault((cell.row, cell.column), []).append(cell)
    one_each = [trials[number % len(trials)] for number, trials in enumerate(places.values())]
    of_saga = [cell for cell in one_each if not cell.row.startswith(OF_RECOVERY)]
    of_recovery = [cell for cell in one_each if cell.row.startswith(OF_RECOVERY)]
    return of_saga[::2] + of_recovery[::3]


def test_every_promise_is_kept_whatever_fails(faulty: FaultyCloud) -> None:
    result = campaign.run(faulty, sample(matrix(faulty.plan)))
    assert [str(finding) for finding in result.findings] == []
    assert len(result.rides) >= len(result.cells)


def test_the_matrix_has_every_task_of_the_plan_and_every_kind_of_fault(faulty: FaultyCloud) -> None:
    cells = matrix(faulty.plan)
    rows = {cell.row for cell in cells}
    assert {*tasks_of(faulty.plan)} < rows
    assert {cell.column for cell in cells} == {*COLUMNS}
    assert {cell.row for cell in sample(cells)} == rows
    assert {cell.column for cell in sample(cells)} == {*COLUMNS}
    fares = Counter(cell.trial.fare_id for cell in cells)
    assert max(fares.values()) == 1

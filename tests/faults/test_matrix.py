"""A sample of the matrix; `make faults` runs all of it."""

from collections import Counter

from tests.support.faults import campaign
from tests.support.faults.cloud import FaultyCloud
from tests.support.faults.matrix import COLUMNS, OF_RECOVERY, tasks_of


def test_whatever_fails_every_ride_is_completed_or_undone(sampled: campaign.Result) -> None:
    assert [str(finding) for finding in sampled.findings] == []
    assert len(sampled.rides) >= len(sampled.cells)


def test_the_matrix_has_every_task_and_every_kind_of_fault(faulty: FaultyCloud) -> None:
    cells = campaign.cells_of(faulty)
    rows = {cell.row for cell in cells}
    assert {*tasks_of(faulty.plan)} < rows
    recovery = faulty.rides.definition("RecoveryArn")["States"]
    tasks = {name for name, state in recovery.items() if state["Type"] == "Task"}
    assert {f"{OF_RECOVERY}{name}" for name in tasks} <= rows
    assert {cell.column for cell in cells} == {*COLUMNS}
    assert {cell.row for cell in campaign.sample(cells)} == rows
    assert {cell.column for cell in campaign.sample(cells)} == {*COLUMNS}
    fares = Counter(cell.trial.fare_id for cell in cells)
    assert max(fares.values()) == 1

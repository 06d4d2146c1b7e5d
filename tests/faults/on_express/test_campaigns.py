"""The walks and a sample of the matrix, with rides on Express."""

import pytest

from tests.faults.test_walks import test_a_kept_story_ends_well, test_a_random_walk_ends_well
from tests.support.faults import campaign
from tests.support.faults.cloud import FaultyCloud
from tests.support.faults.express.cells import DELIVERED
from tests.support.faults.matrix import one_each
from tests.support.faults.walks import own_tasks

__all__ = ["test_a_kept_story_ends_well", "test_a_random_walk_ends_well"]

pytestmark = [pytest.mark.long, pytest.mark.timeout(900)]


def test_a_sample_of_the_matrix_on_express_has_no_findings(faulty: FaultyCloud) -> None:
    """`make faults ARGS="--machine express"` runs all of it."""
    cells = campaign.cells_of(faulty)
    assert {cell.column for cell in cells} > {DELIVERED, "stopped"}
    assert {cell.row for cell in cells if cell.column == DELIVERED} == set(own_tasks(faulty))
    result = campaign.run(faulty, one_each(cells)[::4])
    assert [str(finding) for finding in result.findings] == []

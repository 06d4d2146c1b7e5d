"""One faulty cloud serves what leaves it whole, another what does not."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.faults.cloud import FaultyCloud, faulty_cloud


@pytest.fixture(scope="session")
def faulty(assembly: Path) -> Iterator[FaultyCloud]:
    """A local cloud with the stack deployed and faults at hand."""
    with faulty_cloud(assembly) as cloud:
        yield cloud


@pytest.fixture(scope="session")
def breakable(assembly: Path) -> Iterator[FaultyCloud]:
    """Another one, for what breaks it or lets it start anew."""
    with faulty_cloud(assembly) as cloud:
        yield cloud

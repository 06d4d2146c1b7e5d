"""Two faulty clouds: tests that change what is deployed, or restart it, have one of their own."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.faults.cloud import FaultyCloud, faulty_cloud


@pytest.fixture(scope="session")
def faulty(assembly: Path) -> Iterator[FaultyCloud]:
    """A local cloud whose deployed stack can be made to fail."""
    with faulty_cloud(assembly) as cloud:
        yield cloud


@pytest.fixture(scope="session")
def breakable(assembly: Path) -> Iterator[FaultyCloud]:
    """Another one, for tests that change what is deployed."""
    with faulty_cloud(assembly) as cloud:
        yield cloud

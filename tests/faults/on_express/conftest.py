"""The local cloud of the campaigns whose rides are on Express."""

from collections.abc import Iterator

import pytest

from tests.support.faults.cloud import FaultyCloud
from tests.support.faults.deployment.started import faulty_cloud


@pytest.fixture(scope="session")
def faulty() -> Iterator[FaultyCloud]:
    """A local cloud whose Express machine can be made to fail. AWS's five minutes are 18 seconds."""
    with faulty_cloud(express=True) as cloud:
        yield cloud

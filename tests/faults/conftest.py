"""The assembly is synthesised once, and one faulty cloud serves all campaigns that leave it whole."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.cloud import FaultyCloud, faulty_cloud
from wild_rydes_saga.local import cdk


@pytest.fixture(scope="session")
def assembly(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The app, synthesised."""
    path = tmp_path_factory.mktemp("assembly") / "cdk.out"
    cdk.synth(path)
    return path


@pytest.fixture(scope="session")
def faulty(assembly: Path) -> Iterator[FaultyCloud]:
    """A local cloud with the stack deployed and faults at hand."""
    with faulty_cloud(assembly) as cloud:
        yield cloud

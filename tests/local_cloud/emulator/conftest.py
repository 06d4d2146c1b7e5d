"""A local cloud without a stack, for the tests of its guard."""

from collections.abc import Iterator

import pytest

from wild_rydes_saga.emulator import process as emulator
from wild_rydes_saga.emulator.process import Emulator


@pytest.fixture(scope="module")
def running() -> Iterator[Emulator]:
    with emulator.running() as cloud:
        yield cloud

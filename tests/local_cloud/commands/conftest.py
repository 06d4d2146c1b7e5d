"""What an operator's command gets: where it prints, and which stack."""

import io

import pytest
from rich.console import Console

from wild_rydes_saga.deployed.rides import Rides
from wild_rydes_saga.deployed.stacks import Stack


@pytest.fixture
def console() -> Console:
    return Console(file=io.StringIO(), width=80, highlight=False)


@pytest.fixture
def stack(rides: Rides) -> Stack:
    return Stack(rides.account, rides.outputs)

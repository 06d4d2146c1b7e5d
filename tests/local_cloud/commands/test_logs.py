"""The demo searches every log group of the stack for the card, and would find it."""

import time
from collections.abc import Callable, Iterator
from typing import Any, Final

import pytest

from tests.support.card import logs
from wild_rydes_saga.deployed.logs import Search, search_for_card
from wild_rydes_saga.deployed.rides import Rides

NUMBER: Final = "5105 1051-0510 5100"
"""A number that no ride pays with."""


@pytest.fixture
def ridden(rides: Rides, payload: Callable[..., dict[str, Any]]) -> str:
    saga_id = rides.start(payload())
    rides.wait(saga_id)
    return saga_id


def test_every_log_group_is_searched_once_the_ride_is_in_it(rides: Rides, ridden: str) -> None:
    search = search_for_card(rides.account, rides.outputs, NUMBER, [ridden])
    groups = rides.account.client("logs").describe_log_groups()["logGroups"]
    assert set(search.groups) == {one["logGroupName"] for one in groups}
    assert len(search.groups) > 10
    assert (search.with_card, search.waited_for, search.differences) == ([], [], [])
    assert any(ridden in line for line in logs(rides.account))


@pytest.fixture
def leaking(rides: Rides, ridden: str, request: pytest.FixtureRequest) -> Iterator[str]:
    """A log group of the stack in which the card stands."""
    client = rides.account.client("logs")
    [group, *_] = search_for_card(rides.account, rides.outputs, NUMBER, [ridden]).groups
    client.create_log_stream(logGroupName=group, logStreamName="leak")
    line = {"timestamp": int(1000 * time.time()), "message": f"paid with {request.param}"}
    client.put_log_events(logGroupName=group, logStreamName="leak", logEvents=[line])
    yield group
    client.delete_log_stream(logGroupName=group, logStreamName="leak")


@pytest.mark.parametrize("leaking", ["5105105105105100", "5105 1051 0510 5100", "51051051-05105100"], indirect=True)
def test_a_card_in_a_log_is_found_however_it_is_spaced(rides: Rides, ridden: str, leaking: str) -> None:
    search = search_for_card(rides.account, rides.outputs, NUMBER, [ridden])
    assert search.differences == [f"the log group {leaking} has the card"]


def test_a_ride_that_is_in_no_log_was_not_searched_for() -> None:
    assert Search(["group"], [], ["its-arn"]).differences == [
        "its-arn is in no log yet: its log could not be searched for the card"
    ]

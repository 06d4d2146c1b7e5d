"""Recoveries that the console starts: one at a time for a ride, and a message goes only with a settled ride."""

import threading
import time
from collections.abc import Callable

import pytest

from wild_rydes_saga.console.facts import recovering
from wild_rydes_saga.console.facts.recovering import IN_WORDS, Recoveries
from wild_rydes_saga.console.source import Source
from wild_rydes_saga.deployed.account import Account
from wild_rydes_saga.deployed.operations.recoveries import Ended, Ending
from wild_rydes_saga.deployed.stacks import Stack

SETTLED = {Ending.RIDE_RECOVERED, Ending.NOTHING_TO_RECOVER}
Removed = list[str]


@pytest.fixture
def removed(monkeypatch: pytest.MonkeyPatch) -> Removed:
    """The rides whose messages were taken out of the parked queue."""
    found: Removed = []
    monkeypatch.setattr(recovering, "remove_parked", lambda _account, _url, sagas: found.extend(sagas))
    monkeypatch.setattr(recovering, "start_recovery", lambda *_: "recovery")
    return found


@pytest.fixture
def recoveries(removed: Removed) -> Recoveries:
    return Recoveries(Source(lambda: Stack(Account(), {"ParkedQueueUrl": "url"})))


def wait_for(done: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    while not done():
        assert time.monotonic() < deadline
        time.sleep(0.01)


@pytest.mark.parametrize("ending", Ending)
def test_only_a_settled_rides_message_leaves_the_parked_queue(
    ending: Ending, recoveries: Recoveries, removed: Removed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recovering, "wait_for_recovery", lambda *_: Ended(ending))
    recoveries.start(["ride"])
    wait_for(lambda: recoveries.result("ride") == IN_WORDS[ending])
    assert removed == (["ride"] if ending in SETTLED else [])


def test_a_ride_has_one_recovery_from_here_at_a_time(recoveries: Recoveries, monkeypatch: pytest.MonkeyPatch) -> None:
    go_on = threading.Event()

    def wait(*_: object) -> Ended:
        go_on.wait(10)
        return Ended(Ending.RIDE_PARKED)

    monkeypatch.setattr(recovering, "wait_for_recovery", wait)
    assert (recoveries.start(["a", "b"]), recoveries.start(["b", "c"])) == (2, 1)
    go_on.set()
    wait_for(lambda: all(recoveries.result(one) == IN_WORDS[Ending.RIDE_PARKED] for one in "abc"))
    assert recoveries.start(["a"]) == 1, "one that has ended can be started again"


def test_a_recovery_that_cannot_be_started_says_so(recoveries: Recoveries, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: object) -> str:
        raise PermissionError("5105105105105100")

    monkeypatch.setattr(recovering, "start_recovery", refused)
    recoveries.start(["ride"])
    wait_for(lambda: recoveries.result("ride") == "not recovered (PermissionError): recover it again")

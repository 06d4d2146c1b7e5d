"""A ride whose refund is pending is shown as one that a person leaves alone."""

from typing import Any, cast

import pytest

from lambda_src.fare_status import RECOVERING
from wild_rydes_saga.console.facts.recovering import Recoveries
from wild_rydes_saga.console.source import Source
from wild_rydes_saga.console.views import waiting
from wild_rydes_saga.console.views.rides import RideList
from wild_rydes_saga.deployed.account import Account
from wild_rydes_saga.deployed.operations.open_rides import OpenRide
from wild_rydes_saga.deployed.stacks import Stack

LATE = OpenRide("arn:late", {"fareId": "wr_1"}, RECOVERING, "2026-01-01T00:00:00.000Z")
SLOW = OpenRide("arn:slow", {"fareId": "wr_2"}, RECOVERING, "2026-01-01T00:00:00.000Z", refund_pending=True)


class _Handles:
    executions = property(lambda self: self)

    def handle(self, saga_id: str) -> str:
        return saga_id


def test_a_pending_refund_is_named_and_not_recovered(monkeypatch: pytest.MonkeyPatch) -> None:
    source, started, read = Source(lambda: Stack(Account(), {})), list[str](), list[str]()

    def open_rides(*_: object, **__: object) -> list[OpenRide]:
        read.append("the stack")
        return [LATE, SLOW]

    monkeypatch.setattr(waiting, "open_rides", open_rides)
    monkeypatch.setattr(waiting, "longest_ride", lambda *_: 60)
    recoveries = Recoveries(source)

    def start(saga_ids: list[str]) -> int:
        started.extend(saga_ids)
        return len(saga_ids)

    monkeypatch.setattr(recoveries, "start", start)
    view = waiting.WaitingView(source, cast("RideList", cast("Any", _Handles())), recoveries)
    shown = {one["ride"]: (one["canRecover"], one["why"].partition(":")[0]) for one in view.read()["rides"]}
    view.read()
    assert len(read) == 1, "on AWS a read scans tables, and hides messages from their reader"
    assert shown == {"arn:late": (True, "open for too long"), "arn:slow": (False, "refund pending")}
    assert view.recover_all() == {"done": "1 recovery is started."}
    assert started == ["arn:late"]
    assert len(read) == 2, "what is recovered is read anew"

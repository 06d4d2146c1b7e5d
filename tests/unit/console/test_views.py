"""What the console's views refuse, leave out and do not repeat, without a cloud."""

import asyncio
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any, Final, NoReturn, cast

import pytest
from starlette.requests import Request
from starlette.responses import Response

from lambda_src.fare import FARE_FIELDS
from tests.support.card import CARD
from wild_rydes_saga.console import live as lively
from wild_rydes_saga.console.answers import Mistake, plainly
from wild_rydes_saga.console.facts import ride as pages
from wild_rydes_saga.console.facts.execution import Execution
from wild_rydes_saga.console.live import Live
from wild_rydes_saga.console.source import Source
from wild_rydes_saga.console.views import machine as machines
from wild_rydes_saga.console.views.logs import LogsView
from wild_rydes_saga.console.views.machine import MachineView
from wild_rydes_saga.console.views.ride import RideView
from wild_rydes_saga.console.views.start import StartView
from wild_rydes_saga.deployed.account import Account
from wild_rydes_saga.deployed.errors import OperatorError
from wild_rydes_saga.deployed.stacks import Stack

STATES: Final = "arn:aws:states:us-east-1:123456789012"
SAGA: Final = f"{STATES}:execution:wild-completed:ride-1"
NOW: Final = datetime.now(UTC)
OUTPUTS: Final = {
    "FareSagaArn": f"{STATES}:stateMachine:wild-completed",
    "RecoveryArn": f"{STATES}:stateMachine:wild-recovery",
    "Table": "rows",
}


def fails(*_: object, **__: object) -> NoReturn:
    """A call that must not be made."""
    pytest.fail("AWS is asked for something")


class _Source(Source):
    """A stack that is nowhere; a client may be given."""

    def __init__(self, **clients: Any) -> None:
        super().__init__(lambda: Stack(Account(), OUTPUTS, "wild"))
        self._given = clients

    def client(self, service: str) -> Any:
        return self._given.get(service) or fails()


def rides_with(execution: Execution | None) -> Any:
    """The list of rides, with one or none."""
    executions = SimpleNamespace(read=lambda _: execution, get=lambda _: execution)
    return SimpleNamespace(saga_id=lambda handle: handle, executions=executions)


@pytest.mark.parametrize("name", FARE_FIELDS)
def test_a_field_that_is_too_long_starts_nothing(name: str) -> None:
    body = {**dict.fromkeys(FARE_FIELDS, "a"), name: "x" * 4001}
    with pytest.raises(Mistake, match=f"{name} is too long"):
        StartView(_Source(), rides_with(None)).start(body)


@pytest.mark.parametrize(
    ("saga_id", "status"),
    [(SAGA, "SUCCEEDED"), (SAGA, "TIMED_OUT"), (SAGA, None), (SAGA.replace(":execution:", ":express:"), "RUNNING")],
    ids=["completed", "ended", "gone", "express"],
)
def test_only_a_standard_ride_that_runs_is_cancelled(saga_id: str, status: str | None) -> None:
    execution = Execution(saga_id, "m", status, NOW, NOW) if status else None
    with pytest.raises(Mistake):
        RideView(_Source(), rides_with(execution), cast("Any", None)).cancel(saga_id)


@pytest.mark.parametrize("arn", ["", "no arn", SAGA, f"{STATES}:execution:wild-recovery-2:x"])
def test_no_execution_of_another_machine_is_shown_as_a_recovery(arn: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A row may name any execution of the account, and its history may have a card."""
    monkeypatch.setattr(pages, "describe", fails)
    found = pages.RidePages(_Source(), *cast("Any", [None] * 3))
    assert found._recovery(arn) is None


def test_one_check_runs_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """The learner's machine is one, and a check rides it."""
    view = MachineView(_Source(), cast("Any", None))

    def check(*_: object, **__: object) -> NoReturn:
        with pytest.raises(Mistake, match="A check is running"):
            view.check("{}")
        raise OperatorError("the end of the first one")

    monkeypatch.setattr(machines, "check", check)
    for _ in range(2):
        with pytest.raises(OperatorError, match="the first one"):
            view.check("{}")


@pytest.mark.parametrize("change", ["check", "deploy"])
def test_no_definition_with_a_card_is_kept(change: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machines, "check", fails)
    monkeypatch.setattr(machines, "deploy", fails)
    with pytest.raises(Mistake, match="A number like a card's"):
        getattr(MachineView(_Source(), cast("Any", None)), change)(json.dumps({"Comment": CARD["cc"]}))


class _Logs:
    """Log groups of several stacks, each with a line of the ride and one of another."""

    groups = ("wild-A", "/aws/vendedlogs/states/wild-completed", "wild2-B", "/aws/other/wilderness", "wild")

    def get_paginator(self, name: str) -> Any:
        return SimpleNamespace(paginate=getattr(self, f"_{name}"))

    def _describe_log_groups(self, **_: str) -> Iterator[Any]:
        yield {"logGroups": [{"logGroupName": one} for one in self.groups]}

    def _filter_log_events(self, *, logGroupName: str, **_: object) -> Iterator[Any]:  # noqa: N803  # AWS's name for it
        lines = (f"{logGroupName} {SAGA}", f"{logGroupName} of another ride")
        yield {"events": [{"timestamp": 0, "message": one} for one in lines]}


def test_a_rides_logs_are_its_own_in_this_stack() -> None:
    """The emulator gives every line, whatever the pattern is, and a name may begin with another stack's."""
    shown = LogsView(_Source(logs=_Logs()), rides_with(None)).read(SAGA)["lines"]
    assert [one["message"] for one in shown] == [f"{group} {SAGA}" for group in sorted(_Logs.groups[:2])]


class _Busy:
    """A client that reads one key of each batch, or none."""

    def __init__(self, *, reads: bool) -> None:
        self.calls, self._reads = 0, reads

    def batch_get_item(self, *, RequestItems: dict[str, Any]) -> Any:  # noqa: N803  # AWS's name for it
        self.calls += 1
        keys = RequestItems["rows"]["Keys"]
        read, left = (keys[:1], keys[1:]) if self._reads else ([], keys)
        return {"Responses": {"rows": read}, "UnprocessedKeys": {"rows": {"Keys": left}} if left else {}}


def test_keys_that_are_left_unread_are_asked_for_again_but_not_for_ever() -> None:
    assert [*_Source(dynamodb=_Busy(reads=True)).rows("Table", "id", ["a", "b", "c"])] == ["a", "b", "c"]
    busy = _Busy(reads=False)
    assert (_Source(dynamodb=busy).rows("Table", "id", ["a"]), 1 < busy.calls < 10) == ({}, True)


@pytest.mark.parametrize("kind", [Mistake, OperatorError, RuntimeError])
def test_no_error_shows_a_card(kind: type[Exception]) -> None:
    async def failing(_: Request) -> Response:
        raise kind(f"it was {CARD['cc']}")

    answer = asyncio.run(cast("Any", plainly(failing)(cast("Any", None))))
    assert answer.status_code >= 400
    assert CARD["cc"] not in bytes(answer.body).decode()


def test_so_many_streams_are_open_at_most() -> None:
    """A page that is opened again and again may leave its streams behind."""
    live = Live(_Source(), lambda _: None)

    async def open_all() -> None:
        for _ in range(lively._MOST_PAGES + 10):
            await live.events(cast("Any", SimpleNamespace(query_params={"topics": "rides"})))

    asyncio.run(open_all())
    assert len(live._pages) == lively._MOST_PAGES <= 100

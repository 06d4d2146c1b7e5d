"""The console's guard by itself: requests that no client of the other tests can send, and what each answer carries."""

import asyncio
from collections.abc import Callable
from typing import Any, Final

import pytest

from wild_rydes_saga.console.guard import HEADERS, KEY_HEADER, TARGET_HEADER, Guard, Message, Receive, Scope, Send

PORT: Final = 4567
OWN: Final = f"127.0.0.1:{PORT}"
KEY: Final = "a-key"
TARGET: Final = "account 1, stack one"
CHANGE: Final = {
    "Host": OWN,
    "Origin": f"http://{OWN}",
    "Sec-Fetch-Site": "same-origin",
    "Content-Type": "application/json",
    KEY_HEADER: KEY,
    TARGET_HEADER: TARGET,
}
LONGEST: Final = 1_200_000
Headers = list[tuple[str, str]]


class Asked:
    """A request, and what became of it.

    Attributes:
        reached: The scopes that the console was given.
        read: The messages that it read.
        sent: What was answered.
    """

    def __init__(self, headers: Headers, *, body: tuple[bytes, ...] = (b"{}",), **changes: Any) -> None:
        raw = [(name.lower().encode(), value.encode()) for name, value in headers]
        self.reached: list[Scope] = []
        self.read: list[Message] = []
        self.sent: list[Message] = []
        self._parts = [{"type": "http.request", "body": part, "more_body": True} for part in body]
        scope: Scope = {"type": "http", "http_version": "1.1", "method": "POST", "path": "/api/start", "headers": raw}
        asyncio.run(Guard(self._console, PORT, KEY, lambda: TARGET)({**scope, **changes}, self._receive, self._send))

    async def _console(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.reached.append(scope)
        while self._parts:
            self.read.append(await receive())
        await send({"type": "http.response.start", "status": 200, "headers": [(b"Cache-Control", b"public")]})

    async def _receive(self) -> Message:
        return self._parts.pop(0)

    async def _send(self, message: Message) -> None:
        self.sent.append(message)


def test_a_right_change_reaches_the_console() -> None:
    """Fails if the refusals below refuse something else."""
    asked = Asked([*CHANGE.items()])
    assert (len(asked.reached), asked.sent[0]["status"]) == (1, 200)


@pytest.mark.parametrize("name", CHANGE)
def test_a_header_that_comes_twice_is_refused(name: str) -> None:
    for twice in (CHANGE[name], "another"):
        asked = Asked([*CHANGE.items(), (name.upper(), twice)])
        assert (asked.reached, asked.sent[0]["status"]) == ([], 403)


@pytest.mark.parametrize("version", ["2", "3"])
def test_no_other_version_of_http_is_answered(version: str) -> None:
    """In them a request can name its host in two places."""
    asked = Asked([*CHANGE.items()], http_version=version)
    assert (asked.reached, asked.sent[0]["status"]) == ([], 403)


@pytest.mark.parametrize("kind", ["websocket", "webtransport"])
def test_no_other_protocol_reaches_the_console(kind: str) -> None:
    asked = Asked([*CHANGE.items()], type=kind)
    assert (asked.reached, asked.sent) == ([], [{"type": "websocket.close", "code": 1008}])


@pytest.mark.parametrize(("parts", "is_read"), [(11, True), (13, False)], ids=["shorter", "longer"])
def test_a_body_of_no_known_length_is_read_up_to_the_limit(parts: int, is_read: bool) -> None:
    asked = Asked([*CHANGE.items()], body=(b"x" * (LONGEST // 12),) * parts)
    assert [one["type"] == "http.request" for one in asked.read] == [True] * min(parts, 12) + [False] * (not is_read)


REFUSED: Final[dict[str, Callable[[], Asked]]] = {
    "answered": lambda: Asked([*CHANGE.items()]),
    "refused": lambda: Asked([("Host", "evil.example")]),
}


@pytest.mark.parametrize("kind", REFUSED)
def test_every_answer_carries_each_header_once(kind: str) -> None:
    given = [name.decode().lower() for name, _ in REFUSED[kind]().sent[0]["headers"]]
    assert [given.count(name) for name in HEADERS] == [1] * len(HEADERS)


def test_the_headers_let_nothing_in_and_nobody_around() -> None:
    """No other page frames the console, opens it, reads it or keeps it, and it loads from itself alone."""
    policy = dict(part.split(" ", 1) for part in HEADERS["content-security-policy"].split("; "))
    closed = {name for name, source in policy.items() if source == "'none'"}
    assert closed >= {"default-src", "frame-ancestors", "base-uri", "form-action"}
    assert {policy[name] for name in policy.keys() - closed} == {"'self'"}
    wanted = {
        "x-content-type-options": "nosniff",
        "referrer-policy": "no-referrer",
        "x-frame-options": "DENY",
        "cross-origin-opener-policy": "same-origin",
        "cross-origin-resource-policy": "same-origin",
        "cache-control": "no-store",
    }
    assert {name: HEADERS.get(name) for name in wanted} == wanted

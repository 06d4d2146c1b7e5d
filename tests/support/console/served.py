"""A console in a thread of this process, and a browser that opens it."""

import asyncio
import contextlib
import http.client
import json
import os
import shutil
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import pytest
from playwright.sync_api import Browser, sync_playwright

from wild_rydes_saga.console.guard import KEY_HEADER, TARGET_HEADER
from wild_rydes_saga.console.server import serve_console
from wild_rydes_saga.console.source import Source
from wild_rydes_saga.emulator.process import HOST, free_port

KEY: Final = "a-key-of-the-tests"
_BROWSERS: Final = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_ARGUMENTS: Final = ("--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking")
NO_BROWSER: Final = "there is no Chromium here: install one, or name it in CHROMIUM"


@dataclass(frozen=True)
class Answer:
    """What the console answered."""

    status: int
    headers: Mapping[str, str]
    text: str

    @property
    def data(self) -> Any:
        """The JSON in it."""
        return json.loads(self.text)


@dataclass(frozen=True)
class Served:
    """A console that runs."""

    port: int
    source: Source = field(repr=False)

    @property
    def url(self) -> str:
        """Where it is, without its key."""
        return f"http://{HOST}:{self.port}"

    @property
    def address(self) -> str:
        """What `make up` prints."""
        return f"{self.url}/#key={KEY}"

    def headers(self) -> dict[str, str]:
        """Those that the page itself sends with a change."""
        return {
            "Host": f"{HOST}:{self.port}",
            "Origin": self.url,
            "Content-Type": "application/json",
            KEY_HEADER: KEY,
            TARGET_HEADER: self.source.target,
        }

    def ask(self, method: str, path: str, headers: Mapping[str, str] | None = None, body: str | None = None) -> Answer:
        """Sends a request with exactly these headers, or with the page's own."""
        connection = http.client.HTTPConnection(HOST, self.port, timeout=60)
        given = {**(self.headers() if headers is None else headers)}
        try:
            connection.putrequest(method, path, skip_host="Host" in given, skip_accept_encoding=True)
            text = (body or "").encode()
            for name, value in {**given, **({"Content-Length": str(len(text))} if body is not None else {})}.items():
                connection.putheader(name, value)
            connection.endheaders(text or None)
            answer = connection.getresponse()
            return Answer(
                answer.status, {name.lower(): one for name, one in answer.getheaders()}, answer.read().decode()
            )
        finally:
            connection.close()

    def get(self, path: str) -> Any:
        """What the page reads."""
        return self.ask("GET", f"/api{path}").data

    def post(self, path: str, body: Mapping[str, object] | None = None) -> Answer:
        """A change, as the page makes it."""
        return self.ask("POST", f"/api{path}", body=json.dumps(body or {}))


@contextlib.contextmanager
def served(source: Source) -> Iterator[Served]:
    """A console on a free port for as long as the block lasts."""
    port, ended = free_port(), threading.Event()

    async def until() -> None:
        while not ended.is_set():
            await asyncio.sleep(0.05)

    thread = threading.Thread(target=serve_console, args=(source, port, KEY), kwargs={"until": until}, daemon=True)
    thread.start()
    console = Served(port, source)
    try:
        _wait_for(console)
        yield console
    finally:
        ended.set()
        thread.join(timeout=30)


def _wait_for(console: Served) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        with contextlib.suppress(OSError):
            if console.ask("GET", "/static/icon.svg").status == http.HTTPStatus.OK:
                return
        time.sleep(0.05)
    raise TimeoutError("the console does not answer")


@contextlib.contextmanager
def chromium() -> Iterator[Browser]:
    """A browser; the test is skipped where there is none."""
    program = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, _BROWSERS)), None)
    if program is None:
        pytest.skip(NO_BROWSER)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=list(_ARGUMENTS))
        yield browser
        browser.close()

"""Live updates: one reader of AWS for all open pages. It waits longer the less happens, and rests if none is open."""

import asyncio
import contextlib
import hashlib
import json
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Any, Final

from sse_starlette.sse import EventSourceResponse
from starlette.requests import Request
from starlette.responses import Response

from wild_rydes_saga.console.answers import in_words
from wild_rydes_saga.console.source import Source

_LOCAL_SECONDS: Final = (0.25, 2.0)
_AWS_SECONDS: Final = (5.0, 30.0)
"""Between two reads: right after a change, and at most."""
_SLOWER: Final = 1.4
_PING_SECONDS: Final = 15
_MOST_PAGES: Final = 50

Read = Callable[[str], object]
"""Reads what a topic shows."""


@dataclass(eq=False)
class _Page:
    """An open page, and what it shows."""

    topics: frozenset[str]
    events: asyncio.Queue[dict[str, Any]] = field(default_factory=asyncio.Queue)


@dataclass
class Live:
    """Reads the topics that pages show, and notifies the pages of a topic that has changed.

    Attributes:
        source: The stack.
        read: Reads a topic; what it returns is compared with the last time.
    """

    source: Source
    read: Read
    _pages: set[_Page] = field(default_factory=set, init=False)
    _versions: dict[str, str] = field(default_factory=dict, init=False)
    _woken: asyncio.Event = field(default_factory=asyncio.Event, init=False)
    _pause: float = field(default=0.0, init=False)

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Reads for as long as the block lasts."""
        task = asyncio.create_task(self._work())
        try:
            yield
        finally:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task

    def hurry(self) -> None:
        """Reads at once, and often: something was just changed."""
        self._pause = 0.0
        self._woken.set()

    async def events(self, request: Request) -> Response:
        """The route of a page's stream of events."""
        topics = frozenset(filter(None, request.query_params.get("topics", "").split(",")))
        page = _Page(topics)
        if len(self._pages) >= _MOST_PAGES:
            self._pages.pop().events.put_nowait({"event": "closed", "data": "{}"})
        self._pages.add(page)
        self.hurry()
        return EventSourceResponse(self._stream(page), ping=_PING_SECONDS)

    async def _stream(self, page: _Page) -> AsyncIterator[dict[str, Any]]:
        try:
            yield {"event": "open", "data": "{}"}
            while True:
                yield await page.events.get()
        finally:
            self._pages.discard(page)

    async def _work(self) -> None:
        while True:
            if not self._pages:
                self._woken.clear()
                await self._woken.wait()
            began = time.monotonic()
            changed = await self._read_all()
            fastest, slowest = _LOCAL_SECONDS if self.source_is_local() else _AWS_SECONDS
            self._pause = fastest if changed else min(max(self._pause, fastest) * _SLOWER, slowest)
            with contextlib.suppress(TimeoutError):
                self._woken.clear()
                await asyncio.wait_for(self._woken.wait(), max(0.0, self._pause - (time.monotonic() - began)))

    def source_is_local(self) -> bool:
        """Whether reads cost nothing; a stack that is gone is asked for as often as AWS."""
        try:
            return self.source.is_local
        except Exception:  # it is gone, and the pages are notified of that by its reads
            return False

    async def _read_all(self) -> bool:
        topics = sorted({topic for page in self._pages for topic in page.topics})
        changed = False
        for topic in topics:
            try:
                shown = await asyncio.to_thread(self.read, topic)
            except Exception as error:  # the pages are notified of it, and the reader goes on
                _, text = in_words(error)
                self._notify(topic, "trouble", {"topic": topic, "error": text})
                continue
            version = hashlib.sha256(json.dumps(shown, default=str, sort_keys=True).encode()).hexdigest()[:16]
            if self._versions.get(topic) != version:
                self._versions[topic] = version
                changed = True
                self._notify(topic, "changed", {"topic": topic, "version": version})
        return changed

    def _notify(self, topic: str, event: str, data: dict[str, str]) -> None:
        for page in self._pages:
            if topic in page.topics:
                page.events.put_nowait({"event": event, "data": json.dumps(data)})

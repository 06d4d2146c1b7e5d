"""The console as an ASGI application: the page's files, and what its script reads and changes."""

import contextlib
import re
import secrets
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from anyio.to_thread import run_sync
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from wild_rydes_saga.console.answers import Handler, answer, given, plainly, text_of, unredacted_definition
from wild_rydes_saga.console.facts.executions import Executions
from wild_rydes_saga.console.facts.messages import Messages
from wild_rydes_saga.console.facts.picture import warm_up
from wild_rydes_saga.console.facts.recovering import Recoveries
from wild_rydes_saga.console.facts.ride import RidePages
from wild_rydes_saga.console.facts.rows import Rows
from wild_rydes_saga.console.guard import App, Guard
from wild_rydes_saga.console.live import Live
from wild_rydes_saga.console.source import Source
from wild_rydes_saga.console.views.logs import LogsView
from wild_rydes_saga.console.views.machine import MachineView
from wild_rydes_saga.console.views.queues import QueuesView
from wild_rydes_saga.console.views.ride import RideView
from wild_rydes_saga.console.views.rides import PAGE, RideList
from wild_rydes_saga.console.views.start import StartView
from wild_rydes_saga.console.views.waiting import WaitingView

STATIC: Final = Path(__file__).parent / "static"
_LONGEST_QUERY: Final = 300
_NUMBER: Final = re.compile(r"[1-9][0-9]{0,3}")
_RIDE: Final = "ride:"


@dataclass
class Site:
    """The views of one stack, and the routes to them."""

    source: Source

    def __post_init__(self) -> None:
        """Builds the views, which share what they have read."""
        executions = Executions(self.source, secrets.token_bytes(32))
        messages = Messages(self.source)
        rows = Rows(self.source, executions, messages)
        pages = RidePages(self.source, executions, rows, messages)
        recoveries = Recoveries(self.source)
        self.rides = RideList(self.source, executions, rows, messages, pages)
        self.ride = RideView(self.source, self.rides, recoveries)
        self.logs = LogsView(self.source, self.rides)
        self.start = StartView(self.source, self.rides)
        self.queues = QueuesView(self.source, self.rides, messages)
        self.waiting = WaitingView(self.source, self.rides, recoveries)
        self.machine = MachineView(self.source, executions)
        self.live = Live(self.source, self.topic)

    def topic(self, topic: str) -> object:
        """What a page with this topic shows, to see whether it has changed."""
        if topic.startswith(_RIDE):
            return self.ride.read(topic.removeprefix(_RIDE))
        reads: dict[str, Callable[[], object]] = {
            "rides": self.rides.refresh,
            "queues": self.queues.read,
            "waiting": self.waiting.read,
            "machine": self.machine.progress,
        }
        return reads[topic]() if topic in reads else None

    def about(self) -> dict[str, Any]:
        """Which stack the page shows, and the AWS calls of the last minute."""
        self.source.count_all()
        calls = self.source.calls.of_last_minute()
        return {
            "target": self.source.target,
            "isLocal": self.source.is_local,
            "calls": dict(sorted(calls.items())),
            "callsPerMinute": sum(calls.values()),
        }

    def application(self) -> Starlette:
        """The ASGI application, without its guard."""
        routes = [
            Route("/", _page),
            Mount("/static", StaticFiles(directory=STATIC)),
            Mount("/api", routes=[*self._reads(), *self._changes()]),
        ]
        return Starlette(routes=routes, lifespan=self._lifespan)

    def _reads(self) -> list[Route]:
        def listed(request: Request) -> object:
            query = request.query_params.get("q", "")[:_LONGEST_QUERY]
            limit = request.query_params.get("limit", "")
            return self.rides.listed(query, int(limit) if _NUMBER.fullmatch(limit) else PAGE)

        return [
            Route("/about", self._read(lambda _: self.about())),
            Route("/rides", self._read(listed)),
            Route("/ride/{ride}", self._read(lambda request: self.ride.read(request.path_params["ride"]))),
            Route("/ride/{ride}/logs", self._read(lambda request: self.logs.read(request.path_params["ride"]))),
            Route("/start", self._read(lambda _: self.start.read())),
            Route("/queues", self._read(lambda _: self.queues.read())),
            Route("/waiting", self._read(lambda _: self.waiting.read())),
            Route("/machine", plainly(self._machine)),
            Route("/machine/progress", self._read(lambda _: self.machine.progress())),
            Route("/events", plainly(self.live.events)),
        ]

    def _changes(self) -> list[Route]:
        def changes(path: str, change: Callable[[Request, dict[str, Any]], object]) -> Route:
            return Route(path, self._change(change), methods=["POST"])

        return [
            changes("/start", lambda _, body: self.start.start(body)),
            changes("/ride/{ride}/cancel", lambda request, _: self.ride.cancel(request.path_params["ride"])),
            changes("/ride/{ride}/recover", lambda request, _: self.ride.recover(request.path_params["ride"])),
            changes("/waiting/recover", lambda _, __: self.waiting.recover_all()),
            changes("/machine/check", lambda _, body: self.machine.check(text_of(body, "definition"))),
            changes("/machine/deploy", lambda _, body: self.machine.deploy(text_of(body, "definition"))),
        ]

    def _read(self, read: Callable[[Request], object]) -> Handler:
        async def handle(request: Request) -> Response:
            return answer(await run_sync(read, request), self.source.account_id)

        return plainly(handle)

    def _change(self, change: Callable[[Request, dict[str, Any]], object]) -> Handler:
        async def handle(request: Request) -> Response:
            done = await run_sync(change, request, await given(request))
            self.live.hurry()
            return answer(done, self.source.account_id)

        return plainly(handle)

    async def _machine(self, request: Request) -> Response:
        del request
        return unredacted_definition(await run_sync(self.machine.read))

    @contextlib.asynccontextmanager
    async def _lifespan(self, _: Starlette) -> AsyncIterator[None]:
        await run_sync(warm_up)
        async with self.live.running():
            yield


def guarded(source: Source, port: int, key: str) -> App:
    """The console of a stack behind its guard."""

    def target() -> str:
        try:
            return source.target
        except Exception:  # the stack is gone, so no change can be for it
            return ""

    return Guard(Site(source).application(), port, key, target)


async def _page(_: Request) -> Response:
    return FileResponse(STATIC / "index.html", media_type="text/html")

"""The console's routes, as its application has them: a new one is covered because it is there."""

from collections.abc import Iterator
from typing import Any, Final

from starlette.routing import Mount, Route

from wild_rydes_saga.console.site import Site
from wild_rydes_saga.console.source import Source
from wild_rydes_saga.deployed.account import Account
from wild_rydes_saga.deployed.stacks import Stack

_NOWHERE: Final = Source(lambda: Stack(Account("http://127.0.0.1:9"), {}))


def _routes() -> Iterator[tuple[str, bool]]:
    """Each path, and whether it changes something."""
    for mount in Site(_NOWHERE).application().routes:
        if isinstance(mount, Mount) and mount.path == "/api":
            for route in mount.routes:
                assert isinstance(route, Route)
                yield route.path, "POST" in (route.methods or ())


READS: Final = [path for path, changes in _routes() if not changes]
CHANGES: Final = [path for path, changes in _routes() if changes]


def filled(path: str, handle: Any = "abc") -> str:
    """A path with a ride's handle in it."""
    return "/api" + path.replace("{ride}", str(handle))

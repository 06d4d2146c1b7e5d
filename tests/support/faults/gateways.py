"""The gateways that the campaign can be run with: what each needs of the local cloud, and where its book is."""

import contextlib
import threading
from collections.abc import Iterator, Mapping
from typing import Any, Final

from lambda_src.payments.gateways import MODULES, SIMULATED
from tests.support.faults.judges.judge import Row
from wild_rydes_saga.deployed.account import Account
from wild_rydes_saga.deployed.gateways import put_stripe_key
from wild_rydes_saga.emulator.process import Emulator
from wild_rydes_saga.emulator.stripe_double.process import RunningDouble

NAMES: Final = tuple(MODULES)
_EVERY_SECONDS: Final = 1.0
_HOURS: Final = 12
"""How far the double's clock goes ahead each time: a recovery comes seconds later, when no key is remembered."""


def new_double(gateway: str) -> RunningDouble | None:
    """The double to start with the local cloud, if the gateway needs one."""
    return None if gateway == SIMULATED else RunningDouble.new()


def context_of(gateway: str, double: RunningDouble | None) -> Mapping[str, str]:
    """The app's context."""
    return {"gateway": gateway, **({"stripe_url": double.url} if double else {})}


def settings_of(double: RunningDouble | None) -> Mapping[str, str]:
    """What the emulator needs to know."""
    return double.settings if double else {}


@contextlib.contextmanager
def connected(
    double: RunningDouble | None, running: Emulator, account: Account, outputs: Mapping[str, str]
) -> Iterator[None]:
    """Gives the deployed stack its key, and lets half a day pass at the gateway every second."""
    if double is None:
        yield
        return
    double.belong_to(running)
    put_stripe_key(account, outputs, double.key)
    ended = threading.Event()

    def let_time_pass() -> None:
        while not ended.wait(_EVERY_SECONDS):
            double.control("clock", {"advance": _HOURS * 3600})

    clock = threading.Thread(target=let_time_pass, daemon=True)
    clock.start()
    try:
        yield
    finally:
        ended.set()
        clock.join()


def booked(double: RunningDouble) -> list[Row]:
    """The double's own book."""
    answer: Any = double.control("book")
    return list(answer["book"])

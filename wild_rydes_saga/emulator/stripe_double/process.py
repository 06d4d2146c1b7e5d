"""The double as a part of the local cloud: a process of the emulator's own, which ends with it."""

import http.client
import json
import os
import secrets
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Final

from wild_rydes_saga.emulator.process import HOST, Emulator, EmulatorError, free_port
from wild_rydes_saga.emulator.record import write_private
from wild_rydes_saga.emulator.stripe_double.__main__ import KEY

PORT: Final = "STRIPE_DOUBLE_PORT"
_RECORD: Final = "stripe.json"
_START_SECONDS: Final = 20


@dataclass(frozen=True)
class RunningDouble:
    """Where the double answers, and the key that it asks for."""

    port: int
    key: str

    @classmethod
    def new(cls) -> "RunningDouble":
        """A double that is still to be started, with a key like Stripe's restricted ones of its test mode."""
        return cls(free_port(), "_".join(("rk", "test", secrets.token_hex(24))))

    @property
    def url(self) -> str:
        """Where it answers."""
        return f"http://{HOST}:{self.port}"

    @property
    def settings(self) -> Mapping[str, str]:
        """What the emulator needs to know to start it."""
        return {PORT: str(self.port), KEY: self.key}

    def belong_to(self, cloud: Emulator) -> None:
        """Waits until it answers, and notes in the local cloud's folder where. Raises `EmulatorError`."""
        deadline = time.monotonic() + _START_SECONDS
        while not self._answers():
            if time.monotonic() > deadline:
                raise EmulatorError(f"Stripe's double did not answer on port {self.port} within {_START_SECONDS} s")
            time.sleep(0.1)
        write_private(cloud.folder / _RECORD, json.dumps(asdict(self)))

    def control(self, action: str, given: Mapping[str, object] | None = None) -> dict[str, object]:
        """Asks for its book, moves its clock, or sets a fault."""
        connection = http.client.HTTPConnection(HOST, self.port, timeout=10)
        try:
            headers = {"Authorization": f"Bearer {self.key}"}
            connection.request("POST", f"/_double/{action}", json.dumps(dict(given or {})), headers)
            answer: dict[str, object] = json.loads(connection.getresponse().read())
        finally:
            connection.close()
        return answer

    def _answers(self) -> bool:
        try:
            return "book" in self.control("book")
        except (OSError, http.client.HTTPException):
            return False


def double_of(cloud: Emulator) -> RunningDouble | None:
    """The double of a local cloud; None if it has none."""
    try:
        return RunningDouble(**json.loads((cloud.folder / _RECORD).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None


def start_if_asked() -> "subprocess.Popen[bytes] | None":
    """Starts the double that the emulator's environment asks for, in the emulator's own process group.

    The handlers inherit the emulator's environment: the key goes to the double alone.

    Returns:
        The double's process, which ends when its standard input is closed: keep it for as long as the double is needed.
    """
    port, key = os.environ.pop(PORT, ""), os.environ.pop(KEY, "")
    if not port:
        return None
    return subprocess.Popen(
        [sys.executable, "-m", "wild_rydes_saga.emulator.stripe_double", port],
        stdin=subprocess.PIPE,
        env={**os.environ, KEY: key},
    )

"""The emulator's own process: `python -m wild_rydes_saga.emulator.server PORT`."""

import hmac
import os
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from wild_rydes_saga.emulator.access_key import AccessKey
from wild_rydes_saga.emulator.alive import DESCRIPTOR
from wild_rydes_saga.emulator.guard import App, Guard
from wild_rydes_saga.emulator.patches import patch_all
from wild_rydes_saga.emulator.patches.sessions import session_key
from wild_rydes_saga.emulator.process import HOST, MORE_HOSTS
from wild_rydes_saga.emulator.stripe_double.process import start_if_asked
from wild_rydes_saga.emulator.watch import keep_watch

_SETTINGS: Final = {
    "BIND_HOST": HOST,
    "MINISTACK_HOST": HOST,
    "LOG_LEVEL": "WARNING",
    "AWS_SESSION_TOKEN": "",
    # Each of these would listen on a port of its own, without the guard. With TLS it would be port 443.
    "USE_SSL": "0",
    "IOT_MTLS_ENABLED": "0",
    "SFTP_ENABLED": "0",
    # Containers publish their ports on every interface. So there is no Docker here, whatever the machine has.
    "LAMBDA_EXECUTOR": "local",
    "LAMBDA_STRICT": "0",
    "DOCKER_HOST": f"unix://{os.devnull}/none",
}


def guarded(app: App, hosts: list[str]) -> App:
    """The emulator behind its guard. Its key is that of the process's environment."""
    key = AccessKey.of_environment()

    def find_key(key_id: str) -> AccessKey | None:
        return key if hmac.compare_digest(key_id.encode(), key.key_id.encode()) else session_key(key_id)

    return Guard(app, hosts, find_key)


def listen_alone(port: int) -> None:
    """Lets this process take no address but 127.0.0.1:PORT, whatever the emulator is asked to create."""

    def refuse(event: str, arguments: tuple[Any, ...]) -> None:
        if event == "socket.bind":
            _socket, address = arguments
            if address != (HOST, port):
                raise PermissionError(f"the local cloud listens on {HOST}:{port} alone, and not on {address}")

    sys.addaudithook(refuse)


def serve(port: int, *, before: Callable[[], None] = patch_all) -> None:
    """Serves the emulator on 127.0.0.1 until the process is ended.

    Args:
        port: The port.
        before: Changes the emulator's code once its settings are made, before it starts.
    """
    if inherited := os.environ.pop(DESCRIPTOR, ""):
        keep_watch(int(inherited), Path(tempfile.gettempdir()))
    # The emulator reads its settings when it is imported.
    os.environ.update({**_SETTINGS, "GATEWAY_PORT": str(port), "AWS_ENDPOINT_URL": f"http://{HOST}:{port}"})
    _double = start_if_asked()  # kept, and with it the double's standard input, until this process ends
    listen_alone(port)
    before()
    from ministack import app

    app.app = guarded(app.app, [f"{HOST}:{port}", f"localhost:{port}", *os.environ.get(MORE_HOSTS, "").split()])
    sys.argv = sys.argv[:1]
    app.main()


if __name__ == "__main__":
    serve(int(sys.argv[1]))

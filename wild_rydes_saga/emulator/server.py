"""The emulator's own process: `python -m wild_rydes_saga.emulator.server PORT`."""

import hmac
import os
import sys
from collections.abc import Callable

from wild_rydes_saga.emulator.access_key import AccessKey
from wild_rydes_saga.emulator.guard import App, Guard
from wild_rydes_saga.emulator.patches import patch_all
from wild_rydes_saga.emulator.patches.sessions import session_secret
from wild_rydes_saga.emulator.process import HOST, MORE_HOSTS


def guarded(app: App, hosts: list[str]) -> App:
    """The emulator behind its guard. Its key is that of the process's environment."""
    key = AccessKey.of_environment()

    def secret_of(key_id: str) -> str | None:
        return key.secret if hmac.compare_digest(key_id.encode(), key.key_id.encode()) else session_secret(key_id)

    return Guard(app, hosts, secret_of)


def serve(port: int, *, before: Callable[[], None] = patch_all) -> None:
    """Serves the emulator on 127.0.0.1 until the process is ended.

    Args:
        port: The port.
        before: Changes the emulator's code once its settings are made, before it starts.
    """
    # The emulator reads its settings when it is imported.
    os.environ.update(
        {
            "BIND_HOST": HOST,
            "MINISTACK_HOST": HOST,
            "GATEWAY_PORT": str(port),
            "AWS_ENDPOINT_URL": f"http://{HOST}:{port}",
            # Its MQTT broker would listen on every interface.
            "IOT_MTLS_ENABLED": "0",
            "LOG_LEVEL": "WARNING",
            # Plain HTTP on one port: with TLS it would listen on another one too.
            "USE_SSL": "0",
            "AWS_SESSION_TOKEN": "",
        }
    )
    before()
    from ministack import app

    app.app = guarded(app.app, [f"{HOST}:{port}", f"localhost:{port}", *os.environ.get(MORE_HOSTS, "").split()])
    sys.argv = sys.argv[:1]
    app.main()


if __name__ == "__main__":
    serve(int(sys.argv[1]))

"""The emulator's own process: `python -m wild_rydes_saga.emulator.server PORT`."""

import os
import sys
from collections.abc import Callable

from wild_rydes_saga.emulator.patches import patch_all
from wild_rydes_saga.emulator.process import HOST


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
        }
    )
    before()
    from ministack.app import main

    sys.argv = sys.argv[:1]
    main()


if __name__ == "__main__":
    serve(int(sys.argv[1]))

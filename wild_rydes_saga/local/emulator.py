"""Runs the mended emulator in this process: `python -m wild_rydes_saga.local.emulator PORT`."""

import os
import sys
from typing import Final

HOST: Final = "127.0.0.1"


def serve(port: int) -> None:
    """Serves the emulator on 127.0.0.1 until the process is terminated."""
    # The emulator reads its settings when it is imported.
    os.environ.update(environment(port))
    from wild_rydes_saga.local.mends import mend_all

    mend_all()
    from ministack.app import main

    sys.argv = sys.argv[:1]
    main()


def environment(port: int) -> dict[str, str]:
    """The emulator's settings: this port on this machine alone, nothing kept on disk."""
    return {
        "BIND_HOST": HOST,
        "GATEWAY_PORT": str(port),
        "AWS_ENDPOINT_URL": f"http://{HOST}:{port}",
        "PERSIST_STATE": "0",
        "LOG_LEVEL": "WARNING",
    }


if __name__ == "__main__":
    serve(int(sys.argv[1]))

"""The console's own process: `python -m wild_rydes_saga.console.server PORT`, with its key in its environment."""

import asyncio
import logging
import os
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, cast

from hypercorn.asyncio import serve
from hypercorn.config import Config

from wild_rydes_saga.console.site import guarded
from wild_rydes_saga.console.source import Source
from wild_rydes_saga.deployed.stacks import local_stack
from wild_rydes_saga.emulator.alive import DESCRIPTOR
from wild_rydes_saga.emulator.process import HOST
from wild_rydes_saga.emulator.record import running_cloud
from wild_rydes_saga.emulator.watch import keep_watch

KEY: Final = "CONSOLE_KEY"
"""Variable: the key that requests must carry. A process's environment is read by its user alone."""
FOLDER: Final = "CONSOLE_FOLDER"
"""Variable: where the checkout keeps the record of its local cloud."""
_LARGEST_HEAD: Final = 32_000
_WATCH_SECONDS: Final = 1


def serve_console(source: Source, port: int, key: str) -> None:
    """Serves the console on 127.0.0.1 until the process is ended."""
    logging.basicConfig(level=logging.WARNING)
    config = Config()
    config.bind = [f"{HOST}:{port}"]
    config.include_server_header = False
    config.h11_max_incomplete_size = _LARGEST_HEAD
    config.graceful_timeout = 0.5
    config.shutdown_timeout = 1.0
    config.errorlog = None
    asyncio.run(serve(cast("Any", guarded(source, port, key)), config))


def end_with(is_needed: Callable[[], bool]) -> None:
    """Ends this process once the local cloud that it shows is gone."""

    def watch() -> None:
        while is_needed():
            time.sleep(_WATCH_SECONDS)
        os._exit(0)

    threading.Thread(target=watch, daemon=True).start()


def main() -> None:
    """Serves the console of the checkout's local cloud."""
    folder, key = Path(os.environ.pop(FOLDER)), os.environ.pop(KEY)
    if inherited := os.environ.pop(DESCRIPTOR, ""):
        keep_watch(int(inherited), Path(tempfile.gettempdir()))
    end_with(lambda: running_cloud(folder) is not None)
    source = Source(lambda: local_stack(folder))
    serve_console(source, int(sys.argv[1]), key)


if __name__ == "__main__":
    main()

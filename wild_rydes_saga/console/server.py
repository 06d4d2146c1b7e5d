"""The console's own process: `python -m wild_rydes_saga.console.server PORT`, with its key in its environment."""

import asyncio
import logging
import os
import shutil
import sys
import tempfile
import threading
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, Final, cast

from hypercorn.asyncio import serve
from hypercorn.config import Config

from wild_rydes_saga.console.process import AWS_STACK, FOLDER, KEY
from wild_rydes_saga.console.site import guarded
from wild_rydes_saga.console.source import Source
from wild_rydes_saga.deployed.stacks import aws_stack, local_stack
from wild_rydes_saga.emulator.alive import DESCRIPTOR
from wild_rydes_saga.emulator.process import HOST
from wild_rydes_saga.emulator.record import running_cloud
from wild_rydes_saga.emulator.watch import keep_watch

_LARGEST_HEAD: Final = 32_000
_WATCH_SECONDS: Final = 1


def serve_console(source: Source, port: int, key: str, *, until: Callable[[], Awaitable[None]] | None = None) -> None:
    """Serves the console on 127.0.0.1 until the process is ended.

    Args:
        source: The stack.
        port: Where it listens.
        key: What requests must carry.
        until: Returns when the console is to end, instead of a signal.
    """
    logging.basicConfig(level=logging.WARNING)
    config = Config()
    config.bind = [f"{HOST}:{port}"]
    config.include_server_header = False
    config.h11_max_incomplete_size = _LARGEST_HEAD
    config.graceful_timeout = 0.5
    config.shutdown_timeout = 1.0
    config.errorlog = None
    asyncio.run(serve(cast("Any", guarded(source, port, key)), config, shutdown_trigger=until))


def end_with(is_needed: Callable[[], bool], kept: Path) -> None:
    """Ends this process, and deletes what it keeps, once the local cloud that it shows is gone."""

    def watch() -> None:
        while is_needed():
            time.sleep(_WATCH_SECONDS)
        shutil.rmtree(kept, ignore_errors=True)
        os._exit(0)

    threading.Thread(target=watch, daemon=True).start()


def main() -> None:
    """Serves the console of the checkout's local cloud, or of a stack on AWS."""
    key = os.environ.pop(KEY)
    if stack_name := os.environ.pop(AWS_STACK, ""):
        stack = aws_stack(stack_name)
        serve_console(Source(lambda: stack), int(sys.argv[1]), key)
        return
    folder = Path(os.environ.pop(FOLDER))
    if inherited := os.environ.pop(DESCRIPTOR, ""):
        keep_watch(int(inherited), Path(tempfile.gettempdir()))
        end_with(lambda: running_cloud(folder) is not None, Path(tempfile.gettempdir()))
    source = Source(lambda: local_stack(folder))
    serve_console(source, int(sys.argv[1]), key)


if __name__ == "__main__":
    main()

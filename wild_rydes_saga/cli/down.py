"""`make down`: ends all that the checkout has started for its local cloud, and deletes what that has left."""

import shutil
from pathlib import Path
from typing import Final

from rich.console import Console

from wild_rydes_saga.cli.progress import phase
from wild_rydes_saga.cli.shell_file import LOCAL_FILES
from wild_rydes_saga.console import process as console_process
from wild_rydes_saga.deployed import cdk
from wild_rydes_saga.deployed.local_deployment import ASSEMBLY
from wild_rydes_saga.emulator import record
from wild_rydes_saga.emulator.checkout import interrupt_holder, one_at_a_time

_GENERATED: Final = (*LOCAL_FILES, "outputs.json")


def down(console: Console, folder: Path = record.FOLDER) -> None:
    """Stops the local cloud and everything in it; says so if there is none. A `make up` that still runs is stopped."""

    def stop_the_other() -> None:
        console.print("Stopping the `make up` of this checkout that still runs.")
        interrupt_holder(folder)

    if not folder.exists():
        console.print("No local cloud is running.")
        return
    with one_at_a_time(folder, stop_the_other):
        if record.running_cloud(folder) is None:
            console.print("No local cloud is running.")
        stop(console, folder)


def stop(console: Console, folder: Path) -> None:
    """Does the work of `down`, for a command that holds the checkout's lock."""
    if record.running_cloud(folder) is None:
        clear(folder)
        return
    with phase(console, "Stopping the local cloud and clearing up after it"):
        clear(folder)


def clear(folder: Path) -> None:
    """Ends and deletes whatever a local cloud, or a command that was killed, has left; the record goes last."""
    cdk.end_left_behind(folder / ASSEMBLY)
    console_process.end(folder)
    cloud = record.remembered(folder)
    if cloud is not None:
        cloud.stop()
    for name in _GENERATED:
        (folder / name).unlink(missing_ok=True)
    shutil.rmtree(folder / ASSEMBLY, ignore_errors=True)
    record.forget(folder)

"""The record of the local cloud that a checkout has started: where it is, and whether it still runs."""

import json
import os
from dataclasses import asdict
from pathlib import Path
from typing import Final

from wild_rydes_saga.emulator.access_key import AccessKey
from wild_rydes_saga.emulator.process import PREFIX, Emulator, planned

FOLDER: Final = Path(__file__).resolve().parents[2] / ".local"
"""Where the checkout keeps what it generates."""
STATE: Final = "cloud.json"
_ALIVE: Final = "cloud.alive"


def running_cloud(folder: Path = FOLDER) -> Emulator | None:
    """The local cloud that `up` started, if it still runs."""
    cloud = remembered(folder)
    return cloud if cloud and cloud.is_running() else None


def planned_cloud(folder: Path, port: int) -> Emulator:
    """Plans the checkout's local cloud and records it, so that `down` finds it from its first moment on."""
    cloud = planned(port, alive=folder / _ALIVE)
    state = {"port": cloud.port, "folder": str(cloud.folder), "key": asdict(cloud.key)}
    write_private(folder / STATE, json.dumps(state))
    return cloud


def write_private(path: Path, text: str, *, mode: int = 0o600) -> None:
    """Writes a file that its owner alone can read, all at once: a reader sees the old text or the new one."""
    new = path.with_name(f"{path.name}.new")
    new.unlink(missing_ok=True)
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "w", encoding="utf-8") as file:
        file.write(text)
    new.replace(path)


def remembered(folder: Path) -> Emulator | None:
    """The local cloud that was recorded last, also one that has ended; None without a record."""
    try:
        state = json.loads((folder / STATE).read_text(encoding="utf-8"))
        kept = Path(state["folder"])
        if not kept.name.startswith(PREFIX):  # it is going to be deleted
            return None
        return Emulator(state["port"], kept, AccessKey(**state["key"]), folder / _ALIVE)
    except (FileNotFoundError, ValueError, TypeError, KeyError):  # none, or not written by this version
        return None


def forget(folder: Path) -> None:
    """Deletes the record of a local cloud that was stopped."""
    for name in (_ALIVE, STATE):
        (folder / name).unlink(missing_ok=True)

"""The record of the local cloud that a checkout has started: where it is, and whether it still runs."""

import json
import os
from dataclasses import asdict
from pathlib import Path
from typing import Final

from wild_rydes_saga.emulator.access_key import AccessKey
from wild_rydes_saga.emulator.process import Emulator

FOLDER: Final = Path(__file__).resolve().parents[2] / ".local"
"""Where the checkout keeps what it generates."""
STATE: Final = "cloud.json"


def running_cloud(folder: Path = FOLDER) -> Emulator | None:
    """The local cloud that `up` started, if it still runs."""
    cloud = remembered(folder)
    return cloud if cloud and cloud.is_running() else None


def remember(cloud: Emulator, folder: Path) -> None:
    """Records a local cloud, all at once: a reader sees the old record or the new one."""
    new = folder / f"{STATE}.new"
    write_private(new, json.dumps({**asdict(cloud), "folder": str(cloud.folder)}))
    new.replace(folder / STATE)


def write_private(path: Path, text: str) -> None:
    """Writes a file that its owner alone can read, from the moment it is there."""
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.write(text)


def remembered(folder: Path) -> Emulator | None:
    """The local cloud that was recorded last, whether it still runs or not; None if there is no record."""
    try:
        state = json.loads((folder / STATE).read_text())
        return Emulator(**{**state, "folder": Path(state["folder"]), "key": AccessKey(**state["key"])})
    except (FileNotFoundError, ValueError, TypeError, KeyError):  # none, or not written by this version
        return None

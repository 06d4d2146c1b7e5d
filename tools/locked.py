"""What the lock files pin, and how the tools that know more about it are run."""

import json
import re
import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from packaging.utils import canonicalize_name

from wild_rydes_saga.deployed.cdk import tools_environment

ROOT: Final = Path(__file__).resolve().parents[1]
LOCK_FILES: Final = ("requirements-uv.txt", "requirements.txt", "requirements-dev.txt")
_PIN: Final = re.compile(r"^([\w.-]+)==([^\s;]+)", re.MULTILINE)
_NOT_STARTED: Final = 127

Run = Callable[[Sequence[str]], subprocess.CompletedProcess[str]]


@dataclass(frozen=True, order=True)
class Pin:
    """A locked Python package."""

    name: str
    version: str


def run_tool(command: Sequence[str]) -> subprocess.CompletedProcess[str]:
    """Runs a tool of this environment; one that cannot start answers with the reason only."""
    options: dict[str, Any] = {"cwd": ROOT, "env": tools_environment(), "stdin": subprocess.DEVNULL}
    try:
        return subprocess.run(command, **options, capture_output=True, encoding="utf-8", check=False)
    except OSError as error:
        return subprocess.CompletedProcess(command, _NOT_STARTED, "", str(error))


def python_packages() -> list[Pin]:
    """Every Python package in the lock files, for whichever machine, by name."""
    return sorted({pin for file in LOCK_FILES for pin in pins_in(ROOT / file)})


def pins_in(file: Path) -> list[Pin]:
    """The packages in a requirements file."""
    return [Pin(canonicalize_name(found[1]), found[2]) for found in _PIN.finditer(file.read_text(encoding="utf-8"))]


def npm_packages() -> dict[str, Mapping[str, Any]]:
    """The entry of every package in npm's lock file."""
    entries = json.loads((ROOT / "package-lock.json").read_text(encoding="utf-8"))["packages"]
    return {path.rpartition("node_modules/")[2]: entry for path, entry in entries.items() if path}

"""A copy of the project to try a recipe in."""

import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Final

_LINKED: Final = (".venv", "node_modules", ".cache")
"""Installed or built from what is locked: the copy uses the project's own."""
_LEFT_OUT: Final = shutil.ignore_patterns(*_LINKED, ".git", ".local", "cdk.out", ".*_cache")


def copy_project(root: Path, target: Path) -> None:
    """Copies the project's own files, and links to what is installed for it."""
    shutil.copytree(root, target, ignore=_LEFT_OUT, symlinks=True)
    for name in _LINKED:
        (root / ".cache").mkdir(exist_ok=True)
        (target / name).symlink_to((root / name).resolve())


def run(project: Path, *command: str, environment: Sequence[tuple[str, str]] = ()) -> str:
    """Runs a command of the project's tools in a project; returns what it printed.

    Raises:
        AssertionError: The command failed. Carries what it printed.
    """
    path = os.pathsep.join([str(project / ".venv/bin"), str(project / "node_modules/.bin"), os.environ["PATH"]])
    done = subprocess.run(
        command,
        cwd=project,
        env={**os.environ, **dict(environment), "PATH": path},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == 0, f"{' '.join(command)} failed:\n{done.stdout}"
    return done.stdout

"""A shell in which lines are typed as a user types them."""

import os
import subprocess
from pathlib import Path


def from_a_shell() -> dict[str, str]:
    """The environment as a user's shell has it: the make that runs the tests hands its own options on."""
    return {name: value for name, value in os.environ.items() if name not in ("MAKEFLAGS", "MAKELEVEL", "MFLAGS")}


def type_in_a_new_shell(
    lines: str, folder: Path, shell: str = "bash", path: str = ""
) -> subprocess.CompletedProcess[str]:
    """Types lines as they stand in a shell that knows nothing of AWS."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("AWS")}
    return subprocess.run(
        [shell, "-eu", "-o", "pipefail"],
        input=lines,
        cwd=folder,
        env={**clean, "PATH": path + os.environ["PATH"]},
        capture_output=True,
        encoding="utf-8",
        check=False,
    )

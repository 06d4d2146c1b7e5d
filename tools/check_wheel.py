"""Builds sagalint's wheel, installs it into an empty environment, and checks a machine with it: `make wheel`."""

import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Final

from wild_rydes_saga.cli.plainly import run_plainly

_ROOT: Final = Path(__file__).resolve().parents[1]
_LAB: Final = _ROOT / "tests" / "sagalint" / "examples" / "lab"
_FOUND: Final = 1
_MEGABYTE: Final = 1024 * 1024
_MOST_MEGABYTES: Final = 40
"""How large an installation without pictures may be."""
_NOT_NEEDED: Final = ("aws_cdk", "boto3", "botocore", "constructs", "jsii")
"""The app's packages, which whoever installs sagalint must not get."""


def main() -> int:
    """Builds, installs and runs; returns 0 if sagalint finds the lab's findings by itself."""
    uv = Path(sys.executable).with_name("uv")
    with tempfile.TemporaryDirectory(prefix="sagalint-") as folder:
        wheels, environment = Path(folder) / "wheels", Path(folder) / "environment"
        _run(str(uv), "build", "--quiet", "--wheel", "--out-dir", str(wheels), str(_ROOT / "sagalint"))
        (wheel,) = wheels.glob("*.whl")
        _run(str(uv), "venv", "--quiet", "--python", sys.executable, str(environment))
        _run(str(uv), "pip", "install", "--quiet", "--python", str(environment / "bin" / "python"), str(wheel))
        command = [
            str(part)
            for part in (environment / "bin" / "sagalint", _LAB / "machine.asl.json", "--plan", _LAB / "plan.json")
        ]
        first, done = _timed(command, folder)
        again, _ = _timed(command, folder)
        installed = {path.name for path in environment.glob("lib/*/site-packages/*")}
        size = sum(path.stat().st_size for path in environment.rglob("*") if path.is_file() and not path.is_symlink())
    unwanted = installed & {*_NOT_NEEDED}
    print(  # noqa: T201  # what CI shows
        f"{wheel.name}: the lab's machine is checked in {first:.2f} s, and in {again:.2f} s once Python has compiled "
        f"the code; the environment has {size / _MEGABYTE:.1f} MB"
    )
    if done.returncode != _FOUND or "Fix first" not in done.stdout:
        return _fail(f"sagalint ended with {done.returncode}: {done.stderr.strip()}")
    if size > _MOST_MEGABYTES * _MEGABYTE:
        return _fail(f"the environment is larger than {_MOST_MEGABYTES} MB")
    return _fail(f"the environment has {', '.join(sorted(unwanted))}") if unwanted else 0


def _timed(command: list[str], folder: str) -> tuple[float, subprocess.CompletedProcess[str]]:
    """Runs a command; returns the seconds that it took, and what it ended with."""
    began = time.monotonic()
    done = subprocess.run(command, cwd=folder, capture_output=True, encoding="utf-8", check=False)
    return time.monotonic() - began, done


def _run(*command: str) -> None:
    subprocess.run(command, check=True)


def _fail(why: str) -> int:
    sys.stderr.write(f"error: {why}\n")
    return 1


if __name__ == "__main__":
    sys.exit(run_plainly(main, subprocess.CalledProcessError))

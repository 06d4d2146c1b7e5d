"""The command of cdk.json that the CDK CLI starts the app with."""

import json
import shlex
import sys
from pathlib import Path

from tests.conftest import ROOT


def app_command(project: Path = ROOT) -> list[str]:
    """The command with its options, for the Python that runs the tests."""
    command = json.loads((project / "cdk.json").read_text(encoding="utf-8"))["app"]
    return [sys.executable, *shlex.split(command)[1:]]

"""Logical ids stay as they are: CloudFormation would delete a table under its old id, and make an empty one."""

import json
import re
from typing import Any, Final

import pytest

from tests.conftest import ROOT

IDS: Final = ROOT / "tests" / "snapshots" / "logical_ids.json"
_HASH_OF_A_VERSION: Final = re.compile(r"(CurrentVersion[0-9A-F]{8})[0-9a-f]{32}$")


def logical_ids(template: dict[str, Any]) -> dict[str, str]:
    """The type of each resource by its logical id; without the hash of its code, where a version has one."""
    return {_HASH_OF_A_VERSION.sub(r"\1", name): one["Type"] for name, one in sorted(template["Resources"].items())}


@pytest.mark.usefixtures("workshop")
def test_moving_modules_changes_no_logical_id(
    template: dict[str, Any], production: dict[str, Any], request: pytest.FixtureRequest
) -> None:
    found = {"workshop": logical_ids(template), "production": logical_ids(production)}
    if request.config.getoption("update_snapshots"):
        IDS.write_text(json.dumps(found, indent=2) + "\n")
    kept = json.loads(IDS.read_text())
    for stage, expected in kept.items():
        assert found[stage] == expected, "a construct id has changed: give it back, or the resource is replaced"

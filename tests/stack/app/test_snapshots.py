"""The snapshots: a change of the template or of a machine is seen in review. `--update-snapshots` renews them."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import ROOT
from tests.support.template.graph import Graph

SNAPSHOTS = ROOT / "tests" / "snapshots"
ASSET_HASH = re.compile(r"\b[0-9a-f]{64}\b")
VERSION_HASH = re.compile(r"(?<=CurrentVersion[0-9A-F]{8})[0-9a-f]{32}\b")


def normalised(value: Any) -> str:
    """JSON with a fixed order, and a placeholder for hashes of assets and of functions' versions."""
    text = json.dumps(value, indent=1, sort_keys=True)
    return VERSION_HASH.sub("VersionHash", ASSET_HASH.sub("asset-hash", text)) + "\n"


@pytest.mark.parametrize("name", ["template", "state_machine", "recovery_machine"])
def test_nothing_has_changed_unseen(
    name: str, template: dict[str, Any], graph: Graph, request: pytest.FixtureRequest
) -> None:
    machines = {"state_machine": graph, "recovery_machine": Graph.of(template, "recovery")}
    current = normalised(machines[name].definition if name in machines else template)
    snapshot: Path = SNAPSHOTS / f"{name}.json"
    if request.config.getoption("--update-snapshots"):
        snapshot.write_text(current)
    assert current == snapshot.read_text(), f"{name} has changed; if that is meant: make test ARGS=--update-snapshots"

"""The project's own machines as they are deployed, with their plans."""

import json
from pathlib import Path
from typing import Any, Final

from sagalint.plan import Plan

SNAPSHOTS = Path(__file__).parents[2] / "snapshots"
OWN_MACHINES: Final = {
    "the saga": ("state_machine", "WildRydesSaga"),
    "the recovery": ("recovery_machine", "WildRydesSaga.recovery"),
}
ON_EXPRESS: Final = "the saga on Express"
WITH_EXPRESS: Final = {**OWN_MACHINES, ON_EXPRESS: ("express_machine", "WildRydesSaga.express")}


def own_machine(name: str, assembly: Path) -> tuple[dict[str, Any], Plan]:
    """A machine of ours, and the plan that was written beside its template."""
    snapshot, plan = WITH_EXPRESS[name]
    definition = json.loads((SNAPSHOTS / f"{snapshot}.json").read_text(encoding="utf-8"))
    return definition, Plan.from_json((assembly / f"{plan}.plan.json").read_text(encoding="utf-8"))

"""Writes the plan that a machine was checked against, for somebody to correct."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from sagalint.input_error import InputError
from sagalint.plan import Plan
from sagalint.report.checked import CheckedMachine


def write_plan(path: Path, machines: Sequence[CheckedMachine]) -> None:
    """Writes the plan of the only machine.

    Raises:
        InputError: There are several machines, the machine needed no plan, or the file is there already.
    """
    if len(machines) != 1:
        names = ", ".join(one.name for one in machines)
        raise InputError(f"--write-plan writes the plan of one machine, and these are there: {names}. Name one file")
    plan = machines[0].plan
    if plan is None:
        raise InputError(f"{machines[0].name} has no plan to write: it has no task, or AWS would refuse it")
    if path.exists():
        raise InputError(f"{path} is there already: name another file for the plan")
    path.write_text(json.dumps(_as_written(plan), indent=2) + "\n", encoding="utf-8")


def _as_written(plan: Plan) -> dict[str, Any]:
    """A plan without the fields that say nothing. A secret that no state may have says something."""
    data = _said(json.loads(plan.to_json()))
    steps = [_said(step) for step in data["steps"]]
    for step in steps:
        if "clean_failures" in step:
            step["clean_failures"] = [_said(failure) for failure in step["clean_failures"]]
    return {**data, "steps": steps}


def _said(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value not in (None, [], {}, False)}

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
    data: dict[str, Any] = json.loads(plan.to_json())
    secrets = {"secrets": data["secrets"]} if data["secrets"] else {}
    said: dict[str, Any] = _said(data)
    return said | secrets


def _said(value: Any) -> Any:
    """A value without what is empty or false inside it."""
    if isinstance(value, list):
        return [_said(one) for one in value]
    if isinstance(value, Mapping):
        inner = {name: _said(one) for name, one in value.items()}
        return {name: one for name, one in inner.items() if one not in (None, [], {}, False)}
    return value

"""The schema of plans takes what a plan is read from, refuses what it is not, and explains each field."""

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from sagalint.plan import Plan, SagaPlanError
from sagalint.report.plan_schema import plan_schema

EXAMPLES = Path(__file__).parents[1] / "examples"
SCHEMA = json.loads(plan_schema())
STEP = {"action": "Do", "compensation": "Undo"}


def accepts(plan: Any) -> bool:
    return bool(jsonschema.Draft202012Validator(SCHEMA).is_valid(plan))


@pytest.mark.parametrize("example", [path.parent.name for path in EXAMPLES.glob("*/plan.json")])
def test_the_plans_of_the_examples_are_accepted(example: str) -> None:
    assert accepts(json.loads((EXAMPLES / example / "plan.json").read_text(encoding="utf-8")))


@pytest.mark.parametrize(
    "plan",
    [
        {},
        {"steps": [{"compensation": "Undo"}]},
        {"steps": [STEP], "endings": ["Failed"]},
        {"steps": [{**STEP, "compensated": "Undo"}]},
        {"steps": [STEP], "ending": "Failed"},
        {"steps": [STEP], "accepted": [{"rule": "no-timeout"}]},
        {"steps": [STEP], "messages": {"success": [1]}},
    ],
)
def test_what_the_reader_refuses_the_schema_refuses(plan: Any) -> None:
    assert not accepts(plan)
    with pytest.raises(SagaPlanError):
        Plan.from_json(json.dumps(plan))


def test_what_the_plan_writes_of_itself_is_accepted() -> None:
    plan = Plan.from_json(json.dumps({"$schema": "plan.schema.json", "steps": [STEP]}))
    assert accepts({"$schema": "plan.schema.json", **json.loads(plan.to_json())})


def test_every_field_is_explained() -> None:
    silent = {
        f"{name}.{field}"
        for name, part in SCHEMA["$defs"].items()
        for field, schema in part.get("properties", {}).items()
        if field != "$schema" and not schema.get("description")
    }
    assert not silent

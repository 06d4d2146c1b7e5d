"""How many machines, tables, queues and the like a template deploys, and how many of them it keeps."""

import json
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Final

KINDS: Final = {
    "machines": "AWS::StepFunctions::StateMachine",
    "tables": "AWS::DynamoDB::Table",
    "queues": "AWS::SQS::Queue",
    "topics": "AWS::SNS::Topic",
    "functions": "AWS::Lambda::Function",
    "log groups": "AWS::Logs::LogGroup",
}
"""The kinds that outlive their use, by the words for them."""


def holdings(assembly: Path, *, kept: bool = False) -> Mapping[str, int]:
    """Counts what the stack's template deploys, or only what stays when the stack is deleted."""
    (template,) = assembly.glob("WildRydesSaga.template.json")
    resources = json.loads(template.read_text(encoding="utf-8"))["Resources"].values()
    counted = Counter(one["Type"] for one in resources if not kept or one.get("DeletionPolicy", "Delete") != "Delete")
    return {words: counted[kind] for words, kind in KINDS.items()}

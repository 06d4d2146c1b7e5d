"""Counts the machines, tables, queues and so on that a template deploys, and those that it keeps."""

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
"""The resource types that can outlive the stack, by their words."""


def holdings(assembly: Path, *, kept: bool = False) -> Mapping[str, int]:
    """Counts the resources of the stack's template, or only those that stay when the stack is deleted."""
    (template,) = assembly.glob("WildRydesSaga.template.json")
    resources = json.loads(template.read_text())["Resources"].values()
    counted = Counter(one["Type"] for one in resources if not kept or one.get("DeletionPolicy", "Delete") != "Delete")
    return {words: counted[kind] for words, kind in KINDS.items()}

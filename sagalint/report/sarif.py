"""The report for the tools that read findings, such as GitHub's code scanning: SARIF 2.1.0."""

import hashlib
import json
from collections.abc import Sequence
from typing import Any, Final

from sagalint import RULES, Finding, Rule
from sagalint.report.checked import CheckedMachine
from sagalint.report.data import message
from sagalint.report.text import sentence

_SCHEMA: Final = "https://json.schemastore.org/sarif-2.1.0.json"


def as_sarif(machines: Sequence[CheckedMachine]) -> str:
    """What was found: a result for each finding, its story as a code flow, accepted ones suppressed."""
    results = []
    for checked in machines:
        results += [_result(checked, finding) for finding in checked.findings]
        for finding, reason in checked.report.accepted:
            suppressed = {"suppressions": [{"kind": "external", "justification": reason}]}
            results.append({**_result(checked, finding), **suppressed})
    driver = {"name": "sagalint", "rules": [_rule(rule) for rule in RULES.values()]}
    return json.dumps(
        {"$schema": _SCHEMA, "version": "2.1.0", "runs": [{"tool": {"driver": driver}, "results": results}]}, indent=2
    ) + "\n"  # fmt: skip


def _rule(rule: Rule) -> dict[str, Any]:
    return {
        "id": rule.id,
        "shortDescription": {"text": rule.statement},
        "fullDescription": {"text": f"{rule.statement} {rule.consequence}"},
        "help": {"text": rule.fix},
        "defaultConfiguration": {"level": rule.level.value},
    }


def _result(checked: CheckedMachine, finding: Finding) -> dict[str, Any]:
    named = json.dumps([finding.rule.id, finding.states, finding.story[-1].errors if finding.story else ()])
    first, *others = finding.states or (None,)
    result: dict[str, Any] = {
        "ruleId": finding.rule.id,
        "ruleIndex": [*RULES].index(finding.rule.id),
        "level": finding.level.value,
        "message": {"text": f"{sentence(message(finding))}. To fix: {finding.fix}."},
        "locations": [_location(checked, first)],
        "partialFingerprints": {"finding/v1": hashlib.sha256(named.encode()).hexdigest()},
    }
    if others:
        result["relatedLocations"] = [_location(checked, state) for state in others]
    if finding.story:
        flow = [
            {"location": {**_location(checked, moment.state), "message": {"text": moment.text}}}
            for moment in finding.story
        ]
        result["codeFlows"] = [{"threadFlows": [{"locations": flow}]}]
    return result


def _location(checked: CheckedMachine, state: str | None) -> dict[str, Any]:
    where = {
        "artifactLocation": {"uri": checked.source.as_posix()},
        "region": {"startLine": checked.line_of(state)},
    }
    logical = {"name": state, "fullyQualifiedName": f"{checked.name}.{state}"} if state else {"name": checked.name}
    return {"physicalLocation": where, "logicalLocations": [logical]}

"""The report for a program: JSON, in the format that a baseline is read from."""

import json
from collections.abc import Sequence
from typing import Any

from sagalint import Finding
from sagalint.report.checked import CheckedMachine


def as_json(machines: Sequence[CheckedMachine]) -> str:
    """What was found, as JSON: each machine with its findings, the gravest first. Accepted ones are left out."""
    text = {"version": 1, "machines": [_machine(one) for one in machines]}
    return json.dumps(text, indent=2) + "\n"


def _machine(checked: CheckedMachine) -> dict[str, Any]:
    return {
        "file": checked.source.as_posix(),
        "machine": checked.name,
        "saga": checked.is_saga,
        "plan": "guessed" if checked.guessed else "given",
        "findings": [_finding(checked, finding) for finding in checked.findings],
    }


def _finding(checked: CheckedMachine, finding: Finding) -> dict[str, Any]:
    return {
        "rule": finding.rule.id,
        "level": finding.level.value,
        "states": list(finding.states),
        "message": message(finding),
        "story": [moment.text for moment in finding.story],
        "fix": finding.fix,
        "line": checked.line_of_finding(finding),
    }


def message(finding: Finding) -> str:
    """What is wrong, and the guesses that it rests on."""
    guesses = f". This rests on a guess: {'; '.join(finding.rests_on)}" if finding.rests_on else ""
    return finding.message + guesses

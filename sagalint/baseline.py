"""Findings that are known already: those of an earlier report. Only new ones count."""

import json
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from sagalint.input_error import InputError
from sagalint.report.checked import CheckedMachine
from sagalint.rules.finding import Finding

Known = tuple[str, str, tuple[str, ...]]
"""A machine, a rule, and the states that the finding names."""


@dataclass(frozen=True)
class Baseline:
    """The findings of an earlier JSON report."""

    known: frozenset[Known] = field(default_factory=frozenset)

    @classmethod
    def read(cls, path: Path) -> "Baseline":
        """Reads a report; raises `InputError` if it is none."""
        try:
            report: Any = json.loads(path.read_text("utf-8-sig"))
            known = {
                (str(machine["machine"]), str(finding["rule"]), tuple(map(str, finding["states"])))
                for machine in report["machines"]
                for finding in machine["findings"]
            }
        except FileNotFoundError:
            raise InputError(f"{path} does not exist: write it with --format json --output {path}") from None
        except (ValueError, KeyError, TypeError):
            raise InputError(f"{path} is no JSON report of sagalint: write one with --format json") from None
        return cls(frozenset(known))

    def without(self, checked: CheckedMachine) -> CheckedMachine:
        """A checked machine without the findings that are known."""

        def is_new(finding: Finding) -> bool:
            return (checked.name, finding.rule.id, tuple(finding.states)) not in self.known

        new = tuple(finding for finding in checked.report.findings if is_new(finding))
        return replace(checked, report=replace(checked.report, findings=new))

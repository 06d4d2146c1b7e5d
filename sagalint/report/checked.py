"""A state machine that was checked, with all that a report says of it."""

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from sagalint import Finding, Report
from sagalint.plan import Plan
from sagalint.report.notes import merged
from sagalint.rules.finding import Level


@dataclass(frozen=True)
class CheckedMachine:
    """A checked machine.

    Attributes:
        name: What it is called.
        source: The file that it came from.
        definition: The machine in the Amazon States Language.
        plan: What it was checked against.
        report: What was found.
        guessed: Whether the plan was guessed.
    """

    name: str
    source: Path
    definition: Mapping[str, Any]
    plan: Plan
    report: Report
    guessed: bool = False

    @property
    def is_saga(self) -> bool:
        """Whether the plan has a compensation: a machine without any looks like no saga."""
        return any(step.compensation for step in self.plan.steps)

    @cached_property
    def findings(self) -> tuple[Finding, ...]:
        """What was found, the gravest first, and one note for each rule of that level."""
        return merged(self.report.findings)

    @property
    def counts(self) -> Counter[Level]:
        """How many findings there are of each level."""
        return Counter(finding.level for finding in self.findings)

    @cached_property
    def _lines(self) -> list[str]:
        return self.source.read_text("utf-8-sig").splitlines()

    def line_of(self, state: str | None) -> int:
        """The line of the source, from 1, in which a state is defined; the first if it cannot be told."""
        named = re.compile(rf"""^\s*["']?{re.escape(state or "")}["']?\s*:\s*(\{{.*)?$""")
        found = (number for number, line in enumerate(self._lines, start=1) if state and named.match(line))
        return next(found, 1)

    def line_of_finding(self, finding: Finding) -> int:
        """The line of the state that a finding names first."""
        return self.line_of(finding.states[0] if finding.states else None)

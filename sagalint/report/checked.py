"""A state machine that was checked, with all that a report says of it."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sagalint import Finding, Report
from sagalint.inputs.lines import Place
from sagalint.plan import Plan
from sagalint.rules.finding import Level


@dataclass(frozen=True)
class CheckedMachine:
    """A checked machine.

    Attributes:
        name: What it is called.
        place: Where its definition is written.
        definition: The machine in the Amazon States Language.
        plan: What it was checked against; None if it needed no plan: without a task, or refused by AWS.
        report: What was found.
        guessed: Whether nobody gave a plan.
    """

    name: str
    place: Place
    definition: Mapping[str, Any]
    plan: Plan | None
    report: Report
    guessed: bool = False

    @property
    def is_saga(self) -> bool:
        """Whether the plan has a compensation: a machine without any looks like no saga."""
        return self.plan is not None and self.plan.is_saga

    @property
    def source(self) -> Path:
        """The file that its definition is written in."""
        return self.place.path

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What was found, the gravest first."""
        return self.report.findings

    @property
    def counts(self) -> Counter[Level]:
        """How many findings there are of each level."""
        return Counter(finding.level for finding in self.findings)

    def line_of(self, state: str | None) -> int:
        """The line of the source, from 1, in which a state begins; the definition's, if it is None."""
        return self.place.line_of(state)

    def line_of_finding(self, finding: Finding) -> int:
        """The line of the state that a finding names first."""
        return self.line_of(finding.states[0] if finding.states else None)

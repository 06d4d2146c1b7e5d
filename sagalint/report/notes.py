"""Notes for a report: one for each rule, which names every state, since hygiene is fixed everywhere at once."""

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import replace

from sagalint.rules.finding import Finding, Level, listed, once


def merged(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """The findings in their order, with the notes of one rule as one finding."""
    kept: list[Finding] = []
    for rule, group in itertools.groupby(findings, _note):
        found = [*group]
        kept += found if rule is None or len(found) == 1 else [_one_of(found)]
    return tuple(kept)


def _note(finding: Finding) -> str | None:
    """The rule of a note; None for what is graver."""
    return finding.rule.id if finding.level is Level.NOTE else None


def _one_of(found: Sequence[Finding]) -> Finding:
    states = once(*(state for finding in found for state in finding.states))
    whole = [] if all(finding.states for finding in found) else ["the machine as a whole"]
    rule = found[0].rule
    message = f"this does not hold for {listed([*whole, *states])}: {rule.statement.rstrip('.')}"
    return replace(found[0], states=states, message=message, fix=rule.fix.rstrip("."), story=())

"""What a check finds: which rule does not hold, where, a path that shows it, and the fix."""

from collections.abc import Iterable
from dataclasses import dataclass

from sagalint.paths.happening import Moment
from sagalint.rules.registry import RULES, Rule


@dataclass(frozen=True)
class Finding:
    """A rule that does not hold for the machine.

    Attributes:
        rule: The rule.
        states: The states that it is about, the one to fix first.
        message: What is wrong, in a sentence that names them.
        fix: What to change.
        story: A shortest path that shows it, from the start; empty if it shows in a state by itself.
    """

    rule: Rule
    states: tuple[str, ...]
    message: str
    fix: str
    story: tuple[Moment, ...] = ()


@dataclass(frozen=True)
class Report:
    """All that was found.

    Attributes:
        findings: The rules that do not hold.
        accepted: Findings that the plan accepts, each with its reason.
        explored: How many different situations the machine can be in, all of which were explored.
        seconds: How long that took.
    """

    findings: tuple[Finding, ...]
    accepted: tuple[tuple[Finding, str], ...]
    explored: int
    seconds: float


def in_order(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Findings in the order of the rules, then of the states."""
    order = {rule: position for position, rule in enumerate(RULES)}
    return tuple(sorted(findings, key=lambda one: (order[one.rule.id], one.states)))

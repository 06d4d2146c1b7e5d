"""The list of rules: every rule that a module of this folder declares beside its check."""

from typing import Final

from sagalint.rules import (
    compensations,
    durations,
    endings,
    loops,
    messages,
    recoveries,
    retries,
    rollbacks,
    single_states,
    timeouts,
)
from sagalint.rules.data import reads, variables
from sagalint.rules.finding import Finding, Level, Rule

MODULES: Final = (
    rollbacks,
    endings,
    compensations,
    loops,
    messages,
    recoveries,
    timeouts,
    durations,
    single_states,
    reads,
    variables,
    retries,
)
"""The modules with rules, those of the gravest first. A new module is added here."""

RULES: Final = {rule.id: rule for module in MODULES for rule in vars(module).values() if isinstance(rule, Rule)}
"""Every rule, by its id."""

_ORDER: Final = {rule: position for position, rule in enumerate(RULES)}


_LEVELS: Final = list(Level)


def in_order(finding: Finding) -> tuple[int, int, int, tuple[str, ...]]:
    """Sorts findings by their levels, the gravest first, then by their rules, their gravity, and their states."""
    return _LEVELS.index(finding.level), _ORDER[finding.rule.id], finding.gravity, finding.states

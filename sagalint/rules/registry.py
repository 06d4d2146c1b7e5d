"""The list of rules: every rule that a module of this folder declares beside its check."""

from typing import Final

from sagalint.rules import (
    compensations,
    data,
    durations,
    endings,
    messages,
    recoveries,
    retries,
    single_states,
    variables,
)
from sagalint.rules.finding import Finding, Rule

MODULES: Final = (endings, compensations, messages, recoveries, retries, durations, single_states, data, variables)
"""The modules with rules, those of the gravest first. A new module is added here."""

RULES: Final = {rule.id: rule for module in MODULES for rule in vars(module).values() if isinstance(rule, Rule)}
"""Every rule, by its id."""

_ORDER: Final = {rule: position for position, rule in enumerate(RULES)}


def in_order(finding: Finding) -> tuple[int, tuple[str, ...]]:
    """Sorts findings by their rules, then by their states."""
    return _ORDER[finding.rule.id], finding.states

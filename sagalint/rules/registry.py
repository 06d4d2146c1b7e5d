"""The list of rules: every rule that a module of this folder declares beside its check."""

import difflib
from typing import Final

from sagalint.input_error import InputError
from sagalint.rules import durations, refused, retries, single_states, timeouts
from sagalint.rules.data import never_chosen, reads, service_results, variables
from sagalint.rules.finding import Finding, Level, Rule
from sagalint.rules.saga import compensations, endings, loops, messages, recoveries, rollbacks

MODULES: Final = (
    refused,
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
    service_results,
    never_chosen,
    variables,
    retries,
)
"""The modules with rules, those of the gravest first. A new module is added here."""

RULES: Final = {rule.id: rule for module in MODULES for rule in vars(module).values() if isinstance(rule, Rule)}
"""Every rule, by its id."""


def rule_called(rule_id: str) -> Rule:
    """The rule with an id.

    Raises:
        InputError: There is none. Names those that are spelt nearly so, or else where all are listed.
    """
    if rule_id in RULES:
        return RULES[rule_id]
    near = difflib.get_close_matches(rule_id, RULES, cutoff=0.5)
    fix = f"did you mean {' or '.join(near)}?" if near else f"the rules are {', '.join(RULES)}"
    raise InputError(f"the rule {rule_id} is unknown: {fix}")


_ORDER: Final = {rule: position for position, rule in enumerate(RULES)}


_LEVELS: Final = list(Level)


def in_order(finding: Finding) -> tuple[int, int, int, int, tuple[str, ...]]:
    """Sorts findings: by level, by the harm that they do, by how much of it, then by their rules and states.

    What is kept comes before a rollback that stops, and that before a wrong end: so the modules are listed.
    """
    harm = _ORDER[finding.weighs_as or finding.rule.id]
    return _LEVELS.index(finding.level), harm, finding.gravity, _ORDER[finding.rule.id], finding.states

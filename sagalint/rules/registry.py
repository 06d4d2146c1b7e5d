"""The list of rules: every rule that a module of this folder declares beside its check."""

import difflib
from typing import Final

from sagalint.input_error import InputError
from sagalint.rules import durations, refused, retries, single_states, timeouts
from sagalint.rules.data import never_chosen, reads, service_results, variables
from sagalint.rules.finding import Finding, Level, Rule
from sagalint.rules.saga import compensations, endings, loops, messages, recoveries, rollbacks
from sagalint.rules.saga.harm import HARMS, harm_of

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
_NOTHING_WORKS, _LEFT, _NEVER_ENDS = 0, 1, 1 + HARMS
_THE_REST, _NOTES = _NEVER_ENDS + 1, _NEVER_ENDS + 2


def in_order(finding: Finding) -> tuple[int, int, int, int, int, tuple[str, ...]]:
    """Sorts findings by the harm that they do; errors come first only among those of the same harm.

    What keeps every saga from succeeding comes before what one failure leaves, and that before what never ends; then
    comes what takes two failures, a wrong end, and the rest. Notes come last.
    """
    kind = _ORDER[finding.weighs_as or finding.rule.id]
    own = _ORDER[finding.rule.id]
    return _harm(finding), _LEVELS.index(finding.level), kind, finding.gravity, own, finding.states


def _harm(finding: Finding) -> int:
    if finding.level is Level.NOTE:
        return _NOTES
    match finding.weighs_as or finding.rule.id:
        case refused.REFUSED_BY_AWS.id:
            return _NOTHING_WORKS
        case rollbacks.DOUBT_NOT_COMPENSATED.id:
            return _LEFT + harm_of(finding.gravity)
        case loops.NEVER_ENDS.id | timeouts.WAITS_FOR_EVER.id:
            return _NEVER_ENDS
    return _THE_REST

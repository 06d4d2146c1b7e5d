"""Every rule is explained: what must hold, why, by an example, and how to fix it."""

import pytest

from sagalint import RULES, Rule
from sagalint.input_error import InputError
from sagalint.report.explained import explained
from sagalint.report.rule_examples import EXAMPLES


@pytest.mark.parametrize("rule", RULES.values(), ids=RULES)
def test_a_rule_is_explained(rule: Rule) -> None:
    shown = " ".join(explained(rule.id).split())
    for text in (rule.id, rule.level, rule.statement, rule.consequence, EXAMPLES[rule.id], rule.fix):
        assert text in shown


def test_a_rule_that_is_not_there_is_refused_with_its_likeness() -> None:
    with pytest.raises(InputError, match="rule no-timeouts is unknown: did you mean no-timeout"):
        explained("no-timeouts")

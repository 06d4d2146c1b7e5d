"""Every rule is declared beside its check, and the list of rules has them all."""

import importlib
import pkgutil

import pytest

from sagalint import RULES, Rule, rules
from sagalint.rules.registry import MODULES

DECLARING = [importlib.import_module(f"sagalint.rules.{one.name}") for one in pkgutil.iter_modules(rules.__path__)]


def test_each_module_that_declares_rules_is_in_the_list() -> None:
    declare = {module.__name__ for module in DECLARING if any(isinstance(one, Rule) for one in vars(module).values())}
    assert declare == {module.__name__ for module in MODULES}


@pytest.mark.parametrize("rule", RULES.values(), ids=RULES)
def test_each_rule_says_all_in_sentences(rule: Rule) -> None:
    for text in (rule.statement, rule.consequence, rule.fix):
        assert text[0].isupper()
        assert text.endswith(".")
        assert "|" not in text  # it is a cell of a table


def test_a_rule_follows_from_rules_that_exist() -> None:
    assert {one for rule in RULES.values() for one in rule.follows_from} <= RULES.keys()

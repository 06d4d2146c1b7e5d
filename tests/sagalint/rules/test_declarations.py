"""Every rule is declared beside its check, and the list of rules has them all."""

import importlib
import pkgutil

import pytest

from sagalint import RULES, Rule, rules
from sagalint.rules.registry import MODULES

DECLARING = [importlib.import_module(one.name) for one in pkgutil.walk_packages(rules.__path__, "sagalint.rules.")]


def test_each_module_that_declares_rules_is_in_the_list() -> None:
    listed = {id(rule) for module in MODULES for rule in vars(module).values() if isinstance(rule, Rule)}
    declared = {id(rule) for module in DECLARING for rule in vars(module).values() if isinstance(rule, Rule)}
    assert declared == listed
    assert all(any(isinstance(one, Rule) for one in vars(module).values()) for module in MODULES)


@pytest.mark.parametrize("rule", RULES.values(), ids=RULES)
def test_each_rule_says_all_in_sentences(rule: Rule) -> None:
    for text in (rule.statement, rule.consequence, rule.fix):
        assert text[0].isupper()
        assert text.endswith(".")
        assert "|" not in text  # it is a cell of a table


def test_a_rule_follows_from_rules_that_exist() -> None:
    assert {one for rule in RULES.values() for one in rule.follows_from} <= RULES.keys()

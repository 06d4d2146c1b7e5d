"""Writes docs/rules.md from the list of rules: `python -m sagalint.report.rules_page > docs/rules.md`."""

import sys
from collections.abc import Iterator

from sagalint.rules.finding import Level
from sagalint.rules.registry import RULES


def rules_page() -> str:
    """Every rule, the gravest level first."""
    return "\n".join(_lines()) + "\n"


def _lines() -> Iterator[str]:
    yield "# Rules of sagalint"
    yield ""
    yield "Written by `python -m sagalint.report.rules_page`; a test compares it with the code."
    yield "`sagalint --explain RULE` says the same, with an example. How to use them: [sagalint.md](sagalint.md)."
    for level in Level:
        rules = [rule for rule in RULES.values() if rule.level is level]
        if rules:
            yield ""
            yield f"## Level {level.value}"
            yield ""
            yield "| Rule | What must hold | If it does not | How to fix it |"
            yield "|---|---|---|---|"
            for rule in rules:
                yield f"| `{rule.id}` | {rule.statement} | {rule.consequence} | {rule.fix} |"


if __name__ == "__main__":
    sys.stdout.write(rules_page())

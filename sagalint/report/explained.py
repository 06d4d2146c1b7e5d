"""What a rule means, for a person: what must hold, why, an example, and how to fix it."""

import textwrap
from typing import Final

from sagalint.report.rule_examples import EXAMPLES
from sagalint.rules.registry import rule_called

_WIDTH: Final = 100


def explained(rule_id: str) -> str:
    """A rule in words.

    Raises:
        InputError: The rule is unknown. The message has the rules with a similar name.
    """
    rule = rule_called(rule_id)
    texts = (
        f"{rule.id} ({rule.level.value})",
        rule.statement,
        f"If it does not hold: {rule.consequence}",
        f"Example: {EXAMPLES[rule.id]}",
        f"To fix: {rule.fix}",
    )
    return "\n".join(textwrap.fill(text, _WIDTH) for text in texts) + "\n"

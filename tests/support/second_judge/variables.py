"""A good value of each variable of a machine, with the fields that the machine's expressions read of it."""

import re
from collections.abc import Iterator
from typing import Any

from sagalint.expressions.jsonata_tree import expression_in, expressions_in


def good_variables(definition: dict[str, Any]) -> dict[str, Any]:
    """A value of each variable: of the kind that the machine assigns literally or uses, with a text in each field."""
    found: dict[str, Any] = {}
    texts = list(expressions_in(definition))
    waits = {expression_in(state.get("Seconds")) for state in definition["States"].values()}
    blocks = list(_assigned(definition))
    for name in {name for block in blocks for name in block}:
        literals = [block[name] for block in blocks if name in block and expression_in(block[name]) is None]
        fields = {field for text in texts for field in re.findall(rf"\${name}\.(\w+)", text)}
        if f"${name}" in waits or any(isinstance(one, int) for one in literals):
            found[name] = 1
        elif any(isinstance(one, list) for one in literals) or any(f"$append(${name}" in text for text in texts):
            found[name] = []
        elif fields or any(isinstance(one, dict) for one in literals):
            named = {field for one in literals if isinstance(one, dict) for field in one}
            found[name] = dict.fromkeys(sorted(fields | named), "text")
        else:
            found[name] = "text"
    return found


def _assigned(definition: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for state in definition["States"].values():
        for way in (state, *state.get("Catch", ()), *state.get("Choices", ())):
            if "Assign" in way:
                yield way["Assign"]

"""What to do about a text that is not JSON, by what stands where the reading stopped."""

import re
from typing import Final

WHOLE: Final = "give the whole machine, from its first { to its last }"
_BY_NEXT: Final = (
    ("[\u201c\u201d\u201e\u201f\u00ab\u00bb]", 'write straight quotation marks: "'),
    ("['\u2018\u2019`]", 'write " around each name and each text'),
    ("//|/\\*|#", 'take the comment away, or write it as a field, "Comment": "...": JSON has none'),
    (",", "take the second comma away"),
    ("(True|False|None)\\b", "write true, false or null in small letters"),
)
"""By how the text goes on: what to do."""
_BY_REASON: Final = (
    ("Extra data", "end the text with the machine: a } is too many, or something follows it"),
    ("',' delimiter", "put a comma before it, at the end of the line before"),
    ("':' delimiter", "put a colon after the name"),
)
"""By what Python's reader says: what to do."""


def json_hint(text: str, line: int | None, column: int | None, why: str) -> str:
    """How to correct it.

    Args:
        text: The whole text.
        line: Where the reading stopped, from 1; None if that is not known.
        column: The same.
        why: What Python's reader said.
    """
    if line is None or column is None:
        return WHOLE
    at = sum(len(one) + 1 for one in text.split("\n")[: line - 1]) + column - 1
    here, before = text[at:].lstrip(), text[:at].rstrip()
    if not here:
        return "close each { and [: the end is missing"
    if before.endswith(",") and here[0] in "}]":
        return "take the comma away that is before it: the last field of an object has none"
    found = [hint for pattern, hint in _BY_NEXT if re.match(pattern, here)]
    found += [hint for words, hint in _BY_REASON if words in why]
    return next(iter(found), WHOLE)

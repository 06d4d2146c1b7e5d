"""Finds in a regular expression what JavaScript, Java and Python understand differently."""

import re
from collections.abc import Iterator
from typing import Any, Final

_TOKEN: Final = re.compile(r"\\(?P<escaped>u[0-9a-fA-F]{4}|.)|(?P<opens>\[\^?)|(?P<closes>\])|(?P<plain>.)", re.DOTALL)
_CLASSES: Final = "sSwWdDbBpPRXhHvVZAzG"
"""Letters that stand for a class or a place, each with its own idea of a letter, a space or a line's end."""
_WHOLE: Final = re.compile(r"\^\(\?:(?P<inner>.*)\)\$", re.DOTALL)
"""The form of a rule for a whole value: what is left over of it is compared, so that `$` lets nothing pass."""


def regexes(tree: Any) -> Iterator[tuple[str, str]]:
    """The source and the flags of each regular expression in the tree of an expression."""
    if isinstance(tree, list):
        for inner in tree:
            yield from regexes(inner)
    elif isinstance(tree, dict):
        if tree.get("type") == "regex":
            yield tree["value"]["source"], tree["value"]["flags"]
        else:
            yield from regexes(list(tree.values()))


def differences(source: str, flags: str = "g") -> list[str]:
    """What engines understand differently in a regular expression."""
    found = [f"flag {flag}" for flag in flags if flag != "g"]
    whole = _WHOLE.fullmatch(source)
    return [*found, *_tokens(whole["inner"] if whole else source)]


def _tokens(source: str) -> Iterator[str]:
    in_class = False
    for token in _TOKEN.finditer(source):
        if token["opens"] and in_class:
            yield "a bracket in a class"
        in_class = not token["closes"] and (in_class or bool(token["opens"]))
        if token["escaped"] and token["escaped"] in _CLASSES:
            yield f"\\{token['escaped']}"
        elif token["plain"] and token["plain"] in ".^$" and not in_class:
            yield token["plain"]
        elif token["plain"] == "&" and in_class:
            yield "& in a class"

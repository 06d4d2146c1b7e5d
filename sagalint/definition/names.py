"""The words of names, so that `ReserveHotel` and `hotel reservation` are seen to speak of the same."""

import re
from collections.abc import Mapping
from functools import cache
from typing import Final

from sagalint.definition.translations import english_of, plain

_WORD: Final = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[^\W\d_]+")
_SUFFIXES: Final = ("ations", "ation", "ments", "ment", "ings", "ing", "ure", "ed", "es", "s", "ate", "e")
_SHORTEST_STEM: Final = 3


@cache
def words(name: str) -> Mapping[str, str]:
    """The words of a state's name in lower case, by their stems: `ReserveHotel` has those of `hotel reservation`.

    The stem of a word of another language is that of the English one, if it is known.
    """
    return {stem_of(english_of(word.lower())): word.lower() for word in _WORD.findall(plain(name))}


@cache
def stem_of(word: str) -> str:
    """A word without its ending."""
    suffix = next((one for one in _SUFFIXES if word.endswith(one) and len(word) - len(one) >= _SHORTEST_STEM), "")
    stem = word.removesuffix(suffix)
    return stem[:-1] if len(stem) > _SHORTEST_STEM and stem[-1] == stem[-2] else stem


def stems(text: str) -> frozenset[str]:
    """The stems of some words."""
    return frozenset(stem_of(word) for word in text.split())

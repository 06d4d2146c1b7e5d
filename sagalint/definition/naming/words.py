"""The words of names, so that `ReserveHotel` and `hotel reservation` are seen to speak of the same."""

import re
from collections.abc import Mapping
from functools import cache
from typing import Final

from sagalint.definition.naming.translations import english_of, plain

_WORD: Final = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[^\W\d_]+")
_SUFFIXES: Final = ("ations", "ation", "ments", "ment", "ings", "ing", "ure", "ed", "es", "s", "ate", "e")
_SHORTEST_STEM: Final = 3
_LONG_BEGINNING: Final = 6
"""How many letters two words of one meaning have in common, if they are not the same."""
_WHEN: Final = frozenset(["after", "on", "if", "when", "upon"])
"""Words after which a name says when: `ReleaseStockAfterPaymentFail`."""


@cache
def words(name: str) -> Mapping[str, str]:
    """The words of a state's name in lower case, by their stems: `ReserveHotel` has those of `hotel reservation`.

    The stem of a word of another language is that of the English one, if it is known.
    """
    return {stem_of(english_of(word.lower())): word.lower() for word in _WORD.findall(plain(name))}


@cache
def stem_of(word: str) -> str:
    """A word without its ending. A role is not rolled back."""
    if word in ("role", "roles"):
        return "role"
    suffix = next((one for one in _SUFFIXES if word.endswith(one) and len(word) - len(one) >= _SHORTEST_STEM), "")
    stem = word.removesuffix(suffix)
    return stem[:-1] if len(stem) > _SHORTEST_STEM and stem[-1] == stem[-2] else stem


def stems(text: str) -> frozenset[str]:
    """The stems of some words."""
    return frozenset(stem_of(word) for word in text.split())


FAILS: Final = stems("fail failed failure reject rejected decline declined abort aborted error incomplete unsuccessful")
"""Words of a name that speaks of a failure."""


LITTLE_WORDS: Final = stems(
    "a an and at back by das de del der den die du el eu en for from give i il in la las le les lo los my new of on "
    "our out put set the to up und y your"
)
"""Words of a name that name nothing."""


@cache
def what_of(name: str) -> Mapping[str, str]:
    """The words of a name that say what, and not when: of `ReleaseStockAfterPaymentFail` the first two."""
    said = [*words(name).items()]
    begin = next((index for index, (_, word) in enumerate(said) if word in _WHEN), None)
    failing = next((index for index, (stem, _) in enumerate(said) if stem in FAILS), None)
    if begin is None or failing is None or failing < begin:
        return words(name)
    return dict(said[:begin]) or dict(said[failing + 1 :]) or words(name)


def same_thing(one: str, other: str) -> bool:
    """Whether two stems are of one word: `subscrib` and `subscription` have a long beginning in common."""
    if one == other:
        return True
    pairs = zip(one, other, strict=False)
    alike = next((index for index, (left, right) in enumerate(pairs) if left != right), min(len(one), len(other)))
    return alike >= _LONG_BEGINNING and 2 * alike > max(len(one), len(other))

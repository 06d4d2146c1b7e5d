"""No regular expression of a deployed machine means one thing to one engine and another to the next."""

import pytest

from tests.support.second_judge.places import Place
from tests.support.second_judge.reference import Reference
from tests.support.second_judge.regexes import differences, regexes


def test_engines_agree_on_every_deployed_regular_expression(deployed_places: list[Place], judge: Reference) -> None:
    found = {(source, flags): str(one) for one in deployed_places for source, flags in regexes(judge.tree(one.text))}
    assert found
    assert {where: wrong for form, where in found.items() if (wrong := differences(*form))} == {}


DIFFERENT = [
    ".",
    "a.b",
    "[^.].",
    r"\s",
    r"[\s]",
    r"\w+",
    r"\d",
    r"\bword",
    "^a",
    "a$",
    "^(?:a)$b",
    r"\p{L}",
    "[a[b]",
    "[&&]",
]
THE_SAME = ["^(?:a)$", r"\.", "[.$^]", r"\$[0-9]", r"\u005c[^\u005c\n]", "a|b", r"(?<!a)b(?!c)"]


@pytest.mark.parametrize("source", DIFFERENT)
def test_what_engines_disagree_on_is_found(source: str) -> None:
    assert differences(source)


@pytest.mark.parametrize("source", THE_SAME)
def test_what_engines_agree_on_is_not_found(source: str) -> None:
    assert differences(source) == []


def test_a_flag_is_found() -> None:
    assert differences("a", "gi") == ["flag i"]

"""Names of tests, files, functions and folders stay short, and the words plain, without exception."""

import pytest

from tests.support.limits import LIMITS, findings, unclear_words
from tests.support.sources import source_of, sources


@pytest.mark.parametrize("limit", LIMITS)
def test_nothing_exceeds_the_limit(limit: str) -> None:
    assert [f"{path}: {what}" for path, what in findings(limit)] == []


@pytest.mark.parametrize(
    "text",
    [
        "the failure is told as it is",
        "tells of the outcome",
        "looked at once a minute",
        "a person must look",
        "the look has ended",
        "the person who mends it",
        "a broken guarantee",
        "a machine that breaks a rule",
        "keeps its promises",
        "proved equal",
        "a proof of it",
        "test nobodys ride is refused",
        "read in vain",
        "the row as it stands",
        "a card is not to be had",
        "the input is no object",
        "so that the other group is not in the way",
    ],
)
def test_an_unclear_expression_is_found(text: str) -> None:
    assert len(unclear_words(text)) == 1


@pytest.mark.parametrize(
    "text",
    [
        "Tells whether the value fits",
        "the start time tells two executions apart",
        "a value that looks like a card",
        "look up a word",
        "the event is looked for in the table",
        "a long name, broken at the hump",
        "an improvement, and bulletproof",
        "nobody runs it",
        "there is no file",
        "the ride is no longer there",
        "the code, as it is",
        "stands in for the client",
    ],
)
def test_a_plain_expression_is_not_found(text: str) -> None:
    assert unclear_words(text) == []


EXCEEDING = {
    "names of tests": [source_of("a/one.py", f"def test_{'x' * 66}(): pass")],
    "length of files": [source_of("a/one.py", "x = 1\n" * 251)],
    "length of functions": [source_of("a/one.py", "class A:\n    def f(self):\n" + "        x = 1\n" * 40)],
    "modules in a folder": [source_of(f"a/{number}.py", "") for number in range(13)],
    "words": [source_of("a/one.py", "x = 1  # as it stands")],
}
FITTING = {
    "names of tests": [source_of("a/one.py", f"def test_{'x' * 65}(): pass")],
    "length of files": [source_of("a/one.py", "x = 1\n" * 250)],
    "length of functions": [source_of("a/one.py", "class A:\n    def f(self):\n" + "        x = 1\n" * 39)],
    "modules in a folder": [source_of(f"a/{name}.py", "") for name in ("__init__", *range(11))],
    "words": [source_of("a/one.py", "told = 'told'  # `told` is a name")],
}


@pytest.mark.parametrize("limit", LIMITS)
def test_a_limit_finds_one_step_beyond_it_and_nothing_at_it(limit: str) -> None:
    assert len(list(LIMITS[limit](EXCEEDING[limit]))) == 1
    assert list(LIMITS[limit](FITTING[limit])) == []


def test_the_files_have_tests_functions_and_prose() -> None:
    """Fails if the limits above check nothing."""
    [own] = [source for source in sources() if source.path == "tests/unit/docs/test_limits.py"]
    assert "test_nothing_exceeds_the_limit" in own.tests
    assert "test_nothing_exceeds_the_limit" in [function.name for function in own.functions]
    prose = list(own.prose())
    assert "test nothing exceeds the limit" in prose
    assert "Fails if the limits above check nothing." in prose
    assert any("without exception" in text for text in prose)

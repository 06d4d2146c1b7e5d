"""The limits of the project's style: each finds what exceeds it, by file or folder."""

import functools
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Final

from tests.conftest import ROOT
from tests.support.documents import documents, prose
from tests.support.sources import Source, sources, without_code

LONGEST_TEST_NAME: Final = 70
LONGEST_FILE: Final = 250
LONGEST_FUNCTION: Final = 40
LARGEST_FOLDER: Final = 12

UNCLEAR: Final = {
    "report, or notify": r"\btold\b(?! apart)|\btell(?:s|ing)?\b(?! (?:whether|(?:\w+ ){0,2}apart)\b)",
    "inspect": r"\blook(?:s|ed|ing)? at\b|\b(?:must|to) look\b(?! (?:like|up|for)\b)|\b(?:an?|the|its|late) look\b",
    "fix, or patch": r"\bmend(?:s|ed|ing)?\b",
    "finding": r"\bbroken (?:rule|guarantee)s?\b|\bbreaks? (?:an?|any|its|no|the) (?:rule|guarantee)s?\b",
    "rule, or guarantee": r"\bpromis(?:e|es|ed|ing)\b",
    "check, or show": r"\bpro(?:ve|ves|ved|ven|ving|of|ofs)\b",
    "unknown": r"\bnobody'?s\b",
    "name the result": r"\bin vain\b",
    "current": r"\bas it stands\b",
    "available": r"\bto be had\b",
    "is not a": r"(?<!there )\b(?:is|are|was|were) no (?!earlier\b|later\b|less\b|longer\b|more\b)\w+",
    "say what it allows": r"\bnot in the way\b",
}
"""Expressions that a reader has to guess, by the clearer word."""

Findings = Iterator[tuple[str, str]]
"""Of a limit: the file or folder, and what exceeds the limit in it."""


def unclear_words(text: str) -> list[str]:
    """The unclear expressions in a text, each with the clearer word."""
    flat = " ".join(text.split())
    found = [(clear, match[0]) for clear, form in UNCLEAR.items() for match in re.finditer(form, flat, re.IGNORECASE)]
    return [f"{expression!r}: {clear}" for clear, expression in found]


def _names(files: Iterable[Source]) -> Findings:
    for file in files:
        yield from ((file.path, name) for name in file.tests if len(name) > LONGEST_TEST_NAME)


def _files(files: Iterable[Source]) -> Findings:
    for file in files:
        lines = len(file.text.splitlines())
        if lines > LONGEST_FILE:
            yield file.path, f"{lines} lines"


def _functions(files: Iterable[Source]) -> Findings:
    for file in files:
        for function in file.functions:
            lines = (function.end_lineno or 0) - function.lineno + 1
            if lines > LONGEST_FUNCTION:
                yield file.path, f"{function.name} has {lines} lines"


def _folders(files: Iterable[Source]) -> Findings:
    modules = Counter(str(Path(file.path).parent) for file in files)
    yield from ((folder, f"{number} modules") for folder, number in modules.items() if number > LARGEST_FOLDER)


def _words(files: Iterable[Source]) -> Findings:
    for file in files:
        yield from ((file.path, finding) for text in file.prose() for finding in unclear_words(text))


def unclear_words_in_documents() -> list[tuple[str, str]]:
    """The unclear expressions in all documents."""
    return [
        (str(page.relative_to(ROOT)), finding)
        for page in documents()
        for finding in unclear_words(without_code(prose(page)))
    ]


LIMITS: Final[dict[str, Callable[[Iterable[Source]], Findings]]] = {
    "names of tests": _names,
    "length of files": _files,
    "length of functions": _functions,
    "modules in a folder": _folders,
    "words": _words,
}
"""Each limit with the function that finds what exceeds it."""


@functools.cache
def findings(limit: str) -> list[tuple[str, str]]:
    """What exceeds a limit in the project."""
    return [*LIMITS[limit](sources()), *(unclear_words_in_documents() if limit == "words" else [])]

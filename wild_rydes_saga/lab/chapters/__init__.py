"""The lab's chapters: from the empty machine to the finished one. Each adds states, and `make check` judges it."""

import copy
import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, Final

from wild_rydes_saga.lab.chapters.chapter import Chapter
from wild_rydes_saga.lab.chapters.failing import FAILING
from wild_rydes_saga.lab.chapters.forward import FORWARD

__all__ = ["CHAPTERS", "HOLE", "Chapter", "answer", "filled", "skeleton"]

CHAPTERS: Final = (*FORWARD, *FAILING)
HOLE: Final = "?"
"""What stands in a skeleton for what the learner writes."""
_FOLDER: Final = Path(__file__).parent
_EMPTY: Final[Mapping[str, Any]] = {"QueryLanguage": "JSONata", "StartAt": "RegisterFare", "States": {}}


@cache
def _added(chapter: Chapter) -> dict[str, Any]:
    data: dict[str, Any] = json.loads((_FOLDER / f"{chapter.file}.json").read_text(encoding="utf-8"))
    return data


def answer(number: int) -> dict[str, Any]:
    """The whole machine after a chapter, which passes it. References `${Name}` stand for the stack's outputs."""
    machine: dict[str, Any] = copy.deepcopy(dict(_EMPTY))
    for chapter in CHAPTERS[:number]:
        _merge(machine, _added(chapter))
    return machine


def skeleton(number: int) -> dict[str, Any]:
    """What a chapter adds, with holes: the learner puts it into the machine, and fills them."""
    chapter = CHAPTERS[number - 1]
    added = copy.deepcopy(_added(chapter))
    for hole in chapter.holes:
        *where, last = hole.split("/")
        part: Any = added
        for name in where:
            part = part[int(name) if isinstance(part, list) else name]
        part[int(last) if isinstance(part, list) else last] = HOLE
    return added


def filled(machine: Mapping[str, Any], number: int) -> dict[str, Any]:
    """A machine with what a chapter adds put into it, holes and all."""
    done: dict[str, Any] = copy.deepcopy(dict(machine))
    _merge(done, skeleton(number))
    return done


def _merge(machine: dict[str, Any], added: Mapping[str, Any]) -> None:
    """Puts fields into a machine, as JSON merge patches do (RFC 7386): null takes a field away."""
    for name, value in added.items():
        if value is None:
            machine.pop(name, None)
        elif isinstance(value, dict) and isinstance(machine.get(name), dict):
            _merge(machine[name], value)
        else:
            machine[name] = copy.deepcopy(value)

"""Follows the chapters of docs/lab.md as a learner does: puts each block into the file, and fills its holes."""

import copy
import json
import re
from collections.abc import Mapping
from typing import Any, Final

from tests.conftest import ROOT
from wild_rydes_saga.lab.chapters import HOLE

LAB: Final = ROOT / "docs" / "lab.md"
COMMAND: Final = "make check FILE=.local/mine.asl.json"
_CHAPTER: Final = re.compile(
    r"^### Chapter (\d+): .*?^```json\n(.*?)^```$.*?\(answers/([\w.-]+)\)", re.DOTALL | re.MULTILINE
)


def typed_machines() -> list[dict[str, Any]]:
    """The learner's file after each chapter, by what the page says; a hole has what the linked answer has there."""
    found: list[dict[str, Any]] = []
    machine: dict[str, Any] = {"States": {}}
    for _, block, file in _CHAPTER.findall(LAB.read_text(encoding="utf-8")):
        answer = json.loads((LAB.parent / "answers" / file).read_text(encoding="utf-8"))
        machine = _put_in(machine, json.loads(block), answer)
        found.append(copy.deepcopy(machine))
    return found


def _put_in(machine: Mapping[str, Any], block: Mapping[str, Any], answer: Mapping[str, Any]) -> dict[str, Any]:
    """Adds a block's fields in place of those of the same name, as the page says."""
    done = {**machine, **{name: value for name, value in block.items() if name != "States"}}
    states = {**done["States"]}
    for name, body in block["States"].items():
        states[name] = _added(states.get(name, {}), _without_holes(body, answer["States"][name]))
        if "Next" in states[name]:
            states[name].pop("End", None)
    return {**done, "States": states}


def _added(state: Any, fields: Any) -> Any:
    if not isinstance(state, dict) or not isinstance(fields, dict):
        return fields
    return {**state, **{name: _added(state.get(name), value) for name, value in fields.items()}}


def _without_holes(part: Any, answer: Any) -> Any:
    """What a learner writes in place of each hole."""
    if part == HOLE:
        return answer
    if isinstance(part, dict):
        return {name: _without_holes(value, answer[name]) for name, value in part.items()}
    if isinstance(part, list):
        return [_without_holes(one, other) for one, other in zip(part, answer, strict=True)]
    return part

"""Reads a learner's definition: is it JSON, and is it a machine that AWS accepts? The emulator accepts any text."""

import difflib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from sagalint.definition.refusals import refusals
from sagalint.input_error import InputError
from sagalint.inputs.documents import parse_json
from sagalint.inputs.lines import lines_of_json
from wild_rydes_saga.deployed.errors import OperatorError
from wild_rydes_saga.lab.checked import Item, Mark
from wild_rydes_saga.lab.text.json_hints import WHOLE, json_hint

IS_JSON: Final = "JSON"
IS_ASL: Final = "States language"
MOST_BYTES: Final = 1_048_576
"""The longest definition that AWS accepts (AWS, "Step Functions service quotas")."""
_REFERENCE: Final = re.compile(r"\$\{([A-Za-z0-9]+)\}")
_NO_STATE: Final = re.compile(r"'([^']+)', and no state is called so")


@dataclass(frozen=True)
class Definition:
    """A learner's definition, with the stack's outputs in place of the references.

    Attributes:
        text: What is deployed.
        data: The same, as data.
        lines: By the names that lead to a part, its first line.
    """

    text: str
    data: Mapping[str, Any]
    lines: Mapping[tuple[str | int, ...], int]

    def line_of(self, state: str | None, *fields: str) -> int | None:
        """The line of a state's field; that of the state if the field has none; None for a text of one line."""
        if self.text.count("\n") < 1:
            return None
        where: tuple[str | int, ...] = ("States", state, *fields) if state is not None else fields
        while where and where not in self.lines:
            where = where[:-1]
        return self.lines.get(where)


@dataclass(frozen=True)
class Read:
    """What the reading found: a definition, or why there is none."""

    items: tuple[Item, ...]
    definition: Definition | None


def read_file(path: Path) -> str:
    """The text of a definition's file; raises `OperatorError` if it cannot be one."""
    try:
        if path.is_dir():
            raise OperatorError(f"{path} is a folder: name the file with your definition, FILE=.local/mine.asl.json")
        if path.exists() and not path.is_file():
            raise OperatorError(f"{path} is not a file: name the file with your definition")
        if path.stat().st_size > MOST_BYTES:
            raise OperatorError(f"{path} is too large: AWS accepts a definition of 1 MB")
        return path.read_text("utf-8-sig")
    except FileNotFoundError:
        raise OperatorError(
            f"{path} does not exist: write your machine into it. Chapter 1 of docs/lab.md has what to begin with"
        ) from None
    except UnicodeDecodeError:
        raise OperatorError(f"{path} is not text: save your definition as UTF-8") from None
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or "no file can be called so"
        raise OperatorError(f"{path} cannot be read: {why}") from None


def read(text: str, outputs: Mapping[str, str]) -> Read:
    """Reads a definition, and says what is wrong with it."""
    unreadable = _not_json(text)
    if unreadable:
        return Read((unreadable, _not_reached(IS_ASL)), None)
    readable = Item(name=IS_JSON, mark=Mark.PASSED, sentence="It is JSON.")
    unknown = [*_unknown_references(text, outputs)]
    if unknown:
        return Read((readable, *unknown), None)
    filled = _REFERENCE.sub(lambda found: json.dumps(outputs[found[1]])[1:-1], text)
    try:
        data = parse_json(filled, "the definition")
    except InputError:
        return Read(
            (_failed(IS_JSON, "A reference such as ${Name} stands outside of a text.", "put it in quotes"),), None
        )
    wrong = [*_refused(data, text)]
    if wrong:
        return Read((readable, *wrong), None)
    accepted = Item(name=IS_ASL, mark=Mark.PASSED, sentence="Its fields, states and ways are what AWS accepts.")
    return Read((readable, accepted), Definition(filled, data, _lines(filled)))


def _not_json(text: str) -> Item | None:
    if not text.strip():
        return _failed(IS_JSON, "The definition is empty.", WHOLE)
    if len(text.encode("utf-8", "surrogatepass")) > MOST_BYTES:
        return _failed(IS_JSON, "The definition is longer than 1 MB, which is all that AWS accepts.", "shorten it")
    try:
        parse_json(text, "the definition")
    except InputError as error:
        where = re.search(r"line (\d+), column (\d+)", str(error))
        line, column = (int(where[1]), int(where[2])) if where else (None, None)
        looks = "" if text.lstrip()[:1] in "{[" else " It looks like YAML or another text: write it as JSON."
        sentence = re.sub(r": [^:]*$", ".", str(error)).replace("the definition", "The definition", 1)
        hint = json_hint(text, line, column, str(error))
        return _failed(IS_JSON, f"{sentence}{looks if hint == WHOLE else ''}", hint, line=line, column=column)
    return None


def _unknown_references(text: str, outputs: Mapping[str, str]) -> Iterator[Item]:
    for found in _REFERENCE.finditer(text):
        if found[1] not in [*outputs]:
            names = ", ".join(name for name in outputs if name.endswith(("FunctionArn", "TableName", "TopicArn")))
            line = text.count("\n", 0, found.start()) + 1
            yield _failed(
                IS_ASL, f"The stack has no output {found[1]}.", f"use one of {names}", line=line if line > 1 else None
            )


def _refused(data: Any, text: str) -> Iterator[Item]:
    if isinstance(data, Mapping) and "Resources" in data and "States" not in data:
        fix = "give the machine inside it, or check the template with `make sagalint FILE=...`"
        yield _failed(IS_ASL, "This is a template with resources, and not a state machine.", fix)
        return
    for one in refusals(data):
        lines = _lines(text) if isinstance(data, Mapping) else {}
        place = Definition(text, {}, lines)
        sentence = f"{one.message[:1].upper()}{one.message[1:]}." if one.state is None else f"{one.message}."
        line = place.line_of(one.state, *([one.field] if one.field else []))
        yield _failed(
            IS_ASL, sentence, _nearest(data, one.message) or one.fix, state=one.state, field=one.field, line=line
        )


def _nearest(data: Any, message: str) -> str:
    """The state that was meant by a name that no state has; empty if none is like it."""
    found, states = _NO_STATE.search(message), data.get("States") if isinstance(data, Mapping) else None
    if not found or not isinstance(states, Mapping):
        return ""
    close = difflib.get_close_matches(found[1], [str(name) for name in states], n=1)
    return f"write {close[0]}" if close else f"name one that is there: {', '.join(map(str, states))}"


def _failed(name: str, sentence: str, hint: str, **where: Any) -> Item:
    return Item(name=name, mark=Mark.FAILED, sentence=sentence, hint=hint, **where)


def _not_reached(name: str) -> Item:
    return Item(name=name, mark=Mark.NOT_REACHED, sentence="Not reached.")


def _lines(text: str) -> Mapping[tuple[str | int, ...], int]:
    try:
        return {where: lines.first for where, lines in lines_of_json(text).items()}
    except (RecursionError, StopIteration, RuntimeError, ValueError):
        return {}  # a part without a line is still named

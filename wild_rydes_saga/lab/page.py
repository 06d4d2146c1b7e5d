"""Writes the chapters into `docs/lab.md`, and each chapter's answer beside it: `python -m wild_rydes_saga.lab.page`."""

import json
import textwrap
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from wild_rydes_saga.deployed.cdk import ROOT
from wild_rydes_saga.lab.chapters import CHAPTERS, Chapter, answer, filled, skeleton

PAGE: Final = ROOT / "docs" / "lab.md"
ANSWERS: Final = ROOT / "docs" / "answers"
BEGIN: Final = (
    "<!-- chapters: written by `python -m wild_rydes_saga.lab.page`; a test compares them with the code -->\n"
)
END: Final = "<!-- end of the chapters -->\n"
MINE: Final = ".local/mine.asl.json"
_WIDTH: Final = 120
_EMPTY: Final[Mapping[str, Any]] = {"QueryLanguage": "JSONata", "StartAt": "RegisterFare", "States": {}}


def chapters_text() -> str:
    """The chapters as they stand in the page."""
    return "\n".join(_chapter(chapter) for chapter in CHAPTERS)


def written(page: str) -> str:
    """The page with the chapters of the code in it."""
    before, _, rest = page.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n{chapters_text()}\n{END}{after}"


def answer_file(number: int) -> Path:
    """The file with a chapter's answer."""
    return ANSWERS / f"{CHAPTERS[number - 1].file}.asl.json"


def answer_text(number: int) -> str:
    """A chapter's answer, as its file has it."""
    return compact(answer(number)) + "\n"


def compact(value: Any, before: int = 0, indent: int = 0) -> str:
    """JSON for a reader: what fits in a line stands in one. `before` is how much of its first line is taken."""
    line = json.dumps(value)
    if before + len(line) < _WIDTH or not isinstance(value, dict | list) or not value:
        return line
    inner = " " * (indent + 2)
    if isinstance(value, list):
        parts = [f"{inner}{compact(one, indent + 2, indent + 2)}" for one in value]
    else:
        names = [f"{inner}{json.dumps(name)}: " for name in value]
        parts = [
            f"{name}{compact(one, len(name), indent + 2)}" for name, one in zip(names, value.values(), strict=True)
        ]
    opening, closing = "[]" if isinstance(value, list) else "{}"
    return f"{opening}\n{f',{chr(10)}'.join(parts)}\n{' ' * indent}{closing}"


def _chapter(chapter: Chapter) -> str:
    return "\n".join(_parts(chapter))


def _parts(chapter: Chapter) -> Iterator[str]:
    yield f"### Chapter {chapter.number}: {chapter.title}\n"
    yield f"{_prose(chapter.goal)}\n"
    yield "| Field | Value |\n|---|---|"
    for name, value in chapter.payload:
        yield f"| {name} | {value} |"
    yield f"\n{chapter.change}\n" if chapter.change else ""
    yield _fence(chapter)
    yield f"\n{_prose(f'**Hint.** {chapter.hint}')}\n"
    yield f"If you are stuck: [the answer](answers/{answer_file(chapter.number).name}).\n"


def _fence(chapter: Chapter) -> str:
    """What the learner starts from: the whole machine in the first chapter, what is added in the others."""
    shown = filled(_EMPTY, 1) if chapter.number == 1 else _without_nulls(skeleton(chapter.number))
    return f"```json\n{compact(shown)}\n```"


def _prose(text: str) -> str:
    return textwrap.fill(text, _WIDTH, break_long_words=False, break_on_hyphens=False)


def _without_nulls(part: Any) -> Any:
    if isinstance(part, dict):
        return {name: _without_nulls(value) for name, value in part.items() if value is not None}
    return part


def main() -> None:
    """Writes the page and the answers."""
    PAGE.write_text(written(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
    ANSWERS.mkdir(exist_ok=True)
    for chapter in CHAPTERS:
        answer_file(chapter.number).write_text(answer_text(chapter.number), encoding="utf-8")


if __name__ == "__main__":
    main()

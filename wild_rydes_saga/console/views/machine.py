"""The learner's machine: its definition to edit, to check and to deploy, and the lab's chapters."""

from dataclasses import asdict, dataclass, field
from threading import Lock
from typing import Any

from wild_rydes_saga.console.answers import Mistake
from wild_rydes_saga.console.facts.executions import Executions
from wild_rydes_saga.console.facts.redaction import without_numbers
from wild_rydes_saga.console.source import Source
from wild_rydes_saga.deployed.money import money
from wild_rydes_saga.lab import CHAPTERS, Chapter, Mark, RideResult, check, skeleton
from wild_rydes_saga.lab.page import compact
from wild_rydes_saga.lab.reading import read
from wild_rydes_saga.lab.riding import MACHINE, current_definition, deploy


@dataclass
class MachineView:
    """Shows, checks and changes the machine `start-here`."""

    source: Source
    executions: Executions
    _checking: Lock = field(default_factory=Lock, init=False)
    _progress: str = field(default="", init=False)

    def read(self) -> dict[str, Any]:
        """Its definition as it is deployed, laid out for a reader, and the chapters. Neither has a card in it."""
        outputs = self.source.outputs
        text = current_definition(self.source.account, outputs)
        found = read(text, outputs)
        shown = compact(found.definition.data) if found.definition and "\n" not in text else text
        return {
            "definition": without_numbers(shown, self.source.account_id),
            "machine": outputs[MACHINE].rpartition(":")[2],
            "chapters": [_chapter(one) for one in CHAPTERS],
            "outputs": {name: outputs[name] for name in sorted(outputs)},
        }

    def progress(self) -> dict[str, str]:
        """What a check does just now; empty if none runs."""
        return {"progress": self._progress}

    def deploy(self, definition: str) -> dict[str, Any]:
        """Puts a definition into the machine; a ride that runs goes on with the one before."""
        self._refuse_a_card(definition)
        outputs = self.source.outputs
        found = read(definition, outputs)
        if found.definition is None:
            first = next(item for item in found.items if item.mark is Mark.FAILED)
            where = f"Line {first.line}: " if first.line else ""
            raise Mistake(f"{where}{first.sentence.rstrip('.')}. Nothing was deployed.")
        if refusal := deploy(self.source.account, outputs, found.definition.text):
            raise Mistake(f"AWS refuses it: {refusal.rstrip('.')}. Nothing was deployed.")
        return {"done": "Deployed. The next ride of your machine runs this definition."}

    def check(self, definition: str) -> dict[str, Any]:
        """Checks a definition, which stays in the machine: it is read, ridden and checked on every path."""
        self._refuse_a_card(definition)
        if not self._checking.acquire(blocking=False):
            raise Mistake("A check is running. Wait for its end.")
        try:
            checked = check(self.source.account, self.source.outputs, definition, progress=self._say)
        finally:
            self._progress = ""
            self._checking.release()
        return {
            "verdict": checked.verdict,
            "next": checked.next_step,
            "passed": checked.passed,
            "chapter": checked.chapter,
            "items": [asdict(one) for one in checked.items],
            "chapters": [asdict(one) for one in checked.chapters],
            "rides": [self._ride(one) for one in checked.rides],
            "findings": [asdict(one) for one in checked.findings],
        }

    def _refuse_a_card(self, definition: str) -> None:
        """A definition is kept, logged and shown: no card may be in it."""
        if without_numbers(definition, self.source.account_id) != definition:
            raise Mistake("A number like a card's is in the definition: take it out. Nothing was deployed.")

    def _say(self, line: str) -> None:
        self._progress = line

    def _ride(self, one: RideResult) -> dict[str, Any]:
        self.executions.read(one.saga_id)
        return {
            "ride": self.executions.handle(one.saga_id),
            "title": one.title,
            "label": one.label,
            "right": one.right,
            "sentence": one.sentence,
            "paid": money(one.captured - one.refunded),
        }


def _chapter(chapter: Chapter) -> dict[str, Any]:
    return {
        "number": chapter.number,
        "title": chapter.title,
        "goal": chapter.goal,
        "payload": [list(pair) for pair in chapter.payload],
        "change": chapter.change,
        "hint": chapter.hint,
        "skeleton": compact(_without_nulls(skeleton(chapter.number))),
    }


def _without_nulls(part: Any) -> Any:
    """A skeleton without the fields that a chapter takes away: the chapter says that in words."""
    if isinstance(part, dict):
        return {name: _without_nulls(value) for name, value in part.items() if value is not None}
    return part

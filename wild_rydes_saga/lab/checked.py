"""What `make check` found, as data: a page can show it as a list, a terminal as lines."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum


class Mark(StrEnum):
    """What became of an item."""

    PASSED = "passed"
    FAILED = "failed"
    NOT_REACHED = "not reached"


@dataclass(frozen=True, kw_only=True)
class Item:
    """One thing that was checked.

    Attributes:
        name: What was checked, in a few words.
        mark: Whether it passed.
        sentence: What was found.
        hint: How to correct it; empty if there is nothing to correct.
        state: The state that it is about.
        field: The field that it is about.
        line: The line of the definition, from 1.
        column: The column of that line, from 1.
    """

    name: str
    mark: Mark
    sentence: str
    hint: str = ""
    state: str | None = None
    field: str | None = None
    line: int | None = None
    column: int | None = None


@dataclass(frozen=True, kw_only=True)
class ChapterResult:
    """Whether a machine does what a chapter asks.

    Attributes:
        number: The chapter's number, from 1.
        title: Its title.
        passed: Whether the machine does it.
        why: Why it does not; empty if it passes, or if nothing was ridden.
    """

    number: int
    title: str
    passed: bool
    why: str = ""


@dataclass(frozen=True, kw_only=True)
class RideResult:
    """One of the lab's rides on the learner's machine. Money is in minor units.

    Attributes:
        title: The ride's title.
        label: The end of its customerId that forces the failure; the customerId itself if nothing is forced.
        customer_id: Its customerId.
        saga_id: Its execution.
        right: Whether it ended as the lab says.
        status: The execution's status.
        error: The execution's error.
        path: The states that it entered, in order.
        captured: What the rider paid.
        refunded: What the machine gave back.
        credited: What the customer's account kept.
        fare_status: The status of its fare; None if no fare was registered.
        queue: The queue that its message reached: success or failure.
        sentence: What happened, and why if it is not right.
    """

    title: str
    label: str
    customer_id: str
    saga_id: str
    right: bool
    status: str
    error: str | None
    path: tuple[str, ...]
    captured: int
    refunded: int
    credited: int
    fare_status: str | None
    queue: str | None
    sentence: str


@dataclass(frozen=True, kw_only=True)
class LintFinding:
    """A finding of sagalint's.

    Attributes:
        rule: The rule's id.
        level: error, warning or note.
        states: The states that it names.
        sentence: What is wrong.
        fix: What to change.
        line: The line of its first state.
    """

    rule: str
    level: str
    states: tuple[str, ...]
    sentence: str
    fix: str
    line: int | None


@dataclass(frozen=True, kw_only=True)
class Checked:
    """All that was found.

    Attributes:
        items: What was checked, in order.
        chapters: The chapters, each with whether it passed.
        rides: The rides; empty if the machine could not be ridden.
        findings: What sagalint found.
        verdict: The result, in one line.
        next_step: What to do next, in one sentence.
    """

    items: tuple[Item, ...]
    chapters: tuple[ChapterResult, ...]
    rides: tuple[RideResult, ...] = ()
    findings: tuple[LintFinding, ...] = ()
    verdict: str
    next_step: str

    @property
    def passed(self) -> bool:
        """Whether all chapters pass."""
        return all(chapter.passed for chapter in self.chapters)

    @property
    def chapter(self) -> int:
        """How many chapters pass, one after the other from the first."""
        return passed_in_a_row(self.chapters)


def passed_in_a_row(chapters: Sequence[ChapterResult]) -> int:
    """How many chapters pass before the first that does not."""
    return next((number for number, one in enumerate(chapters) if not one.passed), len(chapters))

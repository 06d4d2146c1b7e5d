"""What a rule is, and what a check finds: which rule does not hold, where, a path that shows it, and the fix."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from sagalint.paths.happening import Moment

_MOST_NAMED: Final = 6


class Level(StrEnum):
    """How grave a finding is, the gravest first."""

    ERROR = "error"
    """A path loses or doubles something."""
    WARNING = "warning"
    """The same, but it rests on a guess."""
    NOTE = "note"
    """Hygiene: timeouts, retries, names."""

    def reaches(self, level: "Level") -> bool:
        """Whether it is at least as grave as another level."""
        levels = list(Level)
        return levels.index(self) <= levels.index(level)


@dataclass(frozen=True, kw_only=True)
class Rule:
    """A rule that every saga keeps. It is declared beside its check.

    Attributes:
        id: Its name for tools, in kebab case.
        statement: What must hold, in a sentence.
        consequence: What it costs if it does not hold.
        fix: How to fix it, in general.
        level: How grave a finding is.
        rests_on_plan: Whether a wrong guess of the plan as a whole can make a finding wrong.
        follows_from: The rules whose findings can be the cause of a finding of this one. It is left out if they
            explain every path on which it happens.
    """

    id: str
    statement: str
    consequence: str
    fix: str
    level: Level = Level.ERROR
    rests_on_plan: bool = False
    follows_from: tuple[str, ...] = ()


@dataclass(frozen=True)
class Finding:
    """A rule that does not hold for the machine.

    Attributes:
        rule: The rule.
        states: The states that it is about, the one to fix first.
        message: What is wrong, in a sentence that names them.
        fix: What to change.
        catcher: The catcher to fix, by its position, where it is one. Findings on paths that agree in rule, first
            state and this are one finding, and the nearest of them has the story.
        story: A path that shows it, from the start, with the fewest failures, of these a shortest; empty if it shows
            in a state by itself.
        rests_on: The guesses that it rests on, each a sentence without its full stop; empty if it is sure.
        cause: What makes it one with others of its rule: they are reported as one, which names the states of all.
        gravity: Which of the findings of a rule comes first: the one with the lowest number.
        weighs_as: The id of the rule among whose findings it is sorted, where it does the same harm; its own if empty.
        in_any_machine: Whether it matters also in a machine that undoes nothing.
        graver: Whether it is a warning though its rule is a note: what it is about protects nothing at all.
    """

    rule: Rule
    states: tuple[str, ...]
    message: str
    fix: str
    catcher: int | None = None
    story: tuple[Moment, ...] = ()
    rests_on: tuple[str, ...] = ()
    cause: str = ""
    gravity: int = 0
    weighs_as: str = ""
    in_any_machine: bool = False
    graver: bool = False

    @property
    def level(self) -> Level:
        """How grave it is: as its rule says, but that an error which rests on a guess is a warning."""
        if self.graver and self.rule.level is Level.NOTE:
            return Level.WARNING
        return Level.WARNING if self.rests_on and self.rule.level is Level.ERROR else self.rule.level


@dataclass(frozen=True)
class Report:
    """All that was found.

    Attributes:
        findings: The rules that do not hold.
        accepted: Findings that the plan accepts, each with its reason.
        explored: How many different situations the machine can be in, all of which were explored.
        seconds: How long that took.
    """

    findings: tuple[Finding, ...]
    accepted: tuple[tuple[Finding, str], ...]
    explored: int
    seconds: float


def listed(names: Sequence[str]) -> str:
    """Names as a sentence has them."""
    *most, last = names
    return f"{', '.join(most)} and {last}" if most else last


def either(names: Sequence[str]) -> str:
    """Names of which one is meant: the first of them, and how many more there are."""
    more = len(names) - _MOST_NAMED
    return " or ".join(names[:_MOST_NAMED]) + (f" or one of {more} more" if more > 0 else "")


def them(names: Sequence[str]) -> str:
    """What stands for names in a sentence."""
    return "it" if len(names) == 1 else "them"


def once(*names: str) -> tuple[str, ...]:
    """Names without those that were named before."""
    return tuple(dict.fromkeys(names))

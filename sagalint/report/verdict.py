"""The verdict on machines in one sentence, and what to fix first."""

import textwrap
from collections import Counter
from collections.abc import Sequence
from typing import Final

from sagalint import Finding
from sagalint.report.checked import CheckedMachine
from sagalint.rules.finding import Level
from sagalint.rules.registry import in_order

_LONGEST: Final = 240


def verdict(checked: CheckedMachine) -> str:
    """How many findings a machine has of each level, and which to fix first."""
    worst = _worst(checked)
    if worst:
        line = checked.line_of_finding(worst)
        return f"{counted(checked.counts)}. Fix {_first(worst, checked.counts)}: {_short(worst.message)} (line {line})."
    if checked.findings:
        return "No errors and no warnings."
    if not checked.is_saga:
        return "No compensation found: this looks like no saga."
    return "Nothing found."


def verdict_on_all(machines: Sequence[CheckedMachine]) -> str:
    """The same for several machines together."""
    counts = sum((checked.counts for checked in machines), Counter[Level]())
    bad = [checked for checked in machines if _worst(checked)]
    if not bad:
        return f"{len(machines)} machines: no errors and no warnings."
    worst = min(bad, key=lambda checked: in_order(checked.findings[0]))
    first = worst.findings[0]
    where = f"{worst.source}:{worst.line_of_finding(first)}"
    return (
        f"{counted(counts)} in {len(bad)} of {len(machines)} machines. "
        f"Fix {_first(first, counts)}, in {worst.name}: {_short(first.message)} ({where})."
    )


def counted(counts: Counter[Level], levels: Sequence[Level] = (Level.ERROR, Level.WARNING)) -> str:
    """Counts in words: `2 errors, 1 warning`."""
    there = [level for level in levels if counts[level]]
    return ", ".join(f"{counts[level]} {level.value}{'' if counts[level] == 1 else 's'}" for level in there)


def _first(worst: Finding, counts: Counter[Level]) -> str:
    """What comes first, in words: a warning may do more harm than an error."""
    return "the warning first" if worst.level is Level.WARNING and counts[Level.ERROR] else "first"


def _short(message: str) -> str:
    """As much of a message as a person reads at once."""
    return textwrap.shorten(message, _LONGEST, placeholder=" ...")


def _worst(checked: CheckedMachine) -> Finding | None:
    """The first finding, if it is more than a note."""
    first = next(iter(checked.findings), None)
    return first if first and first.level.reaches(Level.WARNING) else None

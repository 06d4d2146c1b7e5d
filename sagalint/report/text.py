"""The report for a person: the verdict first, then each finding with its story and its fix, then the next command."""

import textwrap
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from sagalint import Finding
from sagalint.own_name import added, typed
from sagalint.report.checked import CheckedMachine
from sagalint.report.verdict import counted, verdict, verdict_on_all
from sagalint.rules.finding import Level, listed

_WIDTH: Final = 110
_MOST_NAMED: Final = 6


def as_text(machines: Sequence[CheckedMachine], show: Level = Level.WARNING) -> str:
    """What was found.

    Args:
        machines: The machines that were checked.
        show: Findings below this level are only counted.
    """
    parts = ["\n".join(_machine(checked, show)) for checked in machines]
    if len(machines) > 1:
        parts.insert(0, "\n".join(_wrapped("", verdict_on_all(machines), indent=0)))
    return "\n\n".join(parts) + "\n"


def _machine(checked: CheckedMachine, show: Level) -> Iterator[str]:
    yield from _wrapped(f"{checked.name} ({checked.source}): ", verdict(checked), indent=0)
    notes = [finding for finding in checked.findings if finding.level is Level.NOTE]
    shown = checked.findings[: len(checked.findings) - len(notes)]
    for number, finding in enumerate((one for one in shown if one.level.reaches(show)), start=1):
        yield ""
        yield f"{number:3}. {finding.level.value} {finding.rule.id}: {_where(checked, finding)}"
        yield from _finding(finding)
    yield from _notes(notes, show)
    for finding, reason in checked.report.accepted:
        yield ""
        yield from _wrapped("Accepted by the plan: ", f"{finding.rule.id}, {finding.message}: {reason}", indent=2)
    yield from _foot(checked, shown)


def _finding(finding: Finding) -> Iterator[str]:
    yield from _wrapped("", f"{sentence(finding.message)}.")
    if finding.rests_on:
        yield from _wrapped("Rests on a guess: ", f"{'; '.join(finding.rests_on)}.")
    yield from _wrapped("To fix: ", f"{finding.fix}.")
    if finding.story:
        yield "     How it comes to that:"
        width = len(str(len(finding.story)))
        for position, moment in enumerate(finding.story, start=1):
            yield from _wrapped(f"  {position:{width}}. ", moment.text)


def _notes(notes: Sequence[Finding], show: Level) -> Iterator[str]:
    """A line for each, or how many are not shown."""
    if not notes:
        return
    yield ""
    if not Level.NOTE.reaches(show):
        many = "1 note is" if len(notes) == 1 else f"{len(notes)} notes are"
        yield f"  {many} not shown: add {added('--show note')}"
        return
    for finding in notes:
        where = listed(finding.states) if finding.states else "the machine"
        yield f"  note {finding.rule.id}: {where}. {finding.rule.fix}"


def _foot(checked: CheckedMachine, shown: Sequence[Finding]) -> Iterator[str]:
    yield ""
    report, states = checked.report, checked.definition.get("States")
    yield (
        f"  {len(states) if isinstance(states, Mapping) else 0} states, {report.explored} situations explored "
        f"in {report.seconds:.2f} s"
    )  # fmt: skip
    if shown:
        yield f"  What a rule means: {typed(f'--explain {shown[0].rule.id}')}"


def summary(machines: Sequence[CheckedMachine]) -> str:
    """What was found in each machine, in a line, for where the report goes elsewhere."""
    levels = [*Level]
    return ", ".join(f"{one.name}: {counted(one.counts, levels) or 'no findings'}" for one in machines)


def sentence(text: str) -> str:
    """A text as a sentence begins. A state's name keeps its letters; a word in lower case begins with a capital."""
    return text[:1].upper() + text[1:]


def _where(checked: CheckedMachine, finding: Finding) -> str:
    named, more = finding.states[:_MOST_NAMED], len(finding.states) - _MOST_NAMED
    names = ", ".join([*named, *([f"{more} more"] if more > 0 else [])])
    return f"{names or 'the machine'} (line {checked.line_of_finding(finding)})"


def _wrapped(label: str, text: str, *, indent: int = 5) -> list[str]:
    return textwrap.wrap(
        label + text,
        _WIDTH,
        initial_indent=" " * indent,
        subsequent_indent=" " * (indent + (len(label) if indent else 2)),
        break_long_words=False,
        break_on_hyphens=False,
    )

"""A page with findings: each story in words, beside a picture of its path."""

from collections.abc import Sequence
from html import escape
from typing import Any, Final

from sagalint import Finding, Happening, Moment
from sagalint.drawing.graph import draw
from sagalint.drawing.page import document, legend
from sagalint.drawing.path import Events
from sagalint.report.checked import CheckedMachine

_STYLE: Final = """
.finding { display: grid; grid-template-columns: minmax(0, 1fr) minmax(0, 1fr); gap: 1rem 1.5rem; margin-bottom: 1rem;
  padding: 1.25rem; background: var(--card); border: 1px solid var(--rule); border-radius: 0.75rem; }
.finding header, .finding p, .finding ol { margin: 0 0 0.75rem; }
.finding code { color: var(--quiet); }
.finding li { margin: 0.35rem 0; overflow-wrap: anywhere; }
.finding .picture { align-self: start; }
.summary { color: var(--quiet); }
@media (max-width: 50rem) { .finding { grid-template-columns: minmax(0, 1fr); } }
"""
_GOES_WRONG: Final = (Happening.CLEAN, Happening.DOUBT, Happening.GAVE_UP, Happening.REFUSED)


def as_html(machines: Sequence[CheckedMachine]) -> str:
    """The findings as one HTML document that stands by itself: no scripts, nothing fetched, every text escaped."""
    body = "\n".join(_machine(one) for one in machines)
    names = ", ".join(one.name for one in machines)
    return document(f"Check of {names}", body, style=_STYLE)


def _machine(checked: CheckedMachine) -> str:
    report = checked.report
    count = len(report.findings)
    found = f"Findings: {count}." if count else "Nothing found."
    summary = f"{checked.name}: {found} {report.explored} situations explored."
    sections = [_section(checked, number, finding) for number, finding in enumerate(report.findings, start=1)]
    whole = f'<div class="picture">{draw(checked.definition, title=checked.name)}</div>' if not count else ""
    return f'<p class="summary">{escape(summary)}</p>\n{legend() if count else ""}\n{whole}' + "\n".join(sections)


def _section(checked: CheckedMachine, number: int, finding: Finding) -> str:
    where = ", ".join(finding.states) or "The machine as a whole"
    story = "\n".join(f"<li>{escape(moment.text)}</li>" for moment in finding.story)
    told = f"<p>How it comes to that:</p><ol>{story}</ol>" if finding.story else ""
    picture = draw(checked.definition, as_events(finding.story), title=finding.message) if finding.story else ""
    label = f"{finding.rule.id} ({finding.level.value})"
    guesses = escape("; ".join(finding.rests_on))
    rests = f"<p><strong>Rests on a guess:</strong> {guesses}.</p>" if guesses else ""
    beside = f'<div class="picture">{picture}</div>' if picture else ""
    return f"""<article class="finding" aria-labelledby="finding-{number}">
<div>
<header><h2 id="finding-{number}">{number}. {escape(where)}</h2><code>{escape(label)}</code></header>
<p>{escape(finding.message)}.</p>
{rests}
{told}
<p><strong>Rule:</strong> {escape(finding.rule.statement)} {escape(finding.rule.consequence)}</p>
<p><strong>To fix:</strong> {escape(finding.fix)}.</p>
</div>
{beside}
</article>"""


def as_events(story: tuple[Moment, ...]) -> Events:
    """A story as the events that an execution would have had, as far as a picture shows them."""
    events: list[dict[str, Any]] = []
    for moment in story:
        events.append({"type": "TaskStateEntered", "stateEnteredEventDetails": {"name": moment.state}})
        if moment.errors and moment.what in _GOES_WRONG:
            events.append({"type": "TaskFailed", "taskFailedEventDetails": {"error": moment.errors[0]}})
        elif moment.what is not Happening.ENDED:
            events.append({"type": "TaskSucceeded"})
        if moment.next:
            events.append({"type": "TaskStateExited", "stateExitedEventDetails": {"name": moment.state}})
    last = story[-1]
    if last.next:
        events.append({"type": "TaskStateEntered", "stateEnteredEventDetails": {"name": last.next}})
        events.append({"type": "TaskScheduled"})
    else:
        events.append({"type": "ExecutionFailed"})
    return events

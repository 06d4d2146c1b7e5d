"""A page with findings: each story in words, beside a picture of its path."""

from collections.abc import Sequence
from html import escape
from typing import Any, Final

from sagalint import Finding, Happening, Moment
from sagalint.drawing.graph import draw
from sagalint.drawing.page import document, legend
from sagalint.drawing.path import Events
from sagalint.report.checked import CheckedMachine
from sagalint.report.verdict import verdict, verdict_on_all
from sagalint.rules.finding import Level, listed

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


def as_html(machines: Sequence[CheckedMachine], show: Level = Level.WARNING) -> str:
    """The findings as one HTML document that stands by itself: no scripts, nothing fetched, every text escaped.

    Args:
        machines: The machines that were checked.
        show: Findings below this level are left out.
    """
    whole = f"<p><strong>{escape(verdict_on_all(machines))}</strong></p>\n" if len(machines) > 1 else ""
    body = whole + "\n".join(_machine(one, show) for one in machines)
    names = ", ".join(one.name for one in machines)
    return document(f"Check of {names}", body, style=_STYLE)


def _machine(checked: CheckedMachine, show: Level) -> str:
    shown = [finding for finding in checked.findings if finding.level.reaches(show)]
    graver = [finding for finding in shown if finding.level is not Level.NOTE]
    sections = [_section(checked, number, finding) for number, finding in enumerate(graver, start=1)]
    whole = "" if graver else f'<div class="picture">{draw(checked.definition, title=checked.name)}</div>'
    head = f"<h2>{escape(checked.name)}</h2>\n<p><strong>{escape(verdict(checked))}</strong></p>"
    explored = f'<p class="summary">{checked.report.explored} situations explored.</p>'
    notes = _notes([finding for finding in shown if finding.level is Level.NOTE])
    return "\n".join([head, explored, legend() if graver else "", whole, *sections, notes])


def _notes(notes: Sequence[Finding]) -> str:
    items = [
        f"<li><code>{escape(finding.rule.id)}</code>: "
        f"{escape(listed(finding.states) if finding.states else 'the machine')}. {escape(finding.rule.fix)}</li>"
        for finding in notes
    ]
    return f"<h3>Notes</h3>\n<ul>{''.join(items)}</ul>" if items else ""


def _section(checked: CheckedMachine, number: int, finding: Finding) -> str:
    where = ", ".join(finding.states) or "The machine as a whole"
    name = escape(checked.name, quote=True).replace(" ", "-")
    story = "\n".join(f"<li>{escape(moment.text)}</li>" for moment in finding.story)
    how = f"<p>How it comes to that:</p><ol>{story}</ol>" if finding.story else ""
    picture = draw(checked.definition, as_events(finding.story), title=finding.message) if finding.story else ""
    label = f"{finding.rule.id} ({finding.level.value})"
    guesses = escape("; ".join(finding.rests_on))
    rests = f"<p><strong>Rests on a guess:</strong> {guesses}.</p>" if guesses else ""
    beside = f'<div class="picture">{picture}</div>' if picture else ""
    return f"""<article class="finding" aria-labelledby="finding-{name}-{number}">
<div>
<header><h3 id="finding-{name}-{number}">{number}. {escape(where)}</h3><code>{escape(label)}</code></header>
<p>{escape(finding.message)}.</p>
{rests}
{how}
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

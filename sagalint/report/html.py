"""A page with the findings of a verification: each story in words, beside a picture of its path."""

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


def proof_page(proved: CheckedMachine) -> str:
    """The findings as one HTML document that stands by itself: no scripts, nothing fetched, every text escaped."""
    report = proved.report
    title = f"Verification of {proved.name}"
    count = len(report.findings)
    found = "Nothing found: no path breaks any of the promises." if not count else f"PathRules broken: {count}."
    summary = f"{found} {report.explored} situations looked at."
    sections = [_section(proved, number, finding) for number, finding in enumerate(report.findings, start=1)]
    whole = f'<div class="picture">{draw(proved.definition, title=proved.name)}</div>' if not count else ""
    body = f'<p class="summary">{escape(summary)}</p>\n{legend() if count else ""}\n{whole}' + "\n".join(sections)
    return document(title, body, style=_STYLE)


def _section(proved: CheckedMachine, number: int, finding: Finding) -> str:
    where = ", ".join(finding.states) or "The machine as a whole"
    story = "\n".join(f"<li>{escape(moment.told)}</li>" for moment in finding.story)
    told = f"<p>How it comes to that:</p><ol>{story}</ol>" if finding.story else ""
    picture = draw(proved.definition, as_events(finding.story), title=finding.problem) if finding.story else ""
    beside = f'<div class="picture">{picture}</div>' if picture else ""
    return f"""<article class="finding" aria-labelledby="finding-{number}">
<div>
<header><h2 id="finding-{number}">{number}. {escape(where)}</h2><code>{escape(finding.rule.id)}</code></header>
<p>{escape(finding.problem)}.</p>
{told}
<p><strong>Promise:</strong> {escape(finding.rule.promise)} {escape(finding.rule.reason)}</p>
<p><strong>To mend:</strong> {escape(finding.mend)}.</p>
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

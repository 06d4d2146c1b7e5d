"""One page with the pictures of several rides side by side."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Final

from sagalint.drawing.graph import PAINTS
from sagalint.drawing.path import Outcome


@dataclass(frozen=True)
class DrawnRide:
    """A ride as the page shows it.

    Attributes:
        title: What was tried.
        status: How the execution ended, in AWS's words: `SUCCEEDED`, `FAILED`, `TIMED_OUT`, `ABORTED`.
        facts: Labels and values, in order: the error, the path, what the ledgers say.
        svg: The picture, as `draw` gives it: it is copied into the page as it is.
    """

    title: str
    status: str
    facts: Sequence[tuple[str, str]]
    svg: str


_STYLE: Final = """
:root { color-scheme: light dark; --ground: #f2f3f3; --card: #fff; --ink: #16191f; --quiet: #545b64; --rule: #d5dbdb; }
@media (prefers-color-scheme: dark) {
  :root { --ground: #0f1b2a; --card: #192534; --ink: #eaeded; --quiet: #a8b3bd; --rule: #36424f; }
}
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 1.5rem; max-width: 108rem; background: var(--ground); color: var(--ink);
  font: 0.875rem/1.45 system-ui, -apple-system, "Segoe UI", Roboto, Arial, sans-serif; }
h1 { margin: 0 0 0.75rem; font-size: 1.4rem; }
h2 { margin: 0; font-size: 1rem; line-height: 1.3; }
.legend { display: flex; flex-wrap: wrap; gap: 0.4rem 1.25rem; margin: 0 0 1.25rem; padding: 0; list-style: none;
  color: var(--quiet); }
.legend li { display: flex; align-items: center; gap: 0.45rem; }
.swatch { width: 1.5rem; height: 0.95rem; border: 2px solid; border-radius: 0.3rem; }
.rides { display: grid; grid-template-columns: minmax(0, 1fr); gap: 0 1rem; }
@media (min-width: 46rem) { .rides { grid-template-columns: repeat(2, minmax(0, 1fr)); } }
@media (min-width: 88rem) { .rides { grid-template-columns: repeat(4, minmax(0, 1fr)); } }
.ride { display: grid; grid-template-rows: subgrid; grid-row: span 3; gap: 0.75rem; margin-bottom: 1rem; padding: 1rem;
  background: var(--card); border: 1px solid var(--rule); border-radius: 0.75rem; min-width: 0; }
.ride header { display: flex; align-items: flex-start; justify-content: space-between; gap: 0.75rem; }
.status { flex: none; padding: 0.1rem 0.6rem; border: 1px solid; border-radius: 1rem; font-size: 0.75rem;
  font-weight: 600; }
.picture { padding: 0.15rem; background: #fff; border: 1px solid var(--rule); border-radius: 0.5rem; }
.picture svg { display: block; width: 100%; max-width: 40rem; height: auto; margin: 0 auto; }
table { width: 100%; border-collapse: collapse; align-self: start; }
th, td { padding: 0.35rem 0; border-top: 1px solid var(--rule); text-align: left; vertical-align: top; }
tr:first-child > * { border-top: 0; }
th { padding-right: 1rem; color: var(--quiet); font-weight: 400; white-space: nowrap; }
td { width: 100%; overflow-wrap: anywhere; }
"""
_STATUSES: Final = {"SUCCEEDED": Outcome.SUCCEEDED, "RUNNING": Outcome.IN_PROGRESS}


def page(rides: Sequence[DrawnRide], *, title: str = "Rides of the fare saga") -> str:
    """The rides as one HTML document, side by side as far as the window is wide.

    The page stands by itself: styles and pictures are inside, there are no
    scripts, and nothing is fetched. Every text is escaped. It follows the
    reader's light or dark theme; the pictures keep their white ground.
    """
    articles = "\n".join(_article(number, ride) for number, ride in enumerate(rides, start=1))
    return document(title, f'{legend()}\n<main class="rides">\n{articles}\n</main>')


def document(title: str, body: str, *, style: str = "") -> str:
    """A document in the pages' style, with its title as its heading.

    Args:
        title: Its title.
        body: What follows the heading, as HTML.
        style: More rules for it.
    """
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{escape(title)}</title>
<style>{_STYLE}{style}</style>
</head>
<body>
<h1>{escape(title)}</h1>
{body}
</body>
</html>
"""


def legend() -> str:
    """What the colours mean."""
    items = "\n".join(_legend_item(outcome) for outcome in Outcome)
    return f'<ul class="legend">\n{items}\n</ul>'


def _colours(outcome: Outcome) -> str:
    border, fill = PAINTS[outcome]
    return f"border-color: {border}; background: {fill}"


def _legend_item(outcome: Outcome) -> str:
    dashed = "; border-style: dashed" if outcome is Outcome.NOT_ENTERED else ""
    return f'<li><span class="swatch" style="{_colours(outcome)}{dashed}"></span>{outcome.value}</li>'


def _article(number: int, ride: DrawnRide) -> str:
    outcome = _STATUSES.get(ride.status, Outcome.FAILED)
    badge = f"{_colours(outcome)}; color: {PAINTS[outcome][0]}"
    facts = "\n".join(_row(label, value) for label, value in ride.facts)
    return f"""<article class="ride" aria-labelledby="ride-{number}">
<header><h2 id="ride-{number}">{escape(ride.title)}</h2>
<span class="status" style="{badge}">{escape(ride.status)}</span></header>
<div class="picture">{ride.svg}</div>
<table>{facts}</table>
</article>"""


def _row(label: str, value: str) -> str:
    return f'<tr><th scope="row">{escape(label)}</th><td>{escape(value)}</td></tr>'

"""The bill as the page shows it: a table for each kind of ride, and a chart of the completed one."""

import re
from collections.abc import Sequence
from html import escape
from typing import Final

from tests.conftest import ROOT
from tests.support.bill.lines import BOOK, LINES, dollars, total
from tests.support.bill.measure import COMPLETED, EXPRESS, STANDARD, Measured
from tests.support.bill.usage import Usage
from tools import limits

PAGE: Final = ROOT / "docs" / "performance.md"
MEASURED: Final = ROOT / "docs" / "measured" / "bill.json"
"""What was measured last, from which the page is made."""
CHART: Final = ROOT / "docs" / "pictures" / "bill.svg"
_TABLES: Final = re.compile(r"(?<=<!-- bill -->\n).*?(?=<!-- end bill -->)", re.DOTALL)
_LIMITS: Final = re.compile(r"(?<=<!-- limits -->\n).*?(?=<!-- end limits -->)", re.DOTALL)
BUSIEST_TABLE_UNITS: Final = 4
"""Of a completed ride, in the accounts table: two rows in a transaction."""
_COLOURS: Final = ("#4269d0", "#efb118", "#ff725c", "#6cc5b0", "#3ca951", "#ff8ab7", "#a463f2", "#9498a0")
_WIDTH: Final = 640
_LABEL: Final = 90
_BAR: Final = 26


def with_bill(page: str, found: Sequence[Measured]) -> str:
    """The page with these bills, and with what follows from them for each rate of rides."""
    return _LIMITS.sub(lambda _: limits_of(found), _TABLES.sub(lambda _: tables(found), page))


def limits_of(found: Sequence[Measured]) -> str:
    """The table of rates, by the bill of completed rides without the simulated book."""
    cost = {one.machine: total(one.usage, book=False) for one in found if one.kind == COMPLETED}
    invocations = {one.machine: one.usage.lambda_requests for one in found if one.kind == COMPLETED}
    by_machine = {
        machine: limits.limits(
            express=machine == EXPRESS, table_units=BUSIEST_TABLE_UNITS, invocations=invocations[machine]
        )
        for machine in (STANDARD, EXPRESS)
    }
    return limits.page(by_machine, cost)


def tables(found: Sequence[Measured]) -> str:
    """A table for each kind of ride, in dollars for a million of them."""
    return "\n".join(_table(kind, found) for kind in dict.fromkeys(one.kind for one in found))


def _table(kind: str, found: Sequence[Measured]) -> str:
    of_kind = [one for one in found if one.kind == kind]
    rows = [
        f"| {kind}: $ per million rides | {' | '.join(one.machine for one in of_kind)} |",
        f"|---|{'---:|' * len(of_kind)}",
        *(_row(line.name, [dollars(one.usage)[line.name] for one in of_kind]) for line in LINES),
        _row("**in all**", [total(one.usage, book=True) for one in of_kind], bold=True),
        _row("**without the book**", [total(one.usage, book=False) for one in of_kind], bold=True),
        "",
        f"{_counts(of_kind)}",
    ]
    return "\n".join(rows) + "\n"


def _row(name: str, amounts: Sequence[float], *, bold: bool = False) -> str:
    mark = "**" if bold else ""
    return f"| {name} | {' | '.join(f'{mark}{amount:.2f}{mark}' for amount in amounts)} |"


def _counts(of_kind: Sequence[Measured]) -> str:
    return "Counted for one: " + "; ".join(f"{one.machine}: {_words(one.usage)}" for one in of_kind) + "."


def _words(used: Usage) -> str:
    facts = [
        (used.transitions, "transitions"),
        (used.express_requests, "Express execution"),
        (used.lambda_requests, "invocations"),
        (used.write_units, "write units"),
        (used.book_write_units, "more in the book"),
        (used.read_units + used.book_read_units, "read units"),
        (used.log_lines, "log lines"),
        (used.publishes, "publish"),
        (used.queue_requests, "queue requests"),
    ]
    return ", ".join(f"{count:g} {what}" for count, what in facts if count)


def chart(found: Sequence[Measured]) -> str:
    """A bar for each machine, by line; a second scale for what the machines' own price hides."""
    completed = [one for one in found if one.kind == COMPLETED]
    everything = _bars(completed, [line.name for line in LINES], "A million completed rides, $")
    rest = [line.name for line in LINES[1:] if line.name != BOOK]
    below = _bars(completed, rest, "The same without Step Functions and the book, $", colours=_COLOURS[1:])
    height = everything[1] + below[1] + 75
    legend = "".join(
        f'<rect x="{10 + 200 * (number % 3)}" y="{20 * (number // 3)}" width="12" height="12"'
        f' fill="{_COLOURS[number]}"/>'
        f'<text x="{27 + 200 * (number % 3)}" y="{10 + 20 * (number // 3)}">{escape(line.name)}</text>'
        for number, line in enumerate(LINES)
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" font-family="sans-serif"'
        f' font-size="11" role="img" aria-label="What a million completed rides cost on each machine, by line">'
        f'<rect width="{_WIDTH}" height="{height}" fill="white"/>'
        f'{everything[0]}<g transform="translate(0 {everything[1]})">{below[0]}</g>'
        f'<g transform="translate(0 {everything[1] + below[1] + 10})">{legend}</g></svg>\n'
    )


def _bars(
    found: Sequence[Measured], names: Sequence[str], title: str, *, colours: Sequence[str] = _COLOURS
) -> tuple[str, int]:
    """The bars of some lines, drawn to one scale, and their height."""
    sums = {one.machine: sum(dollars(one.usage)[name] for name in names) for one in found}
    scale = (_WIDTH - _LABEL - 70) / max(sums.values())
    parts = [f'<text x="10" y="18" font-weight="bold">{escape(title)}</text>']
    for number, one in enumerate(found):
        x, y = float(_LABEL), 30 + number * (_BAR + 8)
        parts.append(f'<text x="10" y="{y + 17}">{escape(one.machine)}</text>')
        for name, colour in zip(names, colours, strict=False):
            width = dollars(one.usage)[name] * scale
            parts.append(f'<rect x="{x:.1f}" y="{y}" width="{width:.1f}" height="{_BAR}" fill="{colour}"/>')
            x += width
        parts.append(f'<text x="{x + 6:.1f}" y="{y + 17}">{sums[one.machine]:.2f}</text>')
    return "".join(parts), 40 + len(found) * (_BAR + 8)

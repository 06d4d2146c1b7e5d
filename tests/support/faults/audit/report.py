"""Shows the matrix: in a terminal, as text, and as a page with every trial of every cell."""

from collections.abc import Sequence
from html import escape
from pathlib import Path
from typing import Final

from rich.console import Console
from rich.table import Table

from tests.support.faults.campaign import Result
from tests.support.faults.matrix import OF_RECOVERY, Cell

_WIDE: Final = 160
_STYLE: Final = """
:root { color-scheme: light dark; --ground: #f2f3f3; --card: #fff; --ink: #16191f; --quiet: #545b64; --rule: #d5dbdb;
  --good: #1d8102; --good-ground: #e9f5e4; --bad: #d13212; --bad-ground: #fdecea; }
@media (prefers-color-scheme: dark) { :root { --ground: #0f1b2a; --card: #192534; --ink: #eaeded; --quiet: #a8b3bd;
  --rule: #36424f; --good: #7bd05f; --good-ground: #1c3322; --bad: #ff8a73; --bad-ground: #45221d; } }
body { margin: 0 auto; padding: 1.5rem; max-width: 96rem; background: var(--ground); color: var(--ink);
  font: 0.875rem/1.45 system-ui, sans-serif; }
h1 { font-size: 1.4rem; margin: 0 0 0.25rem; }
p { color: var(--quiet); margin: 0 0 1rem; }
.scroll { overflow-x: auto; background: var(--card); border: 1px solid var(--rule); border-radius: 0.75rem; }
table { border-collapse: collapse; width: 100%; }
th, td { padding: 0.45rem 0.7rem; border-bottom: 1px solid var(--rule); text-align: left; vertical-align: top; }
th { white-space: nowrap; font-weight: 600; } thead small { display: block; font-weight: 400; color: var(--quiet);
  white-space: normal; min-width: 7rem; }
.passed { color: var(--good); background: var(--good-ground); }
.failed { color: var(--bad); background: var(--bad-ground); }
.none { color: var(--quiet); }
summary { cursor: pointer; white-space: nowrap; } ul { margin: 0.3rem 0 0; padding-left: 1rem; color: var(--ink); }
"""


def show(console: Console, result: Result) -> None:
    """Prints the matrix, the findings, and the verdict."""
    table = Table(title="Trials that passed, of those that were run", title_justify="left", box=None, pad_edge=False)
    table.add_column("task", no_wrap=True)
    for column in result.columns:
        table.add_column(column, justify="right")
    places = result.by_place()
    of_recovery = False
    for row in dict.fromkeys(cell.row for cell in result.cells):
        if row.startswith(OF_RECOVERY) and not of_recovery:
            of_recovery = True
            table.add_row("", end_section=True)
            table.add_row("[dim]of the recovery[/dim]")
        counts = [_count(result, places.get((row, column), [])) for column in result.columns]
        table.add_row(row.removeprefix(OF_RECOVERY), *counts)
    console.print(table)
    for finding in result.findings:
        console.print(f"✗ {finding}", style="red", markup=False, highlight=False)
    style = "green" if result.passed else "red"
    console.print(f"{result.verdict} {result.figures}", style=style, highlight=False)


def write(result: Result, folder: Path) -> None:
    """Writes `report.txt` and `index.html` into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "report.txt").open("w", encoding="utf-8") as file:
        show(Console(file=file, width=_WIDE), result)
    (folder / "index.html").write_text(page(result), encoding="utf-8")


def page(result: Result) -> str:
    """The matrix as one HTML document without further files; each cell opens to its trials."""
    columns, places = result.columns, result.by_place()
    heads = "".join(f"<th>{escape(name)}<small>{escape(meaning)}</small></th>" for name, meaning in columns.items())
    rows = "\n".join(
        f"<tr><th>{escape(row)}</th>{''.join(_cell(result, places.get((row, column), [])) for column in columns)}</tr>"
        for row in dict.fromkeys(cell.row for cell in result.cells)
    )
    of_all_rides = [finding for finding in result.findings if not finding.saga_id]
    rest = "".join(f"<li>{escape(str(finding))}</li>" for finding in of_all_rides)
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>The fault campaign</title>
<style>{_STYLE}</style>
</head>
<body>
<h1>The fault campaign</h1>
<p>{escape(result.verdict)} {escape(result.figures)}
Each cell says how many of its trials passed. Open it to see each one.</p>
<div class="scroll"><table>
<thead><tr><th>task</th>{heads}</tr></thead>
<tbody>
{rows}
</tbody>
</table></div>
<ul>{rest}</ul>
</body>
</html>
"""


def _count(result: Result, cells: Sequence[Cell]) -> str:
    if not cells:
        return "[dim]-[/dim]"
    good = _passed(result, cells)
    colour = "green" if good == len(cells) else "red"
    return f"[{colour}]{good}/{len(cells)}[/{colour}]"


def _passed(result: Result, cells: Sequence[Cell]) -> int:
    return sum(not result.findings_of(cell) for cell in cells)


def _cell(result: Result, cells: Sequence[Cell]) -> str:
    if not cells:
        return '<td class="none">-</td>'
    good = _passed(result, cells)
    items = "".join(_trial(result, cell) for cell in cells)
    kind = "passed" if good == len(cells) else "failed"
    return f'<td class="{kind}"><details><summary>{good} of {len(cells)}</summary><ul>{items}</ul></details></td>'


def _trial(result: Result, cell: Cell) -> str:
    findings = [f"<br>✗ {escape(one.rule)}: {escape(one.what)}" for one in result.findings_of(cell)]
    return f"<li>{escape(cell.trial.label)}{''.join(findings)}</li>"

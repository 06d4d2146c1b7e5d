"""The campaign and the soak from a shell: `python -m tests.support.faults matrix | soak`."""

import argparse
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from lambda_src.payments.gateways import SIMULATED
from tests.support.faults import campaign, soak
from tests.support.faults.audit import report
from tests.support.faults.deployment.started import faulty_cloud
from tests.support.faults.gateways import NAMES
from tests.support.faults.judges import JudgeError
from tests.support.faults.matrix import Cell
from wild_rydes_saga.cli.plainly import run_plainly
from wild_rydes_saga.deployed.cdk import ROOT, CdkError
from wild_rydes_saga.emulator.process import EmulatorError

STANDARD = "standard"
EXPRESS = "express"
REPORT = ROOT / ".local" / "faults"


def main() -> int:
    """Runs the matrix, or a soak; returns 1 if anything was found, or could not be tried."""
    return run_plainly(_run, JudgeError, NoSuchRow, EmulatorError, CdkError)


def _run() -> int:
    arguments = _parser().parse_args()
    console = Console()
    deployed = {"gateway": arguments.gateway, "express": arguments.machine == EXPRESS}
    if arguments.command == "matrix":
        return 0 if run_matrix(console, arguments.report, arguments.only, **deployed) else 1
    limits = {"rides": arguments.rides, "minutes": arguments.minutes}
    return 0 if soak.soak(console, **limits, **deployed) else 1


class NoSuchRow(Exception):
    """The matrix has no row for a task. Says which rows it has."""


def run_matrix(
    console: Console, folder: Path, only: Sequence[str] = (), *, gateway: str = SIMULATED, express: bool = False
) -> bool:
    """Runs cells, shows the matrix, and writes it into a folder; returns whether nothing was found.

    Args:
        console: Where it is shown.
        folder: Where the report is written.
        only: The tasks whose cells are run; all if empty.
        gateway: The payment gateway of the stack.
        express: Whether rides are on Express.

    Raises:
        NoSuchRow: The plan has no such task.
    """
    began = time.monotonic()
    with faulty_cloud(gateway=gateway, express=express) as cloud:
        cells = _of_tasks(campaign.cells_of(cloud), only)
        with bar(console) as progress:
            task = progress.add_task("Rides with faults", total=len(cells))
            result = campaign.run(cloud, cells, tick=lambda: progress.advance(task))
    result = replace(result, seconds=time.monotonic() - began)
    report.show(console, result)
    report.write(result, folder)
    console.print(f"The report: {folder / 'index.html'}, {folder / 'report.txt'}", soft_wrap=True)
    return result.passed


def _of_tasks(cells: list[Cell], tasks: Sequence[str]) -> list[Cell]:
    """The cells of these tasks in both machines; every cell if no task is named."""
    known = {cell.task for cell in cells}
    wrong = sorted(set(tasks) - known)
    if wrong:
        raise NoSuchRow(f"there is no task {', '.join(wrong)}: --only takes {', '.join(sorted(known))}")
    return [cell for cell in cells if not tasks or cell.task in tasks]


def bar(console: Console) -> Progress:
    """A progress bar with how much is done, and the time."""
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        console=console,
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m tests.support.faults", description="Makes the saga's tasks fail, and audits every ride"
    )
    commands = parser.add_subparsers(dest="command", required=True)
    whole = commands.add_parser("matrix", help="each task against each kind of fault")
    whole.add_argument(
        "--only", action="append", default=[], metavar="TASK", help="only this task, such as ChargeFare; repeatable"
    )
    whole.add_argument("--report", type=Path, default=REPORT, help="folder for the report (%(default)s)")
    long = commands.add_parser("soak", help="thousands of rides, a tenth of them with faults, 16 at a time")
    long.add_argument("--rides", type=_positive, default=2000, help="how many (%(default)s)")
    long.add_argument("--minutes", type=_positive, default=30, help="start none after so many minutes (%(default)s)")
    for command in (whole, long):
        command.add_argument(
            "--machine", choices=(STANDARD, EXPRESS), default=STANDARD, help="which machine rides (%(default)s)"
        )
        command.add_argument("--gateway", choices=NAMES, default=SIMULATED, help="the payment gateway (%(default)s)")
    return parser


def _positive(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number above 0")
    return int(text)


if __name__ == "__main__":
    sys.exit(main())

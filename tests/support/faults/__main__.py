"""The campaign and the soak from a shell: `python -m tests.faults matrix | soak`."""

import argparse
import sys
import time
from dataclasses import replace
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from tests.support.faults import campaign, report, soak
from tests.support.faults.cloud import faulty_cloud
from tests.support.faults.matrix import matrix
from wild_rydes_saga.deployed.cdk import ROOT, CdkError
from wild_rydes_saga.emulator.process import EmulatorError

REPORT = ROOT / ".local" / "faults"


def main() -> int:
    """Runs the whole matrix, or a soak; returns 1 if a promise was broken."""
    arguments = _parser().parse_args()
    console = Console()
    try:
        if arguments.command == "matrix":
            return 0 if run_matrix(console, arguments.report) else 1
        return 0 if soak.soak(console, rides=arguments.rides, minutes=arguments.minutes) else 1
    except (EmulatorError, CdkError, TimeoutError, OSError) as error:
        console.print(f"error: {error}", style="red", markup=False)
        return 1
    except KeyboardInterrupt:
        console.print("stopped")
        return 130


def run_matrix(console: Console, folder: Path) -> bool:
    """Runs every cell, shows the matrix, and writes it into a folder; returns whether every promise was kept."""
    began = time.monotonic()
    with faulty_cloud() as cloud:
        cells = matrix(cloud.plan)
        with bar(console) as progress:
            task = progress.add_task("Rides with faults", total=len(cells))
            result = campaign.run(cloud, cells, tick=lambda: progress.advance(task))
    result = replace(result, seconds=time.monotonic() - began)
    report.show(console, result)
    report.write(result, folder)
    console.print(f"The report: {folder / 'index.html'}, {folder / 'report.txt'}", soft_wrap=True)
    return result.passed


def bar(console: Console) -> Progress:
    """A progress bar with what is done, of how many, in what time."""
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
        prog="python -m tests.faults", description="Tries to make the saga break a promise"
    )
    commands = parser.add_subparsers(dest="command", required=True)
    whole = commands.add_parser("matrix", help="every task against everything that can go wrong with it")
    whole.add_argument("--report", type=Path, default=REPORT, help="folder for the report (%(default)s)")
    long = commands.add_parser("soak", help="thousands of rides, some with faults, many at a time")
    long.add_argument("--rides", type=_positive, default=2000, help="how many (%(default)s)")
    long.add_argument("--minutes", type=_positive, default=30, help="start none after so many minutes (%(default)s)")
    return parser


def _positive(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of anything: use 1 or more")
    return int(text)


if __name__ == "__main__":
    sys.exit(main())

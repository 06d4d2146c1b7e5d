"""The bill from a shell: `python -m tests.support.bill`."""

import argparse
import sys
from collections.abc import Sequence

from rich.console import Console
from rich.table import Table

from tests.support.bill.lines import LINES, dollars, total
from tests.support.bill.measure import Measured, as_json, measured
from tests.support.bill.page import CHART, MEASURED, PAGE, chart, with_bill
from tests.support.faults.deployment.started import faulty_cloud
from tests.support.faults.judges import JudgeError
from tests.support.lab_machine.deployment import deploy_lab
from tools.prices import DATED, REGION
from wild_rydes_saga.cli.plainly import run_plainly
from wild_rydes_saga.deployed.cdk import CdkError
from wild_rydes_saga.emulator.process import EmulatorError


def main() -> int:
    """Runs each kind of ride on each machine, prices what AWS would bill, and prints it."""
    return run_plainly(_run, JudgeError, EmulatorError, CdkError)


def _run() -> int:
    arguments = _parser().parse_args()
    console = Console()
    with faulty_cloud() as cloud:
        lab = deploy_lab(cloud.account)
        with console.status("") as status:
            found = measured(cloud, lab, rides=arguments.rides, tick=lambda what: status.update(f"Riding: {what}"))
    show(console, found)
    if arguments.keep:
        MEASURED.parent.mkdir(exist_ok=True)
        MEASURED.write_text(as_json(found), encoding="utf-8")
        CHART.write_text(chart(found), encoding="utf-8")
        PAGE.write_text(with_bill(PAGE.read_text(encoding="utf-8"), found), encoding="utf-8")
    return 0


def show(console: Console, found: Sequence[Measured]) -> None:
    """Prints the bill, a table for each kind of ride."""
    for kind in dict.fromkeys(one.kind for one in found):
        of_kind = [one for one in found if one.kind == kind]
        table = Table(title=f"A million rides: {kind}", title_justify="left")
        table.add_column("$")
        for one in of_kind:
            table.add_column(one.machine, justify="right")
        for line in LINES:
            table.add_row(line.name, *(f"{dollars(one.usage)[line.name]:.2f}" for one in of_kind))
        table.add_section()
        for words, book in (("in all", True), ("without the book", False)):
            table.add_row(words, *(f"{total(one.usage, book=book):.2f}" for one in of_kind))
        console.print(table)
    console.print(f"List prices of {REGION}, {DATED}: tools/prices.py. Times are those of this machine.")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.support.bill", description="What a million rides cost")
    parser.add_argument("--rides", type=int, default=5, help="of each kind, to count (%(default)s)")
    parser.add_argument("--keep", action="store_true", help="write what was measured into docs")
    return parser


if __name__ == "__main__":
    sys.exit(main())

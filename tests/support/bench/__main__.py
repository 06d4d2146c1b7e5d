"""The bench from a shell: `python -m tests.support.bench`."""

import argparse
import statistics
import sys
from functools import partial

from rich.console import Console
from rich.table import Table

from tests.support.bench.run import AT_ONCE, FAILING, HAPPY, LAB, MACHINES, Bench, measure, riders
from tests.support.lab_machine.deployment import deploy_lab
from wild_rydes_saga.cli.plainly import run_plainly
from wild_rydes_saga.cli.progress import phase
from wild_rydes_saga.deployed.account import local_account
from wild_rydes_saga.deployed.cdk import CdkError
from wild_rydes_saga.deployed.local_deployment import deploy_locally
from wild_rydes_saga.emulator.process import EmulatorError, running


def main() -> int:
    """Measures the machines in turn and prints ratios to the lab's."""
    return run_plainly(_run, EmulatorError, CdkError)


def _run() -> int:
    arguments = _parser().parse_args()
    console = Console()
    with running() as cloud:  # as `make up` starts it: what injects faults and counts calls would take time, too
        account, work = local_account(cloud), cloud.folder / "work"
        work.mkdir()
        outputs = deploy_locally(partial(phase, console), account, work / "cdk.out", work / "outputs.json")
        ride_on = riders(account, outputs, deploy_lab(account))
        with console.status("") as status:
            bench = measure(ride_on, rounds=arguments.rounds, rides=arguments.rides, tick=status.update)
    show(console, bench)
    return 0


def show(console: Console, bench: Bench) -> None:
    """Prints what was measured: each figure, and its ratio to the lab's."""
    table = Table()
    table.add_column("")
    for machine in MACHINES:
        table.add_column(machine, justify="right")
    for kind in (HAPPY, FAILING):
        for words, share in (("p50", 0.5), ("p99", 0.99)):
            cells = {machine: bench.latency(machine, kind, share) for machine in MACHINES}
            table.add_row(f"{kind} ride, {words}, ms", *(_cell(cells, one, 1000) for one in MACHINES))
    for width in AT_ONCE:
        cells = {machine: bench.rate(machine, width) for machine in MACHINES}
        table.add_row(f"rides a second, {width} at once", *(_cell(cells, one, 1) for one in MACHINES))
    console.print(table)
    loads = f"{min(bench.loads):.0f} to {max(bench.loads):.0f}, {statistics.median(bench.loads):.0f} in the middle"
    console.print(
        f"In brackets the ratio to the lab's. Each ride begins with a sleep of the emulator's, 150 ms. Load: {loads}."
    )


def _cell(cells: dict[str, float], machine: str, factor: int) -> str:
    return f"{cells[machine] * factor:.1f} ({cells[machine] / cells[LAB]:.2f})"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.support.bench", description="Compares the three machines")
    parser.add_argument("--rounds", type=int, default=3, help="each has every machine once (%(default)s)")
    parser.add_argument("--rides", type=int, default=20, help="in a block (%(default)s)")
    return parser


if __name__ == "__main__":
    sys.exit(main())

"""The soak: thousands of rides over shared fares and customers, a tenth of them with faults, and then the auditor."""

import random
import resource
import sys
import threading
import time
import uuid
from collections import deque
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from lambda_src.payments.gateways import SIMULATED
from lambda_src.recovery.work.open_ride import INVALID
from tests.support.faults import campaign
from tests.support.faults.cloud import FaultyCloud
from tests.support.faults.deployment.started import faulty_cloud
from tests.support.faults.injection.deliveries import ends_of
from tests.support.faults.matrix import Cell
from tests.support.faults.trial import StartedRide, Trial

FAULTY_SHARE: Final = 0.1
AT_ONCE: Final = 16
CUSTOMERS: Final = 40
"""Few enough that rides meet on their accounts."""
_SAMPLES: Final = 10
_MEGABYTE: Final = 1024 * 1024
"""Resident memory that the harness may gain in the second half of a soak; it keeps every ride to audit it."""
_STEADY_MEGABYTES: Final = 64


def soak(
    console: Console,
    *,
    rides: int,
    minutes: int,
    seed: int | None = None,
    gateway: str = SIMULATED,
    express: bool = False,
) -> bool:
    """Runs a soak and prints the findings; returns whether there is none and this process kept its memory steady."""
    chance = random.Random(seed)  # not for security: which rides fail
    with faulty_cloud(gateway=gateway, express=express) as cloud:
        trials = _trials(cloud, rides, chance)
        began = time.monotonic()
        started, memory = _ride_all(console, cloud, trials, deadline=began + minutes * 60)
        took = time.monotonic() - began
        cloud.wait_until_quiet()
        findings = campaign.conclude(cloud, started)
        ends = {one.saga_id: ends_of(cloud.folder, one.saga_id.removesuffix(INVALID)) for one in findings}
        parked = len({message["sagaId"] for message in cloud.reader.parked})
    gained = memory[-1] - memory[len(memory) // 2]
    steady = gained <= _STEADY_MEGABYTES
    with_faults = sum(bool(trial.faults) for trial in trials[: len(started)])
    console.print(f"{len(started)} rides, {AT_ONCE} at a time, {with_faults} of them with faults, in {took:.0f} s")
    console.print(f"{len(started) / took:.1f} rides a second; {parked} parked, where their faults demand it")
    if express:
        again = len(cloud.on_express.started_again)
        console.print(f"{again} ended without an answer before their row was written: their caller started them again")
    console.print(f"memory of the harness, MB: {' '.join(str(round(one)) for one in memory)}")
    for finding in findings:
        console.print(f"✗ {finding}", style="red", markup=False, highlight=False)
        for end in ends[finding.saga_id]:
            console.print(f"  {end.status} {end.error}: {' → '.join(end.path)}", markup=False, highlight=False)
    if not steady:
        console.print(f"✗ the harness gained {gained:.0f} MB in the second half", style="red")
    if findings or not steady:
        return False
    console.print(campaign.PASSED, style="green")
    return True


def _trials(cloud: FaultyCloud, rides: int, chance: random.Random) -> list[Trial]:
    """Rides over shared customers, a tenth of them with the faults of a cell of the matrix."""
    faulty = [cell for cell in campaign.cells_of(cloud) if cell.trial.faults and not cell.trial.again]
    customers = [f"customer-{uuid.uuid4().hex[:12]}" for _ in range(CUSTOMERS)]
    trials = []
    for _ in range(rides):
        if chance.random() < FAULTY_SHARE:
            trials.append(_as_ride(chance.choice(faulty), chance.choice(customers)))
        else:
            trials.append(Trial(label="no fault", customer_id=chance.choice(customers)))
    return trials


def _as_ride(cell: Cell, customer: str) -> Trial:
    trial = cell.trial
    return Trial(
        label=trial.label, faults=trial.faults, customer_id=customer, by_itself=trial.by_itself, may_park=trial.may_park
    )


def _ride_all(
    console: Console, cloud: FaultyCloud, trials: Sequence[Trial], *, deadline: float
) -> tuple[list[StartedRide], list[float]]:
    """Runs the trials until the deadline; returns the rides, and the memory now and then."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    left, lock = deque(trials), threading.Lock()
    started: list[StartedRide] = []
    memory: list[float] = []
    every = max(1, len(trials) // _SAMPLES)
    with Progress(*columns, TimeElapsedColumn(), TimeRemainingColumn(), console=console) as progress:
        task = progress.add_task("Rides", total=len(trials))

        def work() -> None:
            while time.monotonic() < deadline:
                with lock:
                    if not left:
                        return
                    trial = left.popleft()
                rides = cloud.ride(trial)
                with lock:
                    started.extend(rides)
                    if len(started) % every == 0:
                        memory.append(_resident_megabytes())
                progress.advance(task)

        with ThreadPoolExecutor(AT_ONCE) as pool:
            for done in [pool.submit(work) for _ in range(AT_ONCE)]:
                done.result()
    return started, memory or [_resident_megabytes()]


def _resident_megabytes() -> float:
    try:
        with open("/proc/self/statm", encoding="utf-8") as file:  # noqa: PTH123  # a pseudo file of Linux, which Path would read no better
            return int(file.read().split()[1]) * resource.getpagesize() / _MEGABYTE
    except OSError:  # not Linux: the most it ever was
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return peak / (_MEGABYTE if sys.platform == "darwin" else 1024)

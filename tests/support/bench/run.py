"""Runs rides on three machines of one local cloud, in turn and in short blocks, so that each meets the same load."""

import json
import os
import statistics
import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import Final

from tests.support.card import CARD
from tests.support.faults.injection.fault import new_fare_id
from tests.support.lab_machine.deployment import LabMachine
from wild_rydes_saga.deployed.account import Account
from wild_rydes_saga.deployed.rides import LAB_FARE, Rides

LAB: Final = "the lab's"
STANDARD: Final = "Standard"
EXPRESS: Final = "Express"
MACHINES: Final = (LAB, STANDARD, EXPRESS)
HAPPY: Final = "happy"
FAILING: Final = "failing"
SUFFIX: Final = {HAPPY: "", FAILING: "_fail_credit"}
AT_ONCE: Final = (1, 16, 64)
RIDES_OF_EACH: Final = 4
READS_PER_SECOND: Final = 100
"""Reads of all who wait for the end of a Standard execution: one process answers them and runs the rides."""
Ride = Callable[[str, int], float]
"""Starts a ride with the end of its customerId, one of so many at once; returns the seconds until its end."""


@dataclass
class Bench:
    """What was measured.

    Attributes:
        seconds: By machine and kind of ride, how long each ride took, one at a time.
        rates: By machine and how many rides at once, rides a second in each block.
        loads: The machine's load before each round.
    """

    seconds: dict[tuple[str, str], list[float]] = field(default_factory=dict)
    rates: dict[tuple[str, int], list[float]] = field(default_factory=dict)
    loads: list[float] = field(default_factory=list)

    def latency(self, machine: str, kind: str, share: float) -> float:
        """The seconds that so many of a hundred rides did not exceed."""
        taken = sorted(self.seconds[machine, kind])
        return taken[min(len(taken) - 1, int(share * len(taken)))]

    def rate(self, machine: str, at_once: int) -> float:
        """Rides a second: the median of the blocks."""
        return statistics.median(self.rates[machine, at_once])


def riders(account: Account, outputs: Mapping[str, str], lab: LabMachine) -> dict[str, Ride]:
    """By machine, what runs one ride on it."""
    rides = Rides(account, outputs, patience_seconds=120)
    client = account.client("stepfunctions")

    def wait(arn: str, at_once: int) -> None:
        replace(rides, poll_seconds=at_once / READS_PER_SECOND).wait(arn)

    def on_express(given: dict[str, str], _at_once: int) -> None:
        client.start_sync_execution(stateMachineArn=outputs["ExpressSagaAliasArn"], input=json.dumps(given))

    run: dict[str, Callable[[dict[str, str], int], None]] = {
        LAB: lambda given, at_once: wait(lab.start(given), at_once),
        STANDARD: lambda given, at_once: wait(rides.start(given), at_once),
        EXPRESS: on_express,
    }
    return {machine: _timed(one) for machine, one in run.items()}


def _timed(run: Callable[[dict[str, str], int], None]) -> Ride:
    def ride(suffix: str, at_once: int) -> float:
        customer = f"{uuid.uuid4().hex}{suffix}"
        given = {**LAB_FARE, **CARD, "fareId": new_fare_id(), "customerId": customer}
        began = time.perf_counter()
        run(given, at_once)
        return time.perf_counter() - began

    return ride


def measure(
    ride_on: Mapping[str, Ride],
    *,
    rounds: int,
    rides: int,
    at_once: Sequence[int] = AT_ONCE,
    tick: Callable[[str], None] = lambda _what: None,
) -> Bench:
    """Measures latency, then rates, in rounds; each round has each machine once.

    Args:
        ride_on: By machine, what runs one ride.
        rounds: How many rounds.
        rides: How many rides a block of latencies has. For a rate it has at least `RIDES_OF_EACH` for each at once.
        at_once: How many rides run at the same time, for the rates.
        tick: Called with what is done next.
    """
    bench = Bench()
    for machine, ride in ride_on.items():  # its functions' processes start: as many as will ever be at work
        tick(f"first rides, {machine}")
        ride(SUFFIX[FAILING], 1)
        _rate(ride, max(at_once), max(at_once))
    for number, machine, ride in _in_turn(ride_on, rounds):
        bench.loads.append(os.getloadavg()[0])
        for kind, suffix in SUFFIX.items():
            tick(f"round {number + 1} of {rounds}: {kind} rides, {machine}")
            bench.seconds.setdefault((machine, kind), []).extend(ride(suffix, 1) for _ in range(rides))
        for width in at_once:
            tick(f"round {number + 1} of {rounds}: {width} at once, {machine}")
            bench.rates.setdefault((machine, width), []).append(_rate(ride, width, max(rides, RIDES_OF_EACH * width)))
    return bench


def _in_turn(ride_on: Mapping[str, Ride], rounds: int) -> Iterator[tuple[int, str, Ride]]:
    """Each machine once a round; every other round the other way round."""
    for number in range(rounds):
        machines = list(ride_on.items())
        for machine, ride in machines if number % 2 == 0 else reversed(machines):
            yield number, machine, ride


def _rate(ride: Ride, at_once: int, rides: int) -> float:
    with ThreadPoolExecutor(at_once) as pool:
        began = time.perf_counter()
        list(pool.map(ride, [SUFFIX[HAPPY]] * rides, [at_once] * rides))
        return rides / (time.perf_counter() - began)

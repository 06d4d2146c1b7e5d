"""`make drill`: breaks a refund, and lets an operator find, fix and recover the ride with the runbook's commands."""

import re
import shlex
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from rich.console import Console

from lambda_src.fare_status import FAILED
from lambda_src.forced_failures import FAIL_REFUND
from wild_rydes_saga.cli.operator.lift import lift
from wild_rydes_saga.cli.operator.recover import recover_all, recover_ride
from wild_rydes_saga.cli.operator.ride import show_ride
from wild_rydes_saga.cli.operator.rides import list_rides
from wild_rydes_saga.cli.progress import phase
from wild_rydes_saga.cli.screen import duration, print_line
from wild_rydes_saga.deployed.errors import OperatorError
from wild_rydes_saga.deployed.money import money
from wild_rydes_saga.deployed.operations.recoveries import seconds_before_parking
from wild_rydes_saga.deployed.operations.ride_report import RideReport, read_ride
from wild_rydes_saga.deployed.rides import LAB_FARE, Rides
from wild_rydes_saga.deployed.stacks import Stack
from wild_rydes_saga.lab.roles import REFUND

PATIENCE_SECONDS: Final = 15 * 60
_POLL_SECONDS: Final = 1.0
_HINTS: Final = (
    "make rides lists the rides that wait for you",
    "make ride RIDE={name} says why",
    "make lift RIDE={name} ends the forced failure: here it stands for repairing the gateway",
    "make recover RIDE={name} finishes the ride",
)
_COMMAND: Final = re.compile(r"make (rides|ride|lift|recover)\b")


@dataclass(frozen=True)
class Drill:
    """A ride whose refund fails.

    Attributes:
        console: Where the drill prints.
        stack: Where it runs.
        saga_id: The ride.
    """

    console: Console
    stack: Stack
    saga_id: str

    @property
    def name(self) -> str:
        """The name of its execution."""
        return self.saga_id.rpartition(":")[2]

    def report(self) -> RideReport:
        """All facts about the ride."""
        return read_ride(self.stack.account, self.stack.outputs, self.saga_id)

    def is_settled(self) -> bool:
        """Whether the ride is rolled back."""
        return self.report().own_fare.get("fareStatus") == FAILED

    def type(self, line: str) -> bool:
        """Carries out a line of the operator's; returns whether it is a command of the runbook's."""
        found = _COMMAND.match(line)
        if not found:
            return False
        given = dict(word.partition("=")[::2] for word in shlex.split(line)[2:])
        ride = given.get("RIDE", "")
        match found[1]:
            case "rides":
                list_rides(self.console, self.stack, everything=bool(given.get("ALL")))
            case "ride":
                show_ride(self.console, self.stack, ride)
            case "lift":
                lift(self.console, self.stack, ride)
            case _ if given.get("ALL"):
                recover_all(self.console, self.stack)
            case _:
                recover_ride(self.console, self.stack, ride)
        return True


def run_drill(console: Console, stack: Stack, read_line: Callable[[str], str] | None = None) -> bool:
    """Runs the drill; returns whether the ride came out right.

    Args:
        console: Where it prints.
        stack: A stack in the stage workshop.
        read_line: Reads the operator's next line, given a prompt; raises `EOFError` at the end. None types the
            runbook's commands itself.
    """
    began = time.monotonic()
    drill = _broken_ride(console, stack)
    rang = time.monotonic()
    lines = _own_lines(drill) if read_line is None else _typed_lines(drill, read_line)
    for line in lines:
        console.print()
        print_line(console, f"$ {line}", style="bold")
        try:
            if not drill.type(line):
                print_line(console, "The drill knows make rides, make ride, make lift and make recover.")
        except (OperatorError, ValueError) as error:
            print_line(console, f"error: {error}")
        if drill.is_settled():
            break
    wrong = _what_is_wrong(drill)
    console.print()
    for sentence in wrong:
        print_line(console, f"Not right: {sentence}", style="red")
    now = time.monotonic()
    if not wrong:
        print_line(
            console,
            "The rider has the money back, the ride waits for nobody, and the outcome was sent once.",
            style="green",
        )
    print_line(console, f"From the alarm to the end: {duration(now - rang)}. The whole drill: {duration(now - began)}.")
    return not wrong


def _broken_ride(console: Console, stack: Stack) -> Drill:
    """Starts a ride whose refund fails, and waits until its recovery has parked it."""
    rides = Rides(stack.account, stack.outputs)
    payload = {**LAB_FARE, "customerId": f"drill_{FAIL_REFUND}", "fareId": f"drill_{uuid.uuid4().hex[:8]}"}
    with phase(console, "Riding with a credit and a refund that fail"):
        saga_id = rides.start(rides.gateway.paid_with(payload))
        error = rides.wait(saga_id).get("error")
    if error != "SagaRollbackIncomplete":
        raise OperatorError(f"the ride ended with {error}: in the stage production no failure can be forced")
    _print_alarm(console, stack, "RollbackIncomplete")
    drill = Drill(console, stack, saga_id)
    patience = duration(seconds_before_parking(stack.account, stack.outputs, REFUND))
    with phase(console, f"Waiting for the recovery to start, and to give up after up to {patience}"):
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not drill.report().is_parked:
            if time.monotonic() > deadline:
                raise OperatorError("the recovery did not park the ride in time: make rides ALL=1")
            time.sleep(_POLL_SECONDS)
    _print_alarm(console, stack, "RideParked")
    return drill


def _print_alarm(console: Console, stack: Stack, name: str) -> None:
    """Prints what the alarm's mail says; the local cloud sends none."""
    pages = stack.account.client("cloudwatch").get_paginator("describe_alarms")
    alarms = [alarm for page in pages.paginate() for alarm in page["MetricAlarms"]]
    text = next((one["AlarmDescription"] for one in alarms if name in one["AlarmName"]), "its text is not deployed")
    console.print()
    print_line(console, f"ALARM {name}", style="bold red")
    print_line(console, text)


def _own_lines(drill: Drill) -> Iterator[str]:
    yield "make rides"
    for target in ("ride", "lift", "recover"):
        yield f"make {target} RIDE={drill.name}"


def _typed_lines(drill: Drill, read_line: Callable[[str], str]) -> Iterator[str]:
    """The operator's lines; an empty one gives the next hint, unless a command in another shell settled the ride."""
    drill.console.print()
    print_line(drill.console, "It is yours now: docs/runbook.md. Type its commands here or in another shell.")
    print_line(drill.console, "An empty line gives a hint.")
    hints = iter(_HINTS)
    while True:
        try:
            line = read_line("drill> ").strip()
        except EOFError:
            return
        if line:
            yield line
        elif drill.is_settled():
            return
        else:
            print_line(drill.console, next(hints, _HINTS[-1]).format(name=drill.name))


def _what_is_wrong(drill: Drill) -> list[str]:
    """What is not as it must be at the end of the drill."""
    report = drill.report()
    sent = [state for run in (report.run, report.recovery) if run for state in run.notified]
    wrong = []
    if report.paid_minor:
        wrong.append(f"the rider is owed {money(report.paid_minor)}")
    if report.own_fare.get("fareStatus") != FAILED:
        wrong.append(f"the fare is {report.own_fare.get('fareStatus')}, and not {FAILED}")
    if report.parked is not None:
        wrong.append("the ride's message is still in the parked queue")
    if sent != ["NotifyFailure"]:
        wrong.append(f"the outcome was sent {len(sent)} times")
    return wrong

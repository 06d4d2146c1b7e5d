"""A local cloud whose deployed stack can be made to fail: starts rides, waits until nothing moves, audits them."""

import json
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from lambda_src.moments import iso_millis
from lambda_src.recovery.wiring import is_express
from tests.support.card import CARD
from tests.support.faults.audit.auditor import Finding, audit
from tests.support.faults.audit.books import BookReader, Books
from tests.support.faults.deployment.patience import wait_while_it_moves
from tests.support.faults.express.rides import ExpressRides
from tests.support.faults.injection.fault import calls_are_held, new_fare_id, set_faults
from tests.support.faults.judges import JudgedStep
from tests.support.faults.recovery_work import RecoveryWork
from tests.support.faults.trial import StartedRide, Trial
from wild_rydes_saga.deployed.account import Account
from wild_rydes_saga.deployed.money import money
from wild_rydes_saga.deployed.rides import LAB_FARE, Rides, path_of
from wild_rydes_saga.emulator.process import Emulator
from wild_rydes_saga.saga import Plan

MACHINES: Final = ("FareSagaArn", "RecoveryArn")
"""The outputs that name the machines whose tasks can fail."""
AT_ONCE: Final = 3
"""Rides beside each other: more of them, on two processors, would time each other out."""
_QUIET_CHECKS: Final = 2
_POLL_SECONDS: Final = 0.15
_PATIENCE_SECONDS: Final = 120


@dataclass
class FaultyCloud:
    """A deployed stack whose tasks can be made to fail.

    Attributes:
        running: The emulator.
        account: Its account.
        outputs: The stack's outputs.
        plan: The saga's plan.
        judged: The plan's steps with their judges.
        folder: Where the faults are set.
        assembly: The cloud assembly that was deployed.
        reader: Reads the tables, and keeps what it took from the queues.
        started: Every saga that was started here.
    """

    running: Emulator
    account: Account
    outputs: Mapping[str, str]
    plan: Plan
    judged: Sequence[JudgedStep]
    folder: Path
    assembly: Path
    reader: BookReader
    express: bool
    """Whether rides are on Express, if their trial does not say it."""
    proxy_port: int
    """Where a proxy may stand in front of it: its guard takes that as its own Host."""
    started: list[str] = field(default_factory=list)
    on_express: ExpressRides = field(init=False)

    def __post_init__(self) -> None:
        self.on_express = ExpressRides(self.folder)

    @property
    def rides(self) -> Rides:
        """Starts rides and reads histories."""
        return Rides(self.account, self.outputs, patience_seconds=_PATIENCE_SECONDS, poll_seconds=_POLL_SECONDS)

    def services(self) -> dict[str, str]:
        """By task of either machine, the service that it calls: `lambda`, `dynamodb`, `sns`, `sqs`."""
        definitions = [self.rides.definition(machine) for machine in self.machines]
        states = [one for definition in definitions for one in definition["States"].items()]
        return {name: state["Resource"].split(":")[-2] for name, state in states if "Resource" in state}

    @property
    def machines(self) -> tuple[str, str]:
        """The outputs that name the machines whose tasks the campaign lets fail."""
        return ("ExpressSagaArn" if self.express else "FareSagaArn", "RecoveryArn")

    def run(
        self, trials: Sequence[Trial], *, at_once: int = AT_ONCE, tick: Callable[[], None] | None = None
    ) -> list[StartedRide]:
        """Runs trials beside each other to their end; returns the rides. Nothing moves any more when it returns."""

        def one(trial: Trial) -> list[StartedRide]:
            mine = self.ride(trial)
            if tick:
                tick()
            return mine

        with ThreadPoolExecutor(at_once) as pool:
            rides = [ride for mine in pool.map(one, trials) for ride in mine]
        self.wait_until_quiet()
        repeated = {trial.fare_id for trial in trials if trial.delivered_again}
        for ride in (ride for ride in rides if ride.fare_id in repeated):
            self.on_express.deliver_again(self.rides, ride.saga_id)
        if repeated:
            self.wait_until_quiet()
        again = {trial.fare_id for trial in trials if trial.again}
        late = [ride for ride in rides if ride.fare_id in again]
        if late:
            with ThreadPoolExecutor(at_once) as pool:
                list(pool.map(self.make_its_calls_again, late))
            self.wait_until_quiet()
        return rides

    def ride(self, trial: Trial) -> list[StartedRide]:
        """Starts a trial's rides and waits for their executions' ends."""
        rides = self.start(trial)
        for ride in rides:
            if trial.recovered_meanwhile:
                self.recover(ride.saga_id)
            self.wait(ride.saga_id)
        return rides

    def wait(self, saga_id: str) -> None:
        """Waits for the end of a ride's execution; raises `TimeoutError`."""
        if is_express(saga_id):
            self.on_express.wait(self.rides, saga_id, patience_seconds=_PATIENCE_SECONDS)
        else:
            wait_while_it_moves(lambda: self.rides.wait(saga_id), lambda: len(self.rides.history(saga_id)))

    def start(self, trial: Trial) -> list[StartedRide]:
        """Starts a trial's rides."""
        fare_id = trial.fare_id or new_fare_id()
        if trial.again and not trial.fare_id:
            raise ValueError("a trial whose calls are made again names its fare")
        self._write(fare_id, trial.rows_before)
        if trial.faults:
            set_faults(self.folder, fare_id, *trial.faults)
        customer = trial.customer_id or f"customer-{uuid.uuid4().hex[:16]}"
        fields = {**LAB_FARE, **CARD, "fareId": fare_id, "customerId": customer, **trial.changed}
        given = {name: value for name, value in fields.items() if value is not None}
        amount = str(given.get("fareAmount", ""))
        paid = self.rides.gateway.paid_with(given)
        where = trial.express or [self.express] * trial.crowd
        sagas = [self._start(paid, express=express) for express in where]
        self.started += sagas
        return [
            StartedRide(
                saga_id=saga_id,
                fare_id=fare_id,
                customer_id=customer,
                amount_minor=int(amount.strip("$").replace(".", "")) if amount.startswith("$") else 0,
                label=trial.label,
                by_itself=trial.by_itself,
                may_park=trial.may_park,
                must_report=trial.must_report,
            )
            for saga_id in sagas
        ]

    def _start(self, paid: Mapping[str, object], *, express: bool) -> str:
        return self.on_express.start(self.rides, paid) if express else self.rides.start(paid)

    def _entered(self, saga_id: str) -> list[str]:
        """The actions of a ride whose calls its machine has made."""
        actions = [step.action for step in self.plan.steps]
        if is_express(saga_id):
            return [action for action in actions if self.on_express.has_called(saga_id, action)]
        path = path_of(self.rides.history(saga_id))
        return [action for action in actions if action in path]

    def _write(self, fare_id: str, rows: Mapping[str, Callable[[str], Mapping[str, str]]]) -> None:
        client = self.account.client("dynamodb")
        for table, row_of in rows.items():
            row = {name: {"S": value} for name, value in row_of(fare_id).items()}
            client.put_item(TableName=self.outputs[table], Item=row)

    def make_its_calls_again(self, ride: StartedRide) -> None:
        """Makes every call of a function that the ride's actions made, once more: after its compensations."""
        entered = self._entered(ride.saga_id)
        states = self.rides.definition()["States"]
        called = {
            "sagaId": ride.saga_id,
            "startTime": self.start_time(ride.saga_id),
            "customerId": ride.customer_id,
            "fareId": ride.fare_id,
            "fareAmount": money(ride.amount_minor),
            **CARD,
        }
        payload = json.dumps(self.rides.gateway.paid_with(called))
        for step in self.plan.steps:
            function = states[step.action]["Arguments"].get("FunctionName")
            if function and step.action in entered:
                self.account.client("lambda").invoke(FunctionName=function, Payload=payload)

    def start_time(self, saga_id: str) -> str:
        """When an execution started, as its tasks write it."""
        if is_express(saga_id):
            return self.on_express.start_time(self.rides, saga_id)
        started = self.account.client("stepfunctions").describe_execution(executionArn=saga_id)["startDate"]
        return iso_millis(started)

    def recover(self, saga_id: str) -> str:
        """Starts a recovery by hand; returns its execution's ARN."""
        client = self.account.client("stepfunctions")
        given = json.dumps({"executionArn": saga_id})
        return str(
            client.start_execution(stateMachineArn=self.outputs["RecoveryAliasArn"], input=given)["executionArn"]
        )

    @property
    def work(self) -> RecoveryWork:
        """What finds and starts recoveries."""
        return RecoveryWork(self.account, self.outputs)

    def sweep(self) -> None:
        """Runs the sweep now."""
        self.work.sweep()

    def wait_until_quiet(self, *, patience_seconds: float = _PATIENCE_SECONDS) -> None:
        """Waits until no execution runs, no call is held, and no ride waits for its recovery; raises `TimeoutError`."""
        machines = [self.outputs[machine] for machine in MACHINES]
        wait_while_it_moves(
            lambda: self._wait_until_quiet(machines, patience_seconds), lambda: self.work.load(machines)
        )

    def _wait_until_quiet(self, machines: Sequence[str], patience_seconds: float) -> None:
        def moving() -> bool:
            express = self.express and self.work.open_rides() > 0
            return express or calls_are_held(self.folder) or any(self.work.load(machines))

        deadline, quiet = time.monotonic() + patience_seconds, 0
        while quiet < _QUIET_CHECKS:
            if time.monotonic() > deadline:
                raise TimeoutError("executions are still running: nothing can be audited")
            quiet = 0 if moving() else quiet + 1
            time.sleep(_POLL_SECONDS)

    def books(self) -> Books:
        """Reads the judges' tables, and takes what has come to the queues since."""
        return self.reader.read(dict.fromkeys(table for one in self.judged for table in one.judge.tables))

    def audit(self, rides: Sequence[StartedRide]) -> list[Finding]:
        """Checks rides, and what concerns all of them: those findings have no saga's id."""
        return audit(self.books(), rides, self.judged, known=self.started)

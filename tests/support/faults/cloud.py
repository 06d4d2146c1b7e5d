"""A local cloud with the stack deployed and faults at hand: starts rides, waits for quiet, reads the books."""

import contextlib
import json
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from lambda_src.recovery.execution import iso_millis
from tests.support.card import CARD
from tests.support.faults.auditor import Books, Ridden
from tests.support.faults.fault import Fault, calls_are_held, new_fare_id, set_faults
from wild_rydes_saga.deployed import cdk
from wild_rydes_saga.deployed.account import Account, local_account
from wild_rydes_saga.deployed.rides import LAB_FARE, Rides, path_of
from wild_rydes_saga.emulator import process as emulator
from wild_rydes_saga.emulator.process import Emulator
from wild_rydes_saga.saga import Plan

TABLES: Final = ("FaresTableName", "PaymentsTableName", "GatewayTableName", "AccountsTableName")
AT_ONCE: Final = 3
"""Rides beside each other: more of them, on two processors, would time each other out."""
_QUIET_LOOKS: Final = 2
_LOOK_SECONDS: Final = 0.15
_PATIENCE_SECONDS: Final = 120


@dataclass(frozen=True, kw_only=True)
class Trial:
    """A ride to start, with what is to go wrong.

    Attributes:
        label: What goes wrong, for a person.
        faults: What goes wrong.
        fare_id: The fare; a new one if empty.
        customer_id: The customer; a new one if empty.
        changed: Fields of the input that differ from the lab's; None leaves one out.
        by_itself: Whether the ride must end without its recovery.
        may_park: Whether the recovery may give up.
        crowd: How many rides of that fare start at once.
        again: Whether every call of the ride is made once more after its end.
        locked: Whether another saga holds the fare.
        recovered_meanwhile: Whether a recovery is started by hand while the ride runs.
    """

    label: str
    faults: Sequence[Fault] = ()
    fare_id: str = ""
    customer_id: str = ""
    changed: Mapping[str, Any] = field(default_factory=dict)
    by_itself: bool = False
    may_park: bool = False
    crowd: int = 1
    again: bool = False
    locked: bool = False
    recovered_meanwhile: bool = False


@dataclass
class FaultyCloud:
    """A deployed stack whose tasks can be made to fail, and everything that came out of its queues."""

    running: Emulator
    account: Account
    outputs: Mapping[str, str]
    plan: Plan
    folder: Path
    assembly: Path
    taken: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    parked: list[dict[str, Any]] = field(default_factory=list)
    dead: list[object] = field(default_factory=list)

    @property
    def rides(self) -> Rides:
        """Starts rides and reads histories."""
        return Rides(self.account, self.outputs, patience_seconds=_PATIENCE_SECONDS, poll_seconds=_LOOK_SECONDS)

    def run(
        self, trials: Sequence[Trial], *, at_once: int = AT_ONCE, tick: Callable[[], None] | None = None
    ) -> list[Ridden]:
        """Runs trials beside each other to their end; returns the rides. Nothing moves any more when it returns."""

        def one(trial: Trial) -> list[Ridden]:
            ridden = self.ride(trial)
            if tick:
                tick()
            return ridden

        with ThreadPoolExecutor(at_once) as pool:
            rides = [ride for ridden in pool.map(one, trials) for ride in ridden]
        self.wait_until_quiet()
        again = {trial.fare_id for trial in trials if trial.again}
        late = [ride for ride in rides if ride.fare_id in again]
        if late:
            with ThreadPoolExecutor(at_once) as pool:
                list(pool.map(self.make_its_calls_again, late))
            self.wait_until_quiet()
        return rides

    def ride(self, trial: Trial) -> list[Ridden]:
        """Starts a trial's rides and waits for their executions' ends."""
        ridden = self.start(trial)
        for ride in ridden:
            if trial.recovered_meanwhile:
                self.recover(ride.saga_id)
            self.rides.wait(ride.saga_id)
        return ridden

    def start(self, trial: Trial) -> list[Ridden]:
        """Starts a trial's rides."""
        fare_id = trial.fare_id or new_fare_id()
        if trial.again and not trial.fare_id:
            raise ValueError("a trial whose calls are made again names its fare")
        if trial.locked:
            self.lock(fare_id)
        if trial.faults:
            set_faults(self.folder, fare_id, *trial.faults)
        customer = trial.customer_id or f"customer-{uuid.uuid4().hex[:16]}"
        fields = {**LAB_FARE, **CARD, "fareId": fare_id, "customerId": customer, **trial.changed}
        given = {name: value for name, value in fields.items() if value is not None}
        rides = self.rides
        started = [rides.start(given) for _ in range(trial.crowd)]
        amount = str(given.get("fareAmount", ""))
        return [
            Ridden(
                saga_id=saga_id,
                fare_id=fare_id,
                customer_id=customer,
                amount_minor=int(amount.strip("$").replace(".", "")) if amount.startswith("$") else 0,
                label=trial.label,
                by_itself=trial.by_itself,
                may_park=trial.may_park,
            )
            for saga_id in started
        ]

    def lock(self, fare_id: str) -> None:
        """Lets a saga that is none of ours hold a fare."""
        row = {"fareId": fare_id, "sagaId": "another", "startTime": "2020-01-01T00:00:00.000Z", "fareStatus": "pending"}
        self.account.client("dynamodb").put_item(
            TableName=self.outputs["FaresTableName"], Item={name: {"S": value} for name, value in row.items()}
        )

    def make_its_calls_again(self, ride: Ridden) -> None:
        """Makes every call of a function that the ride's actions made, once more: after its compensations."""
        entered = path_of(self.rides.history(ride.saga_id))
        states = self.rides.definition()["States"]
        payload = {
            "sagaId": ride.saga_id,
            "startTime": self.start_time(ride.saga_id),
            "customerId": ride.customer_id,
            "fareId": ride.fare_id,
            "fareAmount": f"${ride.amount_minor // 100}.{ride.amount_minor % 100:02d}",
            **CARD,
        }
        for step in self.plan.steps:
            function = states[step.action]["Arguments"].get("FunctionName")
            if function and step.action in entered:
                self.account.client("lambda").invoke(FunctionName=function, Payload=json.dumps(payload))

    def start_time(self, saga_id: str) -> str:
        """When an execution started, as its tasks write it."""
        started = self.account.client("stepfunctions").describe_execution(executionArn=saga_id)["startDate"]
        return iso_millis(started)

    def function(self, part: str) -> str:
        """The name of the one function whose name has the part."""
        pages = self.account.client("lambda").get_paginator("list_functions").paginate()
        (name,) = [one["FunctionName"] for page in pages for one in page["Functions"] if part in one["FunctionName"]]
        return str(name)

    def hurry_the_sweep(self) -> None:
        """Lets the sweep take whatever is unsettled, at once: nobody waits for half an hour here."""
        client, name = self.account.client("lambda"), self.function("SweepFares")
        variables = client.get_function_configuration(FunctionName=name)["Environment"]["Variables"]
        hurried = {**variables, "UNSETTLED_AFTER_SECONDS": "0", "RECOVERY_PERIOD_SECONDS": "1"}
        client.update_function_configuration(FunctionName=name, Environment={"Variables": hurried})

    def recover(self, saga_id: str) -> str:
        """Starts a recovery by hand; returns its execution's ARN."""
        client = self.account.client("stepfunctions")
        given = json.dumps({"executionArn": saga_id})
        return str(
            client.start_execution(stateMachineArn=self.outputs["RecoveryAliasArn"], input=given)["executionArn"]
        )

    def sweep(self) -> None:
        """Runs the sweep now."""
        self.account.client("lambda").invoke(FunctionName=self.function("SweepFares"), Payload=b"{}")

    def wait_until_quiet(self) -> None:
        """Waits until no execution runs, of saga or recovery, and no call is held; raises `TimeoutError`."""
        client = self.account.client("stepfunctions")
        machines = [self.outputs["FareSagaArn"], self.outputs["RecoveryArn"]]

        def moving() -> bool:
            return calls_are_held(self.folder) or any(
                client.list_executions(stateMachineArn=machine, statusFilter="RUNNING", maxResults=1)["executions"]
                for machine in machines
            )

        deadline, looks = time.monotonic() + _PATIENCE_SECONDS, 0
        while looks < _QUIET_LOOKS:
            if time.monotonic() > deadline:
                raise TimeoutError("executions are still running: nothing can be audited")
            looks = 0 if moving() else looks + 1
            time.sleep(_LOOK_SECONDS)

    def books(self) -> Books:
        """Reads every table, and takes what has come to the queues since."""
        self._take("SuccessQueueUrl", lambda body: self.taken.append(("success", body)))
        self._take("FailureQueueUrl", lambda body: self.taken.append(("failure", body)))
        self._take("ParkedQueueUrl", self.parked.append)
        for url in self._dead_letter_queues():
            self._take(url, self.dead.append)
        fares, payments, gateway, accounts = (self.rows(name) for name in TABLES)
        return Books(
            [row for row in fares if row["sagaId"] != "another"],
            payments,
            gateway,
            accounts,
            list(self.taken),
            list(self.parked),
            list(self.dead),
        )

    def rows(self, table_output: str) -> list[dict[str, Any]]:
        """All rows of a table."""
        pages = self.account.client("dynamodb").get_paginator("scan")
        found = pages.paginate(TableName=self.outputs[table_output], ConsistentRead=True)
        return [
            {name: next(iter(value.values())) for name, value in item.items()}
            for page in found
            for item in page["Items"]
        ]

    def _dead_letter_queues(self) -> list[str]:
        known = {url for name, url in self.outputs.items() if name.endswith("QueueUrl")}
        urls = self.account.client("sqs").list_queues().get("QueueUrls", [])
        return [url for url in urls if url.rpartition("/")[2] not in {one.rpartition("/")[2] for one in known}]

    def _take(self, queue: str, keep: Callable[[dict[str, Any]], None]) -> None:
        client = self.account.client("sqs")
        url = self.outputs.get(queue, queue)
        while messages := client.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", []):
            for message in messages:
                keep(json.loads(message["Body"]))
                client.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])


@contextlib.contextmanager
def faulty_cloud(assembly: Path | None = None) -> Iterator[FaultyCloud]:
    """A local cloud of its own with the stack deployed, for as long as the block lasts.

    Args:
        assembly: A cloud assembly to deploy; the app is synthesised if None.
    """
    with tempfile.TemporaryDirectory(prefix="wild-rydes-") as name:
        folder = Path(name)
        faults = folder / "faults"
        faults.mkdir()
        settings = {"SFN_WAIT_SCALE": "0.001", "FAULTS_FOLDER": str(faults)}
        with emulator.running(settings=settings, module="tests.support.faults.engine") as running:
            account = local_account(running.endpoint_url)
            if assembly is None:
                assembly = folder / "cdk.out"
                cdk.synth(assembly)
            cdk.bootstrap_local(account)
            outputs = cdk.deploy(account, assembly, folder / "outputs.json")
            plan = assembly / "WildRydesSaga.plan.json"
            cloud = FaultyCloud(running, account, outputs, Plan.from_json(plan.read_text()), faults, assembly)
            cloud.hurry_the_sweep()
            yield cloud

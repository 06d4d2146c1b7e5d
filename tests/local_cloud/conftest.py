"""One local cloud with the stack deployed by the CDK CLI, for all rides; faults are set for one fare at a time."""

import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.support.faults.injection.fault import Fault, set_faults
from tests.support.faults.recovery_work import RecoveryWork
from tests.support.local_cloud.doors import Tables, wait_until_quiet
from wild_rydes_saga.deployed import cdk
from wild_rydes_saga.deployed.account import local_account
from wild_rydes_saga.deployed.operations import parked
from wild_rydes_saga.deployed.rides import LAB_FARE, Rides
from wild_rydes_saga.deployed.stacks import Outputs
from wild_rydes_saga.emulator import process as emulator
from wild_rydes_saga.emulator.process import Emulator


@dataclass
class Faults:
    """The faults that the emulator injects, in both machines."""

    folder: Path
    faults: dict[str, list[Fault]] = field(default_factory=dict)

    def inject(self, fare_id: str, task: str, error: str, *, after: bool = False, times: int | None = None) -> None:
        """Lets a task of a fare's rides fail: `times` times, or every time."""
        mine = self.faults.setdefault(fare_id, [])
        mine.append(Fault(state=task, error=error, after=after, times=times, machine=None))
        set_faults(self.folder, fare_id, *mine)

    def clear(self, fare_id: str) -> None:
        """Lets nothing of a fare's rides fail any more."""
        set_faults(self.folder, fare_id)


@pytest.fixture(scope="session")
def faults_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("faults")


@pytest.fixture(scope="session")
def cloud(faults_folder: Path) -> Iterator[Emulator]:
    settings = {"SFN_WAIT_SCALE": "0.001", "FAULTS_FOLDER": str(faults_folder)}
    with emulator.running(settings=settings, module="tests.support.faults.injection.engine") as running:
        yield running


@pytest.fixture(scope="session")
def rides(cloud: Emulator, assembly: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rides]:
    """The stack as `cdk deploy` leaves it, with recoveries that wait for nothing."""
    folder = tmp_path_factory.mktemp("deployment")
    account = local_account(cloud)
    cdk.bootstrap_local(account)
    outputs = cdk.deploy(account, assembly, folder / "outputs.json")
    work = RecoveryWork(account, outputs)
    work.hurry()
    with work.started_often():
        yield Rides(account, outputs, patience_seconds=60)


@pytest.fixture
def faults(faults_folder: Path) -> Faults:
    return Faults(faults_folder)


@pytest.fixture
def fare_id() -> str:
    """A fare of the test's own."""
    return f"wr_{uuid.uuid4().hex[:12]}"


@pytest.fixture
def payload(fare_id: str) -> Callable[..., dict[str, Any]]:
    """Makes an input for the test's own fare; a field given as None is left out."""

    def make(**changed: Any) -> dict[str, Any]:
        fields = {**LAB_FARE, "fareId": fare_id, **changed}
        return {name: value for name, value in fields.items() if value is not None}

    return make


@pytest.fixture
def outputs(rides: Rides) -> Iterator[Outputs]:
    """The stack's outputs, but with a parked queue, fares and outcomes of the test's own, all empty."""
    sqs, dynamodb = rides.account.client("sqs"), rides.account.client("dynamodb")
    name = f"own-{uuid.uuid4().hex}"
    queue_url = sqs.create_queue(QueueName=name)["QueueUrl"]
    copies = {output: f"{name}-{output}" for output in ("FaresTableName", "OutcomesTableName")}
    for output, copy in copies.items():
        there = dynamodb.describe_table(TableName=rides.outputs[output])["Table"]
        indexes = [
            {one: index[one] for one in ("IndexName", "KeySchema", "Projection")}
            for index in there["GlobalSecondaryIndexes"]
        ]
        dynamodb.create_table(
            TableName=copy,
            AttributeDefinitions=there["AttributeDefinitions"],
            KeySchema=there["KeySchema"],
            GlobalSecondaryIndexes=indexes,
            BillingMode="PAY_PER_REQUEST",
        )
    yield {**rides.outputs, **copies, "ParkedQueueUrl": queue_url}
    sqs.delete_queue(QueueUrl=queue_url)
    for copy in copies.values():
        dynamodb.delete_table(TableName=copy)


@pytest.fixture
def tables(rides: Rides) -> Tables:
    """Every row of the stack, to compare."""
    return Tables(rides, expired_at=time.time() + 300)


@pytest.fixture(scope="module")
def quiet(rides: Rides) -> None:
    """Nothing that earlier tests left running writes to a table during these."""
    wait_until_quiet(rides)


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """A queue is read without waiting: the local cloud has one server."""
    monkeypatch.setattr(parked, "_LONG_POLL_SECONDS", 0)

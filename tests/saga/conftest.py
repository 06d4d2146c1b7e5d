"""One local cloud with the stack deployed by the CDK CLI, for all rides; faults are set for one fare at a time."""

import json
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from wild_rydes_saga.local import cdk, emulator
from wild_rydes_saga.local.account import local_account
from wild_rydes_saga.local.emulator import Emulator
from wild_rydes_saga.local.rides import LAB_FARE, Rides

TASKS = {
    "RegisterFare": "dynamodb:putItem",
    "ChargeFare": "ChargeFareFunction",
    "CustomerAccountCredit": "CreditCustomerAccoun",
    "SetFareStatusCompleted": "SET fareStatus = :completed",
    "NotifySuccess": "Transaction Succeeded",
    "ReverseAccountCredit": "ReverseAccountCredi",
    "RefundFare": "RefundFareFunction",
    "SetFareStatusFailed": "SET fareStatus = :failed",
    "NotifyFailure": "Transaction Failed",
}
"""What tells each task's call from the others'."""


@dataclass
class Faults:
    """The faults that the emulator injects."""

    file: Path
    faults: list[dict[str, Any]] = field(default_factory=list)

    def inject(self, fare_id: str, task: str, error: str, *, after: bool = False, times: int | None = None) -> None:
        """Lets a task of a fare's rides fail: `times` times, or every time."""
        self.faults.append(
            {
                "id": uuid.uuid4().hex,
                "fare": fare_id,
                "task": TASKS[task],
                "error": error,
                "cause": "injected",
                "after": after,
                "times": times,
            }
        )
        self.file.write_text(json.dumps(self.faults))


@pytest.fixture(scope="session")
def faults_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("faults") / "faults.json"
    path.write_text("[]")
    return path


@pytest.fixture(scope="session")
def cloud(faults_file: Path) -> Iterator[Emulator]:
    settings = {"SFN_WAIT_SCALE": "0.001", "FAULTS_FILE": str(faults_file)}
    with emulator.running(settings=settings, module="tests.saga.faulty_emulator") as running:
        yield running


@pytest.fixture(scope="session")
def rides(cloud: Emulator, tmp_path_factory: pytest.TempPathFactory) -> Rides:
    """The stack as `cdk deploy` leaves it."""
    folder = tmp_path_factory.mktemp("deployment")
    account = local_account(cloud.endpoint_url)
    cdk.synth(folder / "cdk.out")
    cdk.bootstrap_local(account)
    outputs = cdk.deploy(account, folder / "cdk.out", folder / "outputs.json")
    return Rides(account, outputs, patience_seconds=60)


@pytest.fixture
def faults(faults_file: Path) -> Iterator[Faults]:
    yield Faults(faults_file)
    faults_file.write_text("[]")


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

"""The list of rides to recover, its queues in moto, and the settings of the functions that work it off."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final

import pytest
from moto import mock_aws

from lambda_src import environment
from lambda_src.recovery import parking, start_recoveries, wiring
from lambda_src.recovery.work.work_list import WorkList
from tests.support.handlers.tables import PAYMENTS, REGION
from tests.support.recovery.executions import MACHINE_ARN, RECOVERY_ARN
from tests.support.recovery.recovery_cloud import INDEX, OPEN_INDEX, OUTCOMES, WORK_INDEX, FaresBesideLedgers

OTHER_MACHINE: Final = MACHINE_ARN.replace("fare-saga", "start-here")
_SETTINGS: Final = {
    environment.MACHINE_ARNS: f"{MACHINE_ARN},{OTHER_MACHINE}",
    environment.RECOVERY_ARN: f"{RECOVERY_ARN}:live",
    environment.UNSETTLED_INDEX: INDEX,
    environment.UNSETTLED_AFTER_SECONDS: "600",
    environment.OPEN_INDEX: OPEN_INDEX,
    environment.OPEN_FOR_SECONDS: "420",
    environment.LONGEST_EXECUTION_SECONDS: "3600",
    environment.RECOVERY_GRACE_SECONDS: "20",
    environment.RECOVERY_LEASE_SECONDS: "600",
    environment.RECOVERY_REPEAT_SECONDS: "120",
    environment.RECOVERIES_AT_ONCE: "20",
    environment.PAYMENTS_TABLE: PAYMENTS,
}


@pytest.fixture
def settings(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the stack gives to the functions."""
    for name, value in _SETTINGS.items():
        monkeypatch.setenv(name, value)


@pytest.fixture
def work(fares: FaresBesideLedgers, settings: None) -> WorkList:
    """The list of rides to recover, empty."""
    return WorkList(OUTCOMES, WORK_INDEX)


@dataclass(frozen=True)
class Queues:
    """The queue of outcomes and the parked queue."""

    client: Any
    outcomes: str
    parked: str

    def parked_messages(self) -> list[dict[str, Any]]:
        """Takes the messages out of the parked queue."""
        answer = self.client.receive_message(QueueUrl=self.parked, MaxNumberOfMessages=10)
        return [dict(one) for one in answer.get("Messages", [])]


@pytest.fixture(scope="session")
def _sqs_client() -> Any:
    with mock_aws(), pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
        wiring.sqs.cache_clear()
        made = wiring.sqs()
        wiring.sqs.cache_clear()
        return made


@pytest.fixture
def queues(fares: FaresBesideLedgers, _sqs_client: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Queues]:
    """The queues, empty."""
    made = [_sqs_client.create_queue(QueueName=name)["QueueUrl"] for name in ("outcomes", "parked")]
    outcomes, parked = made
    monkeypatch.setenv(environment.OUTCOMES_QUEUE_URL, outcomes)
    monkeypatch.setenv(environment.PARKED_QUEUE_URL, parked)
    for module in (wiring, parking):
        monkeypatch.setattr(module, "sqs", lambda: _sqs_client)
    yield Queues(_sqs_client, outcomes, parked)
    for url in made:
        _sqs_client.delete_queue(QueueUrl=url)


@pytest.fixture
def rounds(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], Callable[[], bool]]:
    """Time for so many rounds of the starter, which makes no pauses."""
    monkeypatch.setattr(start_recoveries, "_PAUSE_SECONDS", 0)

    def time_for(number: int) -> Callable[[], bool]:
        left = iter([True] * number)
        return lambda: next(left, False)

    return time_for

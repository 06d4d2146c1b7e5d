"""What finds and starts recoveries in a deployed stack: made to wait for nothing, read, and run by hand."""

import contextlib
import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from botocore.exceptions import BotoCoreError, ClientError

from lambda_src import environment
from lambda_src.recovery.work.work_row import DUE, RECOVERING, WAITING, WORK
from tests.support.publish import publish
from wild_rydes_saga.deployed.account import Account
from wild_rydes_saga.machines.outcomes import OPEN_INDEX, WORK_INDEX
from wild_rydes_saga.services.fares import UNSETTLED_INDEX

HURRIED: Final = {
    environment.UNSETTLED_AFTER_SECONDS: "0",
    environment.RECOVERY_GRACE_SECONDS: "0",
    environment.RECOVERY_REPEAT_SECONDS: "0",
    environment.RECOVERY_LEASE_SECONDS: "2",
}
"""No test waits for half an hour."""
SHORT_PATIENCE: Final = 40
"""Attempts while a task meets an overload: a fault that never ends is waited for no longer than a test."""
QUEUES: Final = ("EndedQueue", "OutcomesQueue")
_EVERY_SECONDS: Final = 0.3
_SETTLED_WITHIN: Final = 70
"""Seconds in which a sweep and a recovery settle a fare that has been unsettled for long enough.

What a row says that was written in the last minute counts as newer than what the sweep has read in an index.
"""
_SWEEP_SECONDS: Final = 2.0
_COUNTS: Final = (
    "ApproximateNumberOfMessages",
    "ApproximateNumberOfMessagesNotVisible",
    "ApproximateNumberOfMessagesDelayed",
)


@dataclass(frozen=True)
class RecoveryWork:
    """The queues, the list and the functions in front of the recovery's machine."""

    account: Account
    outputs: Mapping[str, str]

    def set(self, **wanted: str) -> None:
        """Changes variables of every function that has them."""
        client = self.account.client("lambda")
        for name in self._functions():
            variables = client.get_function_configuration(FunctionName=name).get("Environment", {}).get("Variables", {})
            changed = {**variables, **{one: value for one, value in wanted.items() if one in variables}}
            if changed != variables:
                client.update_function_configuration(FunctionName=name, Environment={"Variables": changed})

    def hurry(self) -> None:
        """Lets an ended execution be looked for at once, and a recovery start as soon as it is due."""
        self.set(**HURRIED)
        self.set_overload_attempts(SHORT_PATIENCE)
        self.account.client("sqs").set_queue_attributes(
            QueueUrl=self.queue("EndedQueue"), Attributes={"DelaySeconds": "0"}
        )

    def wait_for_open_rides(self, seconds: int) -> None:
        """Lets an Express ride be recovered when it was open for so long."""
        names = (environment.OPEN_FOR_SECONDS, environment.UNSETTLED_AFTER_SECONDS)
        self.set(**dict.fromkeys(names, str(seconds)))

        def change(states: dict[str, Any]) -> None:
            states["InspectExecution"]["Arguments"]["Payload"]["openForSeconds"] = seconds

        self._change_recovery(change)

    def set_overload_attempts(self, attempts: int) -> None:
        """Changes how often a recovery's tasks are retried in an overload; they must not do so for ever here."""

        def change(states: dict[str, Any]) -> None:
            for state in states.values():
                for retry in state.get("Retry", []):
                    if retry["MaxAttempts"] >= SHORT_PATIENCE:
                        retry["MaxAttempts"] = attempts

        self._change_recovery(change)

    def _change_recovery(self, change: Callable[[dict[str, Any]], None]) -> None:
        client, arn = self.account.client("stepfunctions"), self.outputs["RecoveryArn"]
        before = client.describe_state_machine(stateMachineArn=arn)["definition"]
        definition = json.loads(before)
        change(definition["States"])
        if json.dumps(definition) != before:
            client.update_state_machine(stateMachineArn=arn, definition=json.dumps(definition))
            publish(self.account, self.outputs)

    def sweep(self) -> None:
        """Runs the sweep now."""
        self._run("SweepFares")

    def start(self) -> None:
        """Starts the recoveries that are due now."""
        self._run("StartRecoveries")

    @contextlib.contextmanager
    def started_often(self) -> Iterator[None]:
        """Starts recoveries as soon as they are due, as a very frequent schedule would, while the block lasts."""

        def start_if_due() -> None:
            if self.waits():
                self.start()

        with _repeated(start_if_due, _EVERY_SECONDS):
            yield

    @contextlib.contextmanager
    def swept_often(self) -> Iterator[None]:
        """Sweeps as a frequent schedule would, while the block lasts."""
        with _repeated(self.sweep, _SWEEP_SECONDS):
            yield

    def at_once(self) -> int:
        """How many recoveries may run at the same time, as the deployed function is configured."""
        client = self.account.client("lambda")
        found = client.get_function_configuration(FunctionName=self.function("StartRecoveries"))
        return int(found["Environment"]["Variables"][environment.RECOVERIES_AT_ONCE])

    def load(self, machine_arns: Sequence[str]) -> tuple[object, ...]:
        """What is left to do: rides on the list, messages, and executions of machines that run."""
        client = self.account.client("stepfunctions")
        running = [
            one["executionArn"]
            for machine in machine_arns
            for one in client.list_executions(stateMachineArn=machine, statusFilter="RUNNING")["executions"]
        ]
        return *(self.rides(word) for word in (DUE, RECOVERING, WAITING)), self.messages(), running

    def waits(self) -> bool:
        """Whether a ride waits for its recovery, or for that to end."""
        return any(self.rides(word) for word in (DUE, RECOVERING, WAITING))

    def rides(self, word: str) -> int:
        """How many rides are on the list, by what is left to do for them."""
        answer = self.account.client("dynamodb").query(
            TableName=self.outputs["OutcomesTableName"],
            IndexName=WORK_INDEX,
            KeyConditionExpression="#work = :word",
            ExpressionAttributeNames={"#work": WORK},
            ExpressionAttributeValues={":word": {"S": word}},
            Select="COUNT",
        )
        return int(answer["Count"])

    def open_rides(self) -> int:
        """How many Express rides are open: those that were cut off wait for the sweep."""
        answer = self.account.client("dynamodb").scan(
            TableName=self.outputs["OutcomesTableName"], IndexName=OPEN_INDEX, Select="COUNT"
        )
        return int(answer["Count"])

    def wait_for_overdue(self, fare_ids: Sequence[str]) -> None:
        """Waits until fares are settled, or have been unsettled for so long that sweep and recovery had their time."""
        configured = self.account.client("lambda").get_function_configuration(FunctionName=self.function("SweepFares"))
        overdue_after = int(configured["Environment"]["Variables"][environment.UNSETTLED_AFTER_SECONDS])
        deadline = time.monotonic() + overdue_after + _SETTLED_WITHIN
        while time.monotonic() < deadline and not self._unsettled().isdisjoint(fare_ids):
            self.sweep()
            time.sleep(_SWEEP_SECONDS)

    def _unsettled(self) -> frozenset[str]:
        scan = self.account.client("dynamodb").get_paginator("scan")
        pages = scan.paginate(TableName=self.outputs["FaresTableName"], IndexName=UNSETTLED_INDEX)
        return frozenset(row["fareId"]["S"] for page in pages for row in page["Items"])

    def messages(self) -> int:
        """How many messages the functions have not worked off."""
        client = self.account.client("sqs")
        asked = [client.get_queue_attributes(QueueUrl=self.queue(one), AttributeNames=list(_COUNTS)) for one in QUEUES]
        return sum(int(value) for answer in asked for value in answer["Attributes"].values())

    def queue(self, part: str) -> str:
        """The address of the one queue whose name has the part."""
        (url,) = [one for one in self.account.client("sqs").list_queues()["QueueUrls"] if part in one]
        return str(url)

    def function(self, part: str) -> str:
        """The name of the one function whose name has the part."""
        (name,) = [one for one in self._functions() if part in one]
        return name

    def _functions(self) -> list[str]:
        pages = self.account.client("lambda").get_paginator("list_functions").paginate()
        return [str(one["FunctionName"]) for page in pages for one in page["Functions"]]

    def _run(self, part: str) -> None:
        answer = self.account.client("lambda").invoke(FunctionName=self.function(part), Payload=b"{}")
        if "FunctionError" in answer:
            raise RuntimeError(f"{part} failed: {answer['Payload'].read().decode()}")


@contextlib.contextmanager
def _repeated(work: Callable[[], None], seconds: float) -> Iterator[None]:
    """Does the work again and again while the block lasts."""
    ended = threading.Event()

    def run() -> None:
        while not ended.wait(seconds):
            # The cloud may be restarted, or get another version of the function: the next time is soon.
            with contextlib.suppress(BotoCoreError, ClientError, RuntimeError):
                work()

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()

"""A deployed stack once more, on moto in this process: tables, queues, topic and machines, and the real handlers."""

import contextlib
import functools
import importlib
import json
import os
import sys
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Final
from unittest.mock import patch

import boto3
from moto import mock_aws
from moto.core.models import DEFAULT_ACCOUNT_ID

from lambda_src import dynamodb, environment
from lambda_src.payments import vault
from lambda_src.recovery import wiring
from lambda_src.recovery.work.work_row import DUE, RECOVERING, WAITING, WORK
from tests.support.card import CARD
from tests.support.faults.audit.books import BookReader, rows_of
from tests.support.faults.injection.fault import set_faults
from tests.support.second_judge.on_moto.deployed_stack import QUEUES, DeployedStack
from tests.support.second_judge.on_moto.faults import faults_in_moto
from tests.support.second_judge.on_moto.observation import Observation, observe, recoveries_of
from tests.support.second_judge.on_moto.patches import patched_interpreter
from tests.support.second_judge.on_moto.trials import Tried
from tests.support.second_judge.reference import Reference
from wild_rydes_saga.deployed.account import LOCAL_ACCOUNT_ID, Account
from wild_rydes_saga.deployed.rides import LAB_FARE
from wild_rydes_saga.emulator.access_key import REGION

_ROLE: Final = f"arn:aws:iam::{DEFAULT_ACCOUNT_ID}:role/moto"
_SCALE: Final = 0.001
_POLL_SECONDS: Final = 0.05
_PATIENCE_SECONDS: Final = 60
_KEPT_BY_HANDLERS: Final = (dynamodb.client, wiring.step_functions, wiring.sqs, vault.kms)
_BADLY: Final = ("FAILED", "TIMED_OUT", "ABORTED")


@dataclass(frozen=True)
class MotoAccount(Account):
    """The account in this process."""

    clients: dict[str, Any] = field(default_factory=dict)

    def client(self, service: str) -> Any:
        """A client of moto's."""
        if service not in self.clients:
            self.clients[service] = boto3.client(service, region_name=REGION)
        return self.clients[service]


@dataclass
class MotoCloud:
    """A stack on moto.

    Attributes:
        stack: What is deployed.
        account: Its account.
        folder: Where the faults are set.
    """

    stack: DeployedStack
    account: MotoAccount
    folder: Path

    def deploy(self) -> None:
        """Makes everything that the stack has."""
        for table in self.stack.tables:
            self.account.client("dynamodb").create_table(**table, BillingMode="PAY_PER_REQUEST")
        for queue in self.stack.queues:
            self.account.client("sqs").create_queue(QueueName=queue)
        topic = self.stack.outputs["NotificationsTopicArn"]
        self.account.client("sns").create_topic(Name=topic.rpartition(":")[2])
        for subscription in self.stack.subscriptions:
            self.account.client("sns").subscribe(**subscription)
        client = self.account.client("stepfunctions")
        for output, definition in self.stack.definitions.items():
            name = self.stack.outputs[output].rpartition(":")[2]
            client.create_state_machine(name=name, definition=definition, roleArn=_ROLE)

    def run(self, tried: Tried) -> Observation:
        """Runs a trial as it was run in the local cloud, under the same name, to the end of its recoveries."""
        reader, trial = BookReader(self.account, self.stack.outputs), tried.cell.trial
        ride = replace(tried.ride, saga_id=tried.ride.saga_id.replace(LOCAL_ACCOUNT_ID, DEFAULT_ACCOUNT_ID))
        self._write(tried)
        set_faults(self.folder, ride.fare_id, *trial.faults)
        fields = {**LAB_FARE, **CARD, "fareId": ride.fare_id, "customerId": ride.customer_id, **trial.changed}
        self.account.client("stepfunctions").start_execution(
            stateMachineArn=self.stack.outputs["FareSagaArn"],
            name=ride.saga_id.rpartition(":")[2],
            input=json.dumps({name: value for name, value in fields.items() if value is not None}),
        )
        if self._end_of(ride.saga_id) in _BADLY:
            self._work_off(ride.saga_id)
        client = self.account.client("stepfunctions")
        recoveries = recoveries_of(client, self.stack.outputs["RecoveryArn"])
        return observe(reader, ride, recoveries.get(ride.saga_id, ()))

    def _write(self, tried: Tried) -> None:
        for output, row_of in tried.cell.trial.rows_before.items():
            row = dynamodb.typed(row_of(tried.ride.fare_id))
            self.account.client("dynamodb").put_item(TableName=self.stack.outputs[output], Item=row)

    def _end_of(self, arn: str) -> str:
        """Waits for an execution's end; returns its status."""
        client, deadline = self.account.client("stepfunctions"), time.monotonic() + _PATIENCE_SECONDS
        while (status := str(client.describe_execution(executionArn=arn)["status"])) == "RUNNING":
            if time.monotonic() > deadline:
                raise TimeoutError(f"the execution does not end: {arn}")
            time.sleep(_POLL_SECONDS)
        return status

    def _work_off(self, saga_id: str) -> None:
        """Does what the queues and schedules do after a bad end, until nothing is left to do."""
        self._record_messages()
        self._call("QueueRecoveries", _records(json.dumps({"executionArn": saga_id})))
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while waiting := [row for row in self._outcomes() if row.get(WORK) in (DUE, RECOVERING, WAITING)]:
            if time.monotonic() > deadline:
                raise TimeoutError(f"rides are still waiting for their recovery: {len(waiting)}")
            for row in waiting:
                if row[WORK] != DUE:
                    self._end_of(row["recoveryArn"])
            self._record_messages()
            self._call("StartRecoveries", {})

    def _outcomes(self) -> list[dict[str, Any]]:
        return rows_of(self.account, self.stack.outputs["OutcomesTableName"])

    def _record_messages(self) -> None:
        [name] = [one for one in self.stack.queues if "OutcomesQueue" in one]
        client, url = self.account.client("sqs"), f"{QUEUES}/{name}"
        while messages := client.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", []):
            answer = self._call("RecordOutcomes", _records(*(one["Body"] for one in messages)))
            assert answer == {"batchItemFailures": []}
            for one in messages:
                client.delete_message(QueueUrl=url, ReceiptHandle=one["ReceiptHandle"])

    def _call(self, part: str, event: Mapping[str, Any]) -> Any:
        [name] = [one for one in self.stack.functions if part in one]
        return invoke(self.stack, name, event)


@contextlib.contextmanager
def moto_cloud(stack: DeployedStack, judge: Reference, folder: Path) -> Iterator[MotoCloud]:
    """A stack on moto, for as long as the block lasts.

    Args:
        stack: What is deployed.
        judge: Evaluates the expressions of its machines.
        folder: Where faults are set.
    """
    variables = {name: value for one in stack.functions.values() for name, value in one["variables"].items()}
    changed = {
        "AWS_DEFAULT_REGION": REGION,
        environment.RECOVERY_LEASE_SECONDS: "0",
        environment.RECOVERY_ARN: stack.outputs["RecoveryArn"],  # moto starts nothing by an alias
    }
    with (
        mock_aws(config={"stepfunctions": {"execute_state_machine": True}}),
        patch.dict(os.environ, {**variables, **changed}),
        patch.object(sys, "tracebacklimit", 1000, create=True),
        _fresh_clients(),
        patched_interpreter(judge, functools.partial(invoke, stack), scale=_SCALE),
    ):
        cloud = MotoCloud(stack, MotoAccount(), folder)
        cloud.deploy()
        with faults_in_moto(cloud.account.client("stepfunctions"), folder):
            yield cloud


@contextlib.contextmanager
def _fresh_clients() -> Iterator[None]:
    for kept in _KEPT_BY_HANDLERS:
        kept.cache_clear()
    try:
        yield
    finally:
        for kept in _KEPT_BY_HANDLERS:
            kept.cache_clear()


def invoke(stack: DeployedStack, name: str, event: Mapping[str, Any]) -> Any:
    """Calls a function's real handler in this process."""
    [function] = [one for one in stack.functions if one in name.split(":")]
    module, _, attribute = str(stack.functions[function]["handler"]).rpartition(".")
    handler: Callable[[Any, Any], Any] = getattr(importlib.import_module(module), attribute)
    context = SimpleNamespace(
        function_name=name,
        memory_limit_in_mb=512,
        invoked_function_arn=name,
        aws_request_id=str(uuid.uuid4()),
        get_remaining_time_in_millis=lambda: 60_000,
    )
    return handler(event, context)


def _records(*bodies: str) -> dict[str, Any]:
    return {"Records": [{"messageId": str(number), "body": body} for number, body in enumerate(bodies)]}

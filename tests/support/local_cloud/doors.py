"""Calls a function or a machine with bad input, and reads what it wrote. No failure prints an input."""

import hashlib
import json
import time
import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import Final

from botocore.exceptions import ClientError

from lambda_src.fare import TOKEN, invalid_fare_cause
from tests.support.card import CARD, card_traces
from tests.support.local_cloud.bad_inputs import MARK, Case, Row
from wild_rydes_saga.deployed.operations.ride_report import RIDDEN
from wild_rydes_saga.deployed.rides import Rides, path_of
from wild_rydes_saga.deployed.stacks import Outputs

TABLES: Final = {
    "FaresTableName": "fareId",
    "PaymentsTableName": "sagaId",
    "GatewayTableName": "operationKey",
    "AccountsTableName": "accountKey",
    "CardsTableName": "tokenDigest",
}
"""Every table's key."""
AT_ONCE: Final = 2
"""Executions at the same time that call a function: the emulator starts a worker for each parallel call."""
HANDLERS: Final = ("ChargeFareFunction", "RefundFareFunction", "CreditCustomerAccou", "ReverseAccountCredit")
PYTHONS_OWN: Final = ("KeyError", "TypeError", "AttributeError", "ValueError", "IndexError", "RecursionError")
REFUSED: Final = ("RegisterFare", "NotifyFailure", "FareProcessingFailed")
NOT_CHARGED: Final = ("RegisterFare", "ChargeFare", "SetFareStatusFailed", *REFUSED[1:])


@dataclass(frozen=True)
class Answer:
    """A function's answer: the error's name and message, if it raised one, and all of the text."""

    error: str | None
    message: str = field(repr=False)
    text: str = field(repr=False)


@dataclass(frozen=True)
class Tables:
    """Every row of every table of the stack, by table and key, without those that DynamoDB may delete meanwhile."""

    rides: Rides
    expired_at: float

    def read(self) -> dict[str, dict[str, Row]]:
        """All rows."""
        return {table: dict(self._rows(table)) for table in TABLES}

    def changed_since(self, before: Mapping[str, Mapping[str, Row]]) -> list[str]:
        """The tables that have changed."""
        now = self.read()
        return [f"{table} was written to" for table in TABLES if now[table] != before[table]]

    def restore(self, before: Mapping[str, Mapping[str, Row]]) -> None:
        """Deletes new rows, and restores changed and deleted ones."""
        client = self.rides.account.client("dynamodb")
        for table, now in self.read().items():
            name, key = self.rides.outputs[table], TABLES[table]
            for one, row in now.items():
                if one not in before[table]:
                    client.delete_item(TableName=name, Key={key: row[key]})
            for one, row in before[table].items():
                if now.get(one) != row:
                    client.put_item(TableName=name, Item=row)

    def _rows(self, table: str) -> Iterator[tuple[str, Row]]:
        key = TABLES[table]
        pages = self.rides.account.client("dynamodb").get_paginator("scan")
        for page in pages.paginate(TableName=self.rides.outputs[table], ConsistentRead=True):
            for row in page["Items"]:
                if "expiresAt" not in row or int(row["expiresAt"]["N"]) > self.expired_at:
                    yield row[key]["S"], row


def wait_until_quiet(rides: Rides, *, patience_seconds: float = 30) -> None:
    """Waits until no execution of the saga or its recovery runs."""
    client = rides.account.client("stepfunctions")

    def running() -> bool:
        machines = (rides.outputs["FareSagaArn"], rides.outputs["RecoveryArn"])
        return any(
            client.list_executions(stateMachineArn=one, statusFilter="RUNNING")["executions"] for one in machines
        )

    deadline, quiet = time.monotonic() + patience_seconds, 0
    while quiet < 2:
        assert time.monotonic() < deadline, "executions are still running"
        quiet = 0 if running() else quiet + 1
        time.sleep(0.1)


def function(rides: Rides, part: str) -> str:
    """The name of the one function whose name contains the part."""
    pages = rides.account.client("lambda").get_paginator("list_functions").paginate()
    (name,) = [one["FunctionName"] for page in pages for one in page["Functions"] if part in one["FunctionName"]]
    return str(name)


def invoke(rides: Rides, function_name: str, case: Case) -> Answer:
    """Calls a function as `aws lambda invoke` does."""
    answer = rides.account.client("lambda").invoke(FunctionName=function_name, Payload=json.dumps(case.given))
    text = answer["Payload"].read().decode()
    if "FunctionError" not in answer:
        return Answer(None, "", text)
    error = json.loads(text)
    return Answer(error["errorType"], error["errorMessage"], text)


def quotes(text: str) -> bool:
    """Returns whether a text quotes the card or anything else of a wrong input."""
    return bool(card_traces(text)) or MARK in text


def refusal_problems(case: Case, answer: Answer, error: str, message: str) -> list[str]:
    """How an answer differs from the error that it must be; quotes neither the input nor the answer."""
    found = []
    if answer.error != error:
        found.append(f"{case.label}: ended with {answer.error}, not {error}")
    elif answer.message != message:
        found.append(f"{case.label}: the message does not say exactly which field is wrong and what it must be")
    if quotes(answer.text):
        found.append(f"{case.label}: the input is quoted")
    return found


def differences(rides: Rides, tables: Tables, function_name: str, error: str, cases: Sequence[Case]) -> list[str]:
    """Lists each answer of a function that is not the error which names each wrong field, and each table written."""
    before = tables.read()
    found = []
    for case in cases:
        answer = invoke(rides, function_name, case)
        found += refusal_problems(case, answer, error, invalid_fare_cause(case.wrong))
    found += tables.changed_since(before)
    tables.restore(before)
    return found


def digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def needed(rides: Rides) -> str:
    """The message of the refusal when the input is not an execution of the saga."""
    machines = " or ".join(rides.outputs[one].rpartition(":")[2] for one in (*RIDDEN, "ExpressSagaArn"))
    return f"executionArn must be the ARN of an execution of {machines}"


def inspection_settings(rides: Rides) -> Row:
    """The input that the recovery's machine gives to the inspection, without the execution."""
    given = rides.definition("RecoveryArn")["States"]["InspectExecution"]["Arguments"]["Payload"]
    fixed: Row = {**given}
    del fixed["executionArn"]
    return fixed


def side_by_side(rides: Rides, cases: Sequence[Case]) -> Iterator[tuple[Case, str]]:
    """Starts the rides of some cases, a few at a time: the recovery of each that fails calls a function."""
    for start in range(0, len(cases), AT_ONCE):
        yield from [(case, rides.start(case.given)) for case in cases[start : start + AT_ONCE]]


def tokenised(rides: Rides, customer_id: str) -> str:
    """Tokenises the card for a customer; returns the token."""
    answer = invoke(rides, rides.outputs["TokeniseFunctionName"], Case("right", {"customerId": customer_id, **CARD}))
    return str(json.loads(answer.text)[TOKEN])


def expire(rides: Rides, token: str) -> None:
    """Makes a token expire now."""
    rides.account.client("dynamodb").update_item(
        TableName=rides.outputs["CardsTableName"],
        Key={"tokenDigest": {"S": digest(token)}},
        UpdateExpression="SET expiresAt = :now",
        ExpressionAttributeValues={":now": {"N": str(int(time.time()))}},
    )


def refusal(rides: Rides, machine: str, **start: str) -> str | None:
    """The error with which AWS refuses to start an execution; None if it starts one."""
    client = rides.account.client("stepfunctions")
    try:
        client.start_execution(stateMachineArn=rides.outputs.get(machine, machine), **start)
    except ClientError as error:
        return str(error.response["Error"]["Code"])
    return None


def recovered(rides: Rides, cases: Sequence[Case]) -> dict[str, tuple[str, str]]:
    """Starts recoveries as the rule does; returns by label each one's cause and its last state."""
    client = rides.account.client("stepfunctions")
    watched = replace(rides, poll_seconds=0.02)

    def recover(case: Case) -> tuple[str, str]:
        arn = client.start_execution(
            stateMachineArn=rides.outputs["RecoveryAliasArn"],
            name=f"doors-{uuid.uuid4().hex}",
            input=json.dumps(case.given),
        )["executionArn"]
        return watched.wait(arn).get("cause", ""), path_of(rides.history(arn))[-1]

    with ThreadPoolExecutor(AT_ONCE) as pool:
        return {case.label: ended for case, ended in zip(cases, pool.map(recover, cases), strict=True)}


def recoveries(rides: Rides) -> set[str]:
    """The recoveries that were started so far."""
    pages = rides.account.client("stepfunctions").get_paginator("list_executions")
    found = pages.paginate(stateMachineArn=rides.outputs["RecoveryArn"])
    return {one["executionArn"] for page in found for one in page["executions"]}


def send(rides: Rides, outputs: Outputs, bodies: Iterable[str]) -> None:
    """Puts messages into the parked queue."""
    for body in bodies:
        rides.account.client("sqs").send_message(QueueUrl=outputs["ParkedQueueUrl"], MessageBody=body)


def parked_bodies(rides: Rides, outputs: Outputs) -> list[str]:
    """The bodies of all messages in the parked queue."""
    bodies: list[str] = []
    while (
        answer := rides.account.client("sqs")
        .receive_message(QueueUrl=outputs["ParkedQueueUrl"], MaxNumberOfMessages=10, VisibilityTimeout=60)
        .get("Messages")
    ):
        bodies += [message["Body"] for message in answer]
    return sorted(bodies)


def queued(rides: Rides) -> dict[str, int]:
    """The number of messages, visible and hidden, in every queue of the stack that notifications can reach."""
    client = rides.account.client("sqs")
    urls = [url for url in client.list_queues()["QueueUrls"] if "-Notifications" in url]
    assert len(urls) == 4
    counted = ("ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible")
    found = {url: client.get_queue_attributes(QueueUrl=url, AttributeNames=[*counted])["Attributes"] for url in urls}
    return {url: sum(int(attributes[name]) for name in counted) for url, attributes in found.items()}


def text(value: str) -> dict[str, str]:
    """A message attribute."""
    return {"DataType": "String", "StringValue": value}

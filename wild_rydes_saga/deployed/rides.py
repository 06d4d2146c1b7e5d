"""The lab's rides: their payloads, the expected outcome of each, and the outcome that is read from the account."""

import json
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from wild_rydes_saga.deployed.account import Account
from wild_rydes_saga.deployed.gateways import GatewayBook, gateway_book

_ENDED: Final = ("SUCCEEDED", "FAILED", "TIMED_OUT", "ABORTED")
_HIDDEN_SECONDS: Final = 30
_QUEUES: Final = {"success": "SuccessQueueUrl", "failure": "FailureQueueUrl"}

Message = dict[str, Any]

LAB_FARE: Final[Mapping[str, str]] = {
    "customerId": "3",
    "fareId": "wr_563",
    "fareAmount": "$20.00",
    "cc": "2424 2424 2424 2424",
    "expiryDate": "12/22",
    "cvv": "111",
}
"""The lab's payload, to the letter: no card has this number, and it expired long ago."""

_HAPPY: Final = ("RegisterFare", "ChargeFare", "CustomerAccountCredit", "SetFareStatusCompleted", "NotifySuccess")
_ENDING: Final = ("SetFareStatusFailed", "NotifyFailure", "FareProcessingFailed")


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """How a ride ended, as read from the account. Money is in minor units."""

    status: str
    error: str | None
    path: tuple[str, ...]
    fare_status: str | None
    captured: int
    refunded: int
    credited: int
    queue: str | None
    message: Mapping[str, Any] | None = None

    def differences(self, expected: "Outcome") -> list[str]:
        """Lists the differences from what was expected; the message's text is not compared."""
        names = ("status", "error", "path", "fare_status", "captured", "refunded", "credited", "queue")
        return [
            f"{name.replace('_', ' ')} is {getattr(self, name)!r}, expected {getattr(expected, name)!r}"
            for name in names
            if getattr(self, name) != getattr(expected, name)
        ]


@dataclass(frozen=True)
class LabRide:
    """One of the lab's examples, with the outcome that the lab describes."""

    title: str
    customer_id: str
    expected: Outcome

    @property
    def payload(self) -> dict[str, str]:
        """The execution's input."""
        return {**LAB_FARE, "customerId": self.customer_id}


def _failed(error: str, path: tuple[str, ...], *, moved: int = 0) -> Outcome:
    return Outcome(
        status="FAILED",
        error=error,
        path=path,
        fare_status="failed",
        captured=moved,
        refunded=moved,
        credited=0,
        queue="failure",
    )


LAB_RIDES: Final = (
    LabRide(
        "Success",
        "3",
        Outcome(
            status="SUCCEEDED",
            error=None,
            path=_HAPPY,
            fare_status="completed",
            captured=2000,
            refunded=0,
            credited=2000,
            queue="success",
        ),
    ),
    LabRide("Card not authorised", "3_fail_auth", _failed("PaymentAuthException", (*_HAPPY[:2], *_ENDING))),
    LabRide("Charge refused", "_fail_charge", _failed("PaymentChargeException", (*_HAPPY[:2], *_ENDING))),
    LabRide(
        "Credit refused",
        "3__fail_credit",
        _failed("AccountCreditException", (*_HAPPY[:3], "RefundFare", *_ENDING), moved=2000),
    ),
)


@dataclass(frozen=True)
class Rides:
    """Runs rides on a deployed stack and reads their outcomes.

    Attributes:
        account: Where the stack is.
        outputs: The stack's outputs.
        patience_seconds: How long to wait for an execution's end, and then for its message.
        poll_seconds: How long to wait between two reads of the local cloud; see `Account.pauses` for AWS.
    """

    account: Account
    outputs: Mapping[str, str]
    patience_seconds: float = 120
    poll_seconds: float = 0.1
    _started: set[str] = field(default_factory=set, init=False, repr=False)
    _inbox: dict[str, tuple[str, Message]] = field(default_factory=dict, init=False, repr=False)

    @property
    def gateway(self) -> GatewayBook:
        """The stack's payment gateway."""
        return gateway_book(self.account, self.outputs)

    def start(self, payload: object, *, name: str | None = None, machine: str = "FareSagaAliasArn") -> str:
        """Starts an execution of the machine that an output names, and returns the saga's id.

        That is the execution's ARN; on Express, without the part that names this delivery.
        """
        named = {"name": name} if name else {}
        answer = self.account.client("stepfunctions").start_execution(
            stateMachineArn=self.outputs[machine], input=json.dumps(payload), **named
        )
        arn = str(answer["executionArn"])
        saga_id = arn.rpartition(":")[0] if ":express:" in arn else arn
        self._started.add(saga_id)
        return saga_id

    def wait(self, saga_id: str, *, patience_seconds: float | None = None) -> dict[str, Any]:
        """Waits for the execution's end and returns its description; raises `TimeoutError`."""
        client = self.account.client("stepfunctions")
        seconds = self.patience_seconds if patience_seconds is None else patience_seconds
        deadline, pauses = time.monotonic() + seconds, self._pauses()
        while time.monotonic() < deadline:
            description: dict[str, Any] = client.describe_execution(executionArn=saga_id)
            if description["status"] in _ENDED:
                return description
            time.sleep(next(pauses))
        raise TimeoutError(f"the ride did not end within {seconds:.0f} s: {saga_id}")

    def history(self, saga_id: str) -> list[dict[str, Any]]:
        """All the execution's events, in order."""
        pages = self.account.client("stepfunctions").get_paginator("get_execution_history")
        return [event for page in pages.paginate(executionArn=saga_id) for event in page["events"]]

    def definition(self, machine_output: str = "FareSagaArn") -> dict[str, Any]:
        """A machine of the stack as deployed."""
        client = self.account.client("stepfunctions")
        text = client.describe_state_machine(stateMachineArn=self.outputs[machine_output])["definition"]
        definition: dict[str, Any] = json.loads(text)
        return definition

    def outcome(self, saga_id: str, fare_id: str | None) -> Outcome:
        """Waits for the ride's end and its message, and reads its outcome from tables and queues."""
        description = self.wait(saga_id)
        queue, message = self.message(saga_id)
        gateway = self.gateway.book(saga_id, self.row("PaymentsTableName", {"sagaId": saga_id}))
        fare = self.row("FaresTableName", {"fareId": fare_id}) if fare_id else None
        account = self.row("AccountsTableName", {"accountKey": f"saga#{saga_id}"}) or {}
        return Outcome(
            status=description["status"],
            error=description.get("error"),
            path=path_of(self.history(saga_id)),
            fare_status=str(fare["fareStatus"]) if fare else None,
            captured=gateway.get("capture", 0),
            refunded=gateway.get("refund", 0),
            credited=int(account.get("creditedMinor", 0)) - int(account.get("reversedMinor", 0)),
            queue=queue,
            message=message,
        )

    def row(self, table_output: str, key: Mapping[str, str]) -> dict[str, Any] | None:
        """Reads a row of one of the stack's tables, strongly consistent."""
        answer = self.account.client("dynamodb").get_item(
            TableName=self.outputs[table_output],
            Key={name: {"S": value} for name, value in key.items()},
            ConsistentRead=True,
        )
        if "Item" not in answer:
            return None
        return {name: next(iter(value.values())) for name, value in answer["Item"].items()}

    def message(self, saga_id: str, *, patience_seconds: float | None = None) -> tuple[str | None, Message | None]:
        """Waits for a ride's message; returns its queue's name and the message.

        Takes from the queues the messages of the rides that were started here,
        and leaves all others there.
        """
        deadline = time.monotonic() + (self.patience_seconds if patience_seconds is None else patience_seconds)
        pauses = self._pauses()
        while saga_id not in self._inbox and time.monotonic() < deadline:
            for queue, output in _QUEUES.items():
                self._take(queue, self.outputs[output])
            time.sleep(0 if saga_id in self._inbox else next(pauses))
        return self._inbox.get(saga_id, (None, None))

    def _pauses(self) -> Iterator[float]:
        return self.account.pauses(local_seconds=self.poll_seconds)

    def _take(self, queue: str, queue_url: str) -> None:
        client = self.account.client("sqs")
        # Another reader's message stays hidden for a while: many reads in a row would make it a dead letter.
        answer = client.receive_message(QueueUrl=queue_url, MaxNumberOfMessages=10, VisibilityTimeout=_HIDDEN_SECONDS)
        for received in answer.get("Messages", []):
            saga_id, message = _read(received["Body"])
            if saga_id in self._started:
                client.delete_message(QueueUrl=queue_url, ReceiptHandle=received["ReceiptHandle"])
                self._inbox[saga_id] = (queue, message)


def path_of(events: list[dict[str, Any]]) -> tuple[str, ...]:
    """The names of the states an execution entered, in order."""
    return tuple(event["stateEnteredEventDetails"]["name"] for event in events if "stateEnteredEventDetails" in event)


def _read(body: str) -> tuple[str, Message]:
    """Reads a message and the saga it is about; an empty id if the saga did not send it."""
    try:
        message = json.loads(body)
        return str(message["sagaId"]), message
    except (ValueError, TypeError, KeyError):
        return "", {}

"""Rides the lab's four rides on the learner's machine, and reads what each did, before any recovery."""

import contextlib
import json
import re
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from botocore.exceptions import ClientError

from lambda_src.fare import CARD_FIELDS
from lambda_src.fare_status import COMPLETED, FAILED, RECOVERING
from wild_rydes_saga.deployed.account import Account
from wild_rydes_saga.deployed.rides import LAB_FARE, LAB_RIDES, LabRide, Rides, path_of

MACHINE: Final = "StartHereArn"
_AWS_PATIENCE_SECONDS: Final = 150
_LOCAL_PATIENCE_SECONDS: Final = 60
"""For all four rides: they run at the same time."""
_LEAST_SECONDS: Final = 1.0
_AWS_MESSAGE_SECONDS: Final = 20
_LOCAL_MESSAGE_SECONDS: Final = 3
_CARD: Final = re.compile(rf'\\?"(?:{"|".join(CARD_FIELDS)})\\?"\s*:\s*\\?"[^"]*"|{re.escape(LAB_FARE["cc"])}')
_UPDATE_SECONDS: Final = 5
"""AWS may start executions on the definition before for a moment after an update."""

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Trouble:
    """One failure in an execution: the state, the error and its cause."""

    state: str
    error: str
    cause: str


@dataclass(frozen=True, kw_only=True)
class Ridden:
    """What one ride did.

    Attributes:
        ride: The lab's ride.
        fare_id: The fare that it was for.
        saga_id: Its execution.
        ended: Whether it ended by itself.
        description: The execution, as AWS describes it.
        path: The states that it entered.
        troubles: What failed, in order.
        fare: The fare's row; empty if it does not exist.
        book: What the gateway did, in minor units by operation.
        credited: What the customer's account has, in minor units.
        queue: The queue of its message.
        message: The message.
    """

    ride: LabRide
    fare_id: str
    saga_id: str
    ended: bool
    description: Mapping[str, Any]
    path: tuple[str, ...]
    troubles: tuple[Trouble, ...]
    fare: Row
    book: Mapping[str, int]
    credited: int
    queue: str | None
    message: Mapping[str, Any] | None

    @property
    def own_fare(self) -> Row:
        """The fare's row as the machine left it: a recovery may have begun since."""
        if self.fare.get("recoveredBy") or self.fare.get("fareStatus") == RECOVERING:
            return {**self.fare, "fareStatus": "pending", "unsettledSince": self.fare.get("startTime", "")}
        return self.fare


def current_definition(account: Account, outputs: Mapping[str, str]) -> str:
    """What the learner's machine has now."""
    client = account.client("stepfunctions")
    return str(client.describe_state_machine(stateMachineArn=outputs[MACHINE])["definition"])


def deploy(account: Account, outputs: Mapping[str, str], definition: str) -> str:
    """Puts a definition into the learner's machine, unless it is there; returns AWS's refusal, or nothing."""
    if current_definition(account, outputs) == definition:
        return ""
    try:
        account.client("stepfunctions").update_state_machine(stateMachineArn=outputs[MACHINE], definition=definition)
    except ClientError as error:
        if error.response["Error"]["Code"] not in ("InvalidDefinition", "ValidationException"):
            raise
        return str(error.response["Error"]["Message"])
    if account.endpoint_url is None:
        time.sleep(_UPDATE_SECONDS)
    return ""


def ride_all(
    account: Account, outputs: Mapping[str, str], publishes: Callable[[str], bool], progress: Callable[[str], None]
) -> list[Ridden]:
    """Runs the four rides at the same time, each on a fare of its own; deletes fares that they leave unsettled.

    Args:
        account: Where the stack is.
        outputs: The stack's outputs.
        publishes: Whether a state sends a message.
        progress: Is given a line for each ride.
    """
    rides = Rides(account, outputs, patience_seconds=_patience(account))
    started = []
    for ride in LAB_RIDES:
        fare_id = f"check_{uuid.uuid4().hex[:12]}"
        payload = {**rides.gateway.paid_with(ride.payload), "fareId": fare_id}
        started.append((ride, fare_id, rides.start(payload, machine=MACHINE)))
    ridden, deadline = [], time.monotonic() + rides.patience_seconds
    for ride, fare_id, saga_id in started:
        progress(f"Riding: {ride.title}")
        ended = _ended(rides, saga_id, deadline)
        try:
            ridden.append(_read(rides, ride, fare_id, saga_id, publishes, ended=ended))
        finally:
            _forget(rides, fare_id, saga_id)
    return ridden


def _patience(account: Account) -> float:
    return _AWS_PATIENCE_SECONDS if account.endpoint_url is None else _LOCAL_PATIENCE_SECONDS


def _ended(rides: Rides, saga_id: str, deadline: float) -> bool:
    """Waits for a ride's end, and stops it if it is late; returns whether it ended by itself."""
    try:
        rides.wait(saga_id, patience_seconds=max(_LEAST_SECONDS, deadline - time.monotonic()))
    except TimeoutError:
        with contextlib.suppress(ClientError):
            client = rides.account.client("stepfunctions")
            client.stop_execution(executionArn=saga_id, cause="make check: it did not end")
        return False
    return True


def _read(
    rides: Rides, ride: LabRide, fare_id: str, saga_id: str, publishes: Callable[[str], bool], *, ended: bool
) -> Ridden:
    description = rides.account.client("stepfunctions").describe_execution(executionArn=saga_id)
    events = rides.history(saga_id)
    path = path_of(events)
    fare = rides.row("FaresTableName", {"fareId": fare_id}) or {}
    book = rides.gateway.book(saga_id, rides.row("PaymentsTableName", {"sagaId": saga_id}))
    account = rides.row("AccountsTableName", {"accountKey": f"saga#{saga_id}"}) or {}
    sent = any(map(publishes, path))
    seconds = _AWS_MESSAGE_SECONDS if rides.account.endpoint_url is None else _LOCAL_MESSAGE_SECONDS
    queue, message = rides.message(saga_id, patience_seconds=seconds) if sent else (None, None)
    return Ridden(
        ride=ride,
        fare_id=fare_id,
        saga_id=saga_id,
        ended=ended,
        description=description,
        path=path,
        troubles=troubles_of(events),
        fare=fare,
        book=book,
        credited=int(account.get("creditedMinor", 0)) - int(account.get("reversedMinor", 0)),
        queue=queue,
        message=message,
    )


def troubles_of(events: list[dict[str, Any]]) -> tuple[Trouble, ...]:
    """What failed in an execution, in order: each attempt's error with the state that it was in."""
    found, state = [], ""
    for event in events:
        if "stateEnteredEventDetails" in event:
            state = event["stateEnteredEventDetails"]["name"]
        elif event["type"].endswith(("Failed", "TimedOut")):
            details: Mapping[str, Any] = next(
                (value for name, value in event.items() if name.endswith("EventDetails")), {}
            )
            error = str(details.get("error") or event["type"])
            found.append(Trouble(state, error, readable(str(details.get("cause") or ""))))
    return tuple(found)


def readable(cause: str) -> str:
    """A cause without a handler's stack trace, and without the card: AWS quotes the input where a path is wrong."""
    return _CARD.sub("...", _without_stack_trace(cause))


def _without_stack_trace(cause: str) -> str:
    with contextlib.suppress(ValueError, RecursionError):
        data = json.loads(cause)
        if isinstance(data, dict) and "errorMessage" in data:
            return str(data["errorMessage"])
    return cause


def _forget(rides: Rides, fare_id: str, saga_id: str) -> None:
    """Deletes a fare that a recovery could not settle: of a ride that succeeded, or without this ride's own id."""
    description = rides.account.client("stepfunctions").describe_execution(executionArn=saga_id)
    cannot = ["attribute_not_exists(sagaId)", "sagaId <> :saga"]
    values = {":saga": saga_id}
    if description["status"] == "SUCCEEDED":
        cannot.append("NOT fareStatus IN (:completed, :failed)")
        values |= {":completed": COMPLETED, ":failed": FAILED}
    with contextlib.suppress(rides.account.client("dynamodb").exceptions.ConditionalCheckFailedException):
        rides.account.client("dynamodb").delete_item(
            TableName=rides.outputs["FaresTableName"],
            Key={"fareId": {"S": fare_id}},
            ConditionExpression=" OR ".join(cannot),
            ExpressionAttributeValues={name: {"S": value} for name, value in values.items()},
        )

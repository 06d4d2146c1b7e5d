"""The parked queue: messages of recoveries to a person about rides that they could not finish."""

import contextlib
import json
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from lambda_src.fare import FARE_FIELDS
from wild_rydes_saga.deployed.account import Account

_AT_ONCE: Final = 10
_HIDDEN_SECONDS: Final = 60
_LONG_POLL_SECONDS: Final = 1
"""Only a receive that waits asks all of the queue's servers."""


@dataclass(frozen=True)
class Parked:
    """The message of a recovery that parked a ride.

    Attributes:
        saga_id: The ride's execution.
        fare: Its `fareId`, `customerId` and `fareAmount`, if known.
        still_to_do: The compensations that gave up, or the one state that did.
        state: The first state that gave up.
        error: Its error; empty if it is not known.
        cause: The error's cause.
        recovery_arn: The recovery's execution.
        parked_at: The time, in ISO 8601.
    """

    saga_id: str
    fare: Mapping[str, str]
    still_to_do: tuple[str, ...]
    state: str
    error: str
    cause: str
    recovery_arn: str
    parked_at: str

    @property
    def why(self) -> str:
        """The state, its error and its cause; empty if the error is not known."""
        return f"{self.state}: {self.error}: {self.cause}" if self.error else ""


def parked_rides(account: Account, queue_url: str) -> dict[str, Parked]:
    """Reads the newest message of each ride, by saga id. All messages stay; they are hidden during the read."""
    with _inspecting(account, queue_url) as messages:
        return newest_of(message["Body"] for message in messages)


def newest_of(bodies: Iterable[str]) -> dict[str, Parked]:
    """The newest message of each ride, by saga id."""
    read = [parked for body in bodies if (parked := _read(body))]
    return {parked.saga_id: parked for parked in sorted(read, key=lambda one: one.parked_at)}


def remove_parked(account: Account, queue_url: str, saga_ids: Collection[str]) -> int:
    """Deletes all messages of some rides; returns how many. Only for rides that are settled."""
    with _inspecting(account, queue_url) as messages:
        stale = [message for message in messages if (parked := _read(message["Body"])) and parked.saga_id in saga_ids]
        for message in stale:
            account.client("sqs").delete_message(QueueUrl=queue_url, ReceiptHandle=message["ReceiptHandle"])
            messages.remove(message)
    return len(stale)


@contextlib.contextmanager
def _inspecting(account: Account, queue_url: str) -> Iterator[list[dict[str, Any]]]:
    """Yields every message in the queue; makes those that remain in the list visible again at the end."""
    messages: list[dict[str, Any]] = []
    try:
        while received := _receive(account, queue_url):
            messages += received
        yield messages
    finally:
        for start in range(0, len(messages), _AT_ONCE):
            _make_visible(account, queue_url, messages[start : start + _AT_ONCE])


def _receive(account: Account, queue_url: str) -> list[dict[str, Any]]:
    answer = account.client("sqs").receive_message(
        QueueUrl=queue_url,
        MaxNumberOfMessages=_AT_ONCE,
        VisibilityTimeout=_HIDDEN_SECONDS,
        WaitTimeSeconds=_LONG_POLL_SECONDS,
    )
    messages: list[dict[str, Any]] = answer.get("Messages", [])
    return messages


def _make_visible(account: Account, queue_url: str, messages: list[dict[str, Any]]) -> None:
    entries = [
        {"Id": str(number), "ReceiptHandle": message["ReceiptHandle"], "VisibilityTimeout": 0}
        for number, message in enumerate(messages)
    ]
    account.client("sqs").change_message_visibility_batch(QueueUrl=queue_url, Entries=entries)


def _read(body: str) -> Parked | None:
    """Reads a message; None if it is malformed."""
    try:
        message = json.loads(body)
        trouble, undone = message["trouble"], message["stillToDo"]
        still_to_do = [undone] if isinstance(undone, str) else [str(one) for one in undone]
        return Parked(
            saga_id=str(message["sagaId"]),
            fare={name: str(message[name]) for name in FARE_FIELDS if name in message},
            still_to_do=tuple(still_to_do) or (str(trouble["state"]),),
            state=str(trouble["state"]),
            error=str(trouble["error"] or ""),
            cause=str(trouble["cause"]) if trouble["error"] else "",
            recovery_arn=str(message["recoveryArn"]),
            parked_at=str(message["parkedAt"]),
        )
    except (ValueError, TypeError, KeyError, RecursionError):
        return None

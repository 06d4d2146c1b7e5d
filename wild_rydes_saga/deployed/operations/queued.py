"""The messages of a queue of the local cloud, as the emulator keeps them: nothing is received, hidden or counted.

AWS has no such way. There, a message is shown to the one who receives it.
"""

import json
import urllib.parse
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from wild_rydes_saga.deployed.account import Account
from wild_rydes_saga.emulator.access_key import KEY_ID, SECRET, AccessKey

_SECONDS: Final = 10


@dataclass(frozen=True, kw_only=True)
class Queued:
    """A message in a queue.

    Attributes:
        message_id: Its id.
        body: Its text.
        sent: When it was sent, in seconds since 1970.
        is_visible: Whether the next reader receives it; if not, another one has it now.
        receives: How often it was received.
        attributes: Its attributes.
    """

    message_id: str
    body: str
    sent: int
    is_visible: bool
    receives: int
    attributes: Mapping[str, str]


def queued(account: Account, queue_url: str) -> list[Queued]:
    """All messages of a queue of the local cloud, oldest first."""
    key = AccessKey(account.variables[KEY_ID], account.variables[SECRET])
    asked = urllib.parse.urlencode({"QueueUrl": queue_url})
    request = key.signed(f"{account.endpoint_url}/_ministack/sqs/messages?{asked}")
    with urllib.request.urlopen(request, timeout=_SECONDS) as answer:  # noqa: S310  # always http
        accounts = json.load(answer)["messages"]
    found = [
        message
        for regions in accounts.values()
        for queues in regions.values()
        for one in queues.values()
        for message in one
    ]
    return sorted(map(_read, found), key=lambda one: one.sent)


def _read(message: Mapping[str, Any]) -> Queued:
    attributes = message["MessageAttributes"] or {}
    return Queued(
        message_id=str(message["MessageId"]),
        body=str(message["Body"]),
        sent=int(message["SentTimestamp"]),
        is_visible=bool(message["IsVisible"]),
        receives=int(message["ReceiveCount"]),
        attributes={name: str(one.get("StringValue", "")) for name, one in attributes.items()},
    )

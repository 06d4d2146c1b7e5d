"""The stack's queues, without taking a message out of them."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from wild_rydes_saga.console.facts.messages import QUEUES, Messages
from wild_rydes_saga.console.facts.words import moment
from wild_rydes_saga.console.source import Source
from wild_rydes_saga.console.views.rides import RideList
from wild_rydes_saga.deployed.operations.queued import Queued

_MOST: Final = 50
_ABOUT: Final = {
    "success": "one message for each ride that completed",
    "failure": "one message for each ride that failed, or was refused",
    "parked": "rides that a recovery could not finish",
    "undelivered": "events and messages that nothing could process",
}


@dataclass
class QueuesView:
    """Shows the queues."""

    source: Source
    rides: RideList
    messages: Messages

    def read(self) -> dict[str, Any]:
        """Each queue with its counts and, on the local cloud, its newest messages."""
        return {"queues": [self._queue(name) for name in QUEUES], "isLocal": self.source.is_local}

    def _queue(self, name: str) -> dict[str, Any]:
        url = self.source.outputs[QUEUES[name]]
        shown = {
            "name": name,
            "about": _ABOUT[name],
            "line": f"aws sqs receive-message --queue-url ${QUEUES[name]} --max-number-of-messages 10",
            "queue": url.rpartition("/")[2],
        }
        if not self.source.is_local:
            return {**shown, "counts": self.messages.counts(name), "messages": []}
        found = self.messages.contents(name)
        visible = sum(one.is_visible for one in found)
        counts = {"visible": visible, "hidden": len(found) - visible, "delayed": 0}
        return {**shown, "counts": counts, "messages": [self._message(one) for one in found[: -_MOST - 1 : -1]]}

    def _message(self, one: Queued) -> dict[str, Any]:
        return {
            "id": one.message_id,
            "sent": moment(datetime.fromtimestamp(one.sent, UTC)),
            "body": one.body,
            "attributes": dict(one.attributes),
            "receives": one.receives,
            "isVisible": one.is_visible,
            "summary": _summary(one.body),
            "ride": self._ride(one.body),
        }

    def _ride(self, body: str) -> str:
        saga_id = _fields(body).get("sagaId")
        known = isinstance(saga_id, str) and self.rides.executions.get(saga_id) is not None
        return self.rides.executions.handle(str(saga_id)) if known else ""


def _fields(body: str) -> dict[str, Any]:
    try:
        fields = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return fields if isinstance(fields, dict) else {}


def _summary(body: str) -> str:
    fields = _fields(body)
    names = ("fareStatus", "fareId", "customerId", "fareAmount")
    return ", ".join(str(fields[name]) for name in names if isinstance(fields.get(name), str)) or "not a ride's message"

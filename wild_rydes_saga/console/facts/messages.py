"""The messages of rides, and the queues that hold them. Nothing here takes a message out of a queue."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from lambda_src.fare import FARE_FIELDS
from lambda_src.recovery.work.open_ride import INVALID
from wild_rydes_saga.console.facts.execution import Execution
from wild_rydes_saga.console.source import Source
from wild_rydes_saga.deployed.operations.express_runs import is_express
from wild_rydes_saga.deployed.operations.queued import Queued, queued

QUEUES: Final[Mapping[str, str]] = {
    "success": "SuccessQueueUrl",
    "failure": "FailureQueueUrl",
    "parked": "ParkedQueueUrl",
    "undelivered": "UndeliveredQueueUrl",
}
"""The stack's queues, by their names here and by the outputs that have their addresses."""
NOTIFYING: Final = ("success", "failure")
_COUNTS: Final = {
    "visible": "ApproximateNumberOfMessages",
    "hidden": "ApproximateNumberOfMessagesNotVisible",
    "delayed": "ApproximateNumberOfMessagesDelayed",
}
_SENT: Final = "TaskSucceeded"
_PUBLISH: Final = "sns"


@dataclass
class Messages:
    """Finds a ride's message, and the contents of the queues.

    On the local cloud a queue is shown as it is. AWS has no way to read a message without receiving it, which hides it
    from its reader and counts as one of the five receives after which it is a dead letter: there, only counts are read.
    """

    source: Source
    _of_history: dict[str, str] = field(default_factory=dict, init=False)
    _in_queues: dict[str, str] = field(default_factory=dict, init=False)

    def refresh(self) -> None:
        """Reads what the two queues of notifications hold, where that takes nothing out of them."""
        if self.source.is_local:
            for name in NOTIFYING:
                for message in self.contents(name):
                    if saga_id := _saga_of(message.body):
                        self._in_queues[saga_id] = name

    def of(self, execution: Execution, outcome: Mapping[str, str], fare: Mapping[str, str]) -> str:
        """The queue of a ride's message; empty if it is not known yet.

        `none` if the ride sent no message. `unclear` if it sent one that is in neither queue: its attribute is missing
        or wrong, or a reader has taken it, or the ride was refused for its fareId.
        """
        saga_id = execution.saga_id
        if queue := self._in_queues.get(saga_id) or self._in_queues.get(saga_id + INVALID):
            return queue
        # A ride on Express closes its row after its message.
        if "sentAt" in outcome or ("closedAt" in outcome and "fareStatus" in outcome and is_express(saga_id)):
            named = FARE_FIELDS["fareId"].accepts(fare.get("fareId"))
            return "success" if outcome.get("fareStatus") == "completed" else "failure" if named else "unclear"
        if execution.is_running:
            return ""
        if execution.machine != self.source.outputs["StartHereArn"]:
            # The finished machine ends without an error only after NotifySuccess.
            return "success" if execution.status == "SUCCEEDED" else ""
        if saga_id not in self._of_history:
            self._of_history[saga_id] = self._read_history(saga_id)
        return self._of_history[saga_id]

    def _read_history(self, saga_id: str) -> str:
        """What a learner's machine did: it may end without an error, and send nothing."""
        client = self.source.client("stepfunctions")
        found = client.get_paginator("get_execution_history").paginate(
            executionArn=saga_id, PaginationConfig={"PageSize": 1000}
        )
        states = publishing_states([event for page in found for event in page["events"]])
        if not states:
            return "none"
        definition = json.loads(client.describe_state_machine_for_execution(executionArn=saga_id)["definition"])
        return queue_of(definition.get("States", {}).get(states[-1], {}))

    def contents(self, queue: str) -> list[Queued]:
        """The messages of a queue of the local cloud, oldest first."""
        return queued(self.source.account, self.source.outputs[QUEUES[queue]])

    def counts(self, queue: str) -> dict[str, int]:
        """How many messages a queue holds, by whether a reader has them now."""
        answer = self.source.client("sqs").get_queue_attributes(
            QueueUrl=self.source.outputs[QUEUES[queue]], AttributeNames=list(_COUNTS.values())
        )
        return {name: int(answer["Attributes"].get(attribute, 0)) for name, attribute in _COUNTS.items()}


def publishing_states(events: Sequence[Mapping[str, Any]]) -> list[str]:
    """The states of an execution that have published a message, in order."""
    found, state = [], ""
    for event in events:
        if "stateEnteredEventDetails" in event:
            state = event["stateEnteredEventDetails"]["name"]
        elif event["type"] == _SENT and _PUBLISH in event["taskSucceededEventDetails"].get("resource", ""):
            found.append(state)
    return found


def queue_of(state: Mapping[str, Any]) -> str:
    """The queue that takes a state's message by its attribute; `unclear` if neither does, or that cannot be read."""
    given = state.get("Arguments") or state.get("Parameters") or {}
    try:
        value = str(given["MessageAttributes"]["IsSuccessful"]["StringValue"])
    except (KeyError, TypeError):
        return "unclear"
    return {"true": "success", "false": "failure"}.get(value, "unclear")


def _saga_of(body: str) -> str:
    try:
        return str(json.loads(body)["sagaId"])
    except (ValueError, KeyError, TypeError):
        return ""

"""Reads the history of an execution, which AWS keeps for 90 days."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from botocore.exceptions import ClientError

from lambda_src.fare import FARE_FIELDS
from wild_rydes_saga.deployed.account import Account

_PUBLISHED: Final = "sns:publish"
"""What a state calls that notifies of a ride's outcome, whatever its name is: a learner's may have another one."""
FAILED_ATTEMPT: Final = ("TaskFailed", "TaskTimedOut")
"""The types of the events that end a failed attempt at a state's work."""

Events = Sequence[Mapping[str, Any]]


@dataclass(frozen=True, kw_only=True)
class Run:
    """The history of an execution, summed up.

    Attributes:
        arn: The execution.
        fare: The valid fields of the fare from its input; no other part of the input is kept.
        status: AWS's name for its status.
        error: The name of its error, if it failed.
        path: The states that it entered, in order.
        notified: The states that sent a message.
        failures: By state, how many attempts failed.
    """

    arn: str
    fare: Mapping[str, str]
    status: str
    error: str | None
    path: Sequence[str]
    notified: Sequence[str]
    failures: Mapping[str, int]


def read_run(account: Account, arn: str) -> Run | None:
    """Reads the history of an execution; None if AWS does not have it."""
    description = describe(account, arn)
    if description is None:
        return None
    pages = account.client("stepfunctions").get_paginator("get_execution_history")
    found = pages.paginate(executionArn=arn, includeExecutionData=False)
    visits = _visits([event for page in found for event in page["events"]])
    return Run(
        arn=arn,
        fare=_fare(description),
        status=description["status"],
        error=description.get("error"),
        path=[visit.state for visit in visits],
        notified=[one.state for one in visits if one.published],
        failures=Counter(visit.state for visit in visits for _ in range(visit.failures)),
    )


def describe(account: Account, arn: str) -> dict[str, Any] | None:
    """Reads an execution's description; None if AWS does not have it."""
    try:
        description: dict[str, Any] = account.client("stepfunctions").describe_execution(executionArn=arn)
        return description
    except ClientError as error:
        if error.response["Error"]["Code"] == "ExecutionDoesNotExist":
            return None
        raise


@dataclass(frozen=True)
class _Visit:
    """One stay in a state: the types of the events until the next state, and the calls that succeeded."""

    state: str
    types: list[str] = field(default_factory=list)
    calls: list[str] = field(default_factory=list)

    @property
    def published(self) -> bool:
        """Whether it sent a message."""
        return any(call.endswith(_PUBLISHED) for call in self.calls)

    @property
    def failures(self) -> int:
        """How many attempts failed."""
        return sum(each in FAILED_ATTEMPT for each in self.types)


def _visits(events: Events) -> list[_Visit]:
    visits: list[_Visit] = []
    for event in events:
        if "stateEnteredEventDetails" in event:
            visits.append(_Visit(event["stateEnteredEventDetails"]["name"]))
        elif visits:
            visits[-1].types.append(event["type"])
            done = event.get("taskSucceededEventDetails", {})
            visits[-1].calls.append(f"{done.get('resourceType')}:{done.get('resource')}")
    return visits


def _fare(description: Mapping[str, Any]) -> Mapping[str, str]:
    try:
        given = json.loads(description["input"])
    except (KeyError, ValueError, RecursionError):
        return {}
    if not isinstance(given, dict):
        return {}
    return {name: given[name] for name, rule in FARE_FIELDS.items() if rule.accepts(given.get(name))}

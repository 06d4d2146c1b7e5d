"""What an execution did, as AWS keeps it for 90 days."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from botocore.exceptions import ClientError

from lambda_src.fare import FARE_FIELDS
from wild_rydes_saga.deployed.account import Account

NOTIFICATIONS: Final = ("NotifySuccess", "NotifyFailure")
"""The states that send a ride's message."""

Events = Sequence[Mapping[str, Any]]


@dataclass(frozen=True, kw_only=True)
class Run:
    """What an execution did.

    Attributes:
        arn: The execution.
        fare: The fare's own fields of its input, as far as they are valid: nothing else of it is kept.
        status: As AWS calls it.
        error: The name of the error that it ended with.
        path: The states that it entered, in order.
        notified: The states that sent a message.
        failures: How often the work of each state failed.
    """

    arn: str
    fare: Mapping[str, str]
    status: str
    error: str | None
    path: Sequence[str]
    notified: Sequence[str]
    failures: Mapping[str, int]


def read_run(account: Account, arn: str) -> Run | None:
    """Reads what an execution did; None if it is not there."""
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
        notified=[one.state for one in visits if one.state in NOTIFICATIONS and "TaskSucceeded" in one.types],
        failures=Counter(visit.state for visit in visits for _ in range(visit.failures)),
    )


def describe(account: Account, arn: str) -> dict[str, Any] | None:
    """An execution's description; None if it is not there."""
    try:
        description: dict[str, Any] = account.client("stepfunctions").describe_execution(executionArn=arn)
        return description
    except ClientError as error:
        if error.response["Error"]["Code"] == "ExecutionDoesNotExist":
            return None
        raise


@dataclass(frozen=True)
class _Visit:
    """One stay in a state: the types of the events until the next state."""

    state: str
    types: list[str]

    @property
    def failures(self) -> int:
        """How many attempts at the state's work failed."""
        return sum(each in ("TaskFailed", "TaskTimedOut") for each in self.types)


def _visits(events: Events) -> list[_Visit]:
    visits: list[_Visit] = []
    for event in events:
        if "stateEnteredEventDetails" in event:
            visits.append(_Visit(event["stateEnteredEventDetails"]["name"], []))
        elif visits:
            visits[-1].types.append(event["type"])
    return visits


def _fare(description: Mapping[str, Any]) -> Mapping[str, str]:
    try:
        given = json.loads(description["input"])
    except (KeyError, ValueError, RecursionError):
        return {}
    if not isinstance(given, dict):
        return {}
    return {name: given[name] for name, rule in FARE_FIELDS.items() if rule.accepts(given.get(name))}

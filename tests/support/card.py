"""Searches everything for the card that paid: it may be where it came in, and nowhere else."""

import json
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

from wild_rydes_saga.deployed.account import Account

CARD: Final = {"cc": "4929 8371 6502 4417", "expiryDate": "07/91", "cvv": "8642"}
"""A card that no other test uses, so that it can be searched for."""
TRACES: Final = ("4929 8371 6502 4417", "4929837165024417", "07/91", '"8642"')
"""Texts that show the card; its code with quotes, since ids may contain any four digits."""


def card_traces(content: object) -> list[str]:
    """Numbers of the card's traces in the content: a failing test prints these and not the card."""
    text = json.dumps(content, default=str, ensure_ascii=False).replace('\\\\"', '"').replace('\\"', '"')
    return [f"trace {number}" for number, trace in enumerate(TRACES) if trace in text]


def where_it_came_in(event: dict[str, Any]) -> bool:
    """Returns whether AWS itself puts the input here: the start, the first state's entry, ChargeFare's call."""
    if event["type"] == "ExecutionStarted":
        return True
    if event.get("stateEnteredEventDetails", {}).get("name") == "RegisterFare":
        return True
    details = event.get("taskScheduledEventDetails", event.get("lambdaFunctionScheduledEventDetails", {}))
    return "ChargeFareFunction" in json.dumps(details)


def logs(account: Account) -> Iterator[str]:
    """Every line that the stack's functions and machines logged."""
    client = account.client("logs")
    for groups in client.get_paginator("describe_log_groups").paginate():
        for name in (group["logGroupName"] for group in groups["logGroups"]):
            for streams in client.get_paginator("describe_log_streams").paginate(logGroupName=name):
                for stream in streams["logStreams"]:
                    events = client.get_log_events(logGroupName=name, logStreamName=stream["logStreamName"])
                    yield from (event["message"] for event in events["events"])


def executions(account: Account, machines: Iterable[str]) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """Every execution of some machines, with the parts of its description and history that must not show the card."""
    client = account.client("stepfunctions")

    def read(arn: str) -> tuple[str, list[dict[str, Any]]]:
        description = client.describe_execution(executionArn=arn)
        pages = client.get_paginator("get_execution_history").paginate(executionArn=arn)
        events = [event for page in pages for event in page["events"] if not where_it_came_in(event)]
        return arn, [{name: description.get(name) for name in ("output", "error", "cause")}, *events]

    for machine in machines:
        pages = client.get_paginator("list_executions").paginate(stateMachineArn=machine)
        arns = [one["executionArn"] for page in pages for one in page["executions"]]
        with ThreadPoolExecutor(4) as pool:
            yield from pool.map(read, arns)


def places_of_the_card(account: Account, machines: Iterable[str], *named: tuple[str, object]) -> list[str]:
    """Places where the card must not be and is: logs, executions, and further content, by its name."""
    places = [name for name, content in named if card_traces(content)]
    places += ["a log" for line in logs(account) if card_traces(line)]
    return places + [arn for arn, content in executions(account, machines) if card_traces(content)]

"""Searches the logs of a deployed stack: no card may be in them."""

import re
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from wild_rydes_saga.deployed.account import Account

_LOG_GROUP: Final = "AWS::Logs::LogGroup"
_BETWEEN_DIGITS: Final = r"[ -]*"
_PATIENCE_SECONDS: Final = 120
"""CloudWatch shows what was logged after some seconds, and Step Functions delivers as well as it can."""

Outputs = Mapping[str, str]


@dataclass(frozen=True)
class Search:
    """What a search of the logs came to.

    Attributes:
        groups: The log groups that were read.
        with_card: Those of them that have the card.
        waited_for: Executions that no log tells of: then nothing is known of their logs.
    """

    groups: Sequence[str]
    with_card: Sequence[str]
    waited_for: Sequence[str]

    @property
    def differences(self) -> list[str]:
        """What is not as it must be; quotes nothing of a log."""
        return [
            *(f"the log group {name} has the card" for name in self.with_card),
            *(f"no log tells of {arn} yet: it could not be searched for the card" for arn in self.waited_for),
        ]


def search_for_card(account: Account, outputs: Outputs, number: str, saga_ids: Sequence[str]) -> Search:
    """Searches every log group of the stack for a card's number, however it is spaced, once they tell of the sagas."""
    stack_name = outputs["FareSagaArn"].rpartition(":")[2].removesuffix("-completed")
    card = re.compile(_BETWEEN_DIGITS.join(re.sub(r"[ -]", "", number)))
    deadline = time.monotonic() + _PATIENCE_SECONDS
    for pause in account.pauses():
        lines = {name: list(_lines(account, name)) for name in _groups(account, stack_name)}
        told = [line for of_group in lines.values() for line in of_group]
        missing = [arn for arn in saga_ids if not any(arn in line for line in told)]
        if not missing or time.monotonic() > deadline:
            break
        time.sleep(pause)
    return Search(list(lines), [name for name, found in lines.items() if any(map(card.search, found))], missing)


def _groups(account: Account, stack_name: str) -> list[str]:
    pages = account.client("cloudformation").get_paginator("list_stack_resources").paginate(StackName=stack_name)
    resources = (one for page in pages for one in page["StackResourceSummaries"])
    return [one["PhysicalResourceId"] for one in resources if one["ResourceType"] == _LOG_GROUP]


def _lines(account: Account, group: str) -> Iterator[str]:
    pages = account.client("logs").get_paginator("filter_log_events")
    yield from (event["message"] for page in pages.paginate(logGroupName=group) for event in page["events"])

"""A batch of messages: what is not done comes again, and nothing is done that would be done twice."""

from types import SimpleNamespace
from typing import Final

import pytest
from aws_lambda_powertools import Logger

from lambda_src.errors import LedgerBusy
from lambda_src.recovery.work.batches import for_each
from tests.support.handlers.rides import CONTEXT

EVENT: Final = {"Records": [{"messageId": str(number), "body": str(number)} for number in range(100)]}


def left(answer: dict[str, list[dict[str, str]]]) -> list[int]:
    return [int(one["itemIdentifier"]) for one in answer["batchItemFailures"]]


def test_a_message_that_fails_comes_again_alone() -> None:
    def do(body: str) -> None:
        if body == "7":
            raise ValueError

    assert left(for_each(EVENT, do, Logger(), CONTEXT)) == [7]


def test_once_aws_is_busy_all_that_is_left_comes_again() -> None:
    done: list[str] = []

    def do(body: str) -> None:
        if body == "3":
            raise LedgerBusy("the table is busy")
        done.append(body)

    assert left(for_each(EVENT, do, Logger(), CONTEXT)) == list(range(3, 100))
    assert done == ["0", "1", "2"]


@pytest.mark.parametrize("millis", [0, 8_000])
def test_without_time_nothing_is_begun(millis: int) -> None:
    done: list[str] = []
    context = SimpleNamespace(get_remaining_time_in_millis=lambda: millis)
    assert left(for_each(EVENT, done.append, Logger(), context)) == list(range(100))
    assert not done

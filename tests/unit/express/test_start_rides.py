"""The queue of Express rides: each message is ridden under one name, until it has an answer; a card goes nowhere."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ReadTimeoutError

from lambda_src import environment
from lambda_src.express import start_rides
from tests.support.handlers.rides import CONTEXT

ALIAS = "arn:aws:states:eu-west-1:123456789012:stateMachine:fare-saga-express:live"
RIDE = {"customerId": "3", "fareId": "wr_563", "fareAmount": "$20.00", "paymentToken": "tok_" + "0" * 32}
CARD = {"cc": "2424 2424 2424 2424", "expiryDate": "12/22", "cvv": "111"}
Answer = dict[str, str]


class StepFunctions:
    """Answers every start in the same way, and keeps what it was asked."""

    def __init__(self, answer: Callable[[], Answer]) -> None:
        self.asked: list[dict[str, Any]] = []
        self._answer = answer

    def start_sync_execution(self, **asked: Any) -> Answer:
        """Starts an execution."""
        self.asked.append(asked)
        return self._answer()


def ridden(
    monkeypatch: pytest.MonkeyPatch, answer: Callable[[], Answer], *bodies: str, name: str | None = None
) -> tuple[StepFunctions, list[str]]:
    """Rides messages; returns what was asked of Step Functions, and the messages that come again."""
    monkeypatch.setenv(environment.EXPRESS_ARN, ALIAS)
    there = StepFunctions(answer)
    monkeypatch.setattr(start_rides, "step_functions", lambda: there)
    attributes = {start_rides.NAME_ATTRIBUTE: {"stringValue": name}} if name else {}
    records = [
        {"messageId": f"message-{number}", "body": body, "messageAttributes": attributes}
        for number, body in enumerate(bodies)
    ]
    failures = start_rides.handler({"Records": records}, CONTEXT)["batchItemFailures"]
    return there, [one["itemIdentifier"] for one in failures]


def succeeds() -> Answer:
    return {"status": "SUCCEEDED"}


def test_a_message_is_ridden_under_its_own_id(monkeypatch: pytest.MonkeyPatch) -> None:
    there, again = ridden(monkeypatch, succeeds, json.dumps({**RIDE, "more": "is left out"}))
    assert there.asked == [{"stateMachineArn": ALIAS, "name": "message-0", "input": json.dumps(RIDE)}]
    assert again == []


@pytest.mark.parametrize(("name", "expected"), [("order-7", "order-7"), ("not a name!", "message-0")])
def test_a_sender_may_name_its_ride(name: str, expected: str, monkeypatch: pytest.MonkeyPatch) -> None:
    there, _ = ridden(monkeypatch, succeeds, json.dumps(RIDE), name=name)
    assert there.asked[0]["name"] == expected


@pytest.mark.parametrize(
    ("answer", "comes_again"),
    [
        ({"status": "FAILED", "error": "PaymentAuthException"}, False),
        ({"status": "FAILED", "error": "SagaUnderWay"}, False),
        ({"status": "FAILED", "error": "SagaInDoubt"}, True),
        ({"status": "FAILED", "error": "States.Runtime"}, True),
        ({"status": "TIMED_OUT"}, True),
    ],
)
def test_a_ride_comes_again_until_it_has_an_answer(
    answer: Answer, comes_again: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, again = ridden(monkeypatch, lambda: answer, json.dumps(RIDE))
    assert again == (["message-0"] if comes_again else [])


def test_a_call_without_an_answer_comes_again_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    answers = iter([True, False])

    def answer() -> Answer:
        if next(answers):
            raise ReadTimeoutError(endpoint_url="x")
        return succeeds()

    monkeypatch.setattr(start_rides, "_AT_ONCE", 1)
    _, again = ridden(monkeypatch, answer, json.dumps(RIDE), json.dumps(RIDE))
    assert again == ["message-0"]


@pytest.mark.parametrize(
    "body",
    [
        json.dumps({**RIDE, **CARD}),
        json.dumps({**RIDE, "cvv": "111"}),
        json.dumps({name: value for name, value in RIDE.items() if name != "paymentToken"}),
        "not JSON",
        "[]",
        "[" * 100_000,
    ],
    ids=["card", "code", "no-token", "text", "list", "deep"],
)
def test_a_message_without_a_token_or_with_a_card_goes_nowhere(
    body: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    there, again = ridden(monkeypatch, succeeds, body)
    assert (there.asked, again) == ([], [])
    printed = capsys.readouterr().out
    assert "RidesUnreadable" in printed
    assert CARD["cc"] not in printed
    assert body not in printed

"""The auditor finds what is wrong: each rule is broken in books that are otherwise right."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from tests.support.faults.auditor import Books, Ridden, audit

SAGA = "arn:execution:one"
PARKED = dict.fromkeys(("sagaId", "failure", "stillToDo", "trouble", "recoveryArn", "parkedAt", "fareId"), "x")
RIDE = Ridden(saga_id=SAGA, fare_id="fare", customer_id="rider", amount_minor=2000, label="a ride", by_itself=True)

Row = dict[str, Any]


def booked(operation: str, amount: int = 2000) -> Row:
    return {"operationKey": f"{SAGA}#{operation}", "sagaId": SAGA, "operation": operation, "amountMinor": str(amount)}


def message(status: str) -> Row:
    return {"eventId": f"{SAGA}#{status}", "sagaId": SAGA, "fareId": "fare", "fareStatus": status}


def account(credited: int, reversed_: int, balance: int) -> list[Row]:
    row = {"sagaId": SAGA, "customerId": "rider", "creditedMinor": str(credited), "reversedMinor": str(reversed_)}
    return [row, {"accountKey": "customer#rider", "customerId": "rider", "balanceMinor": str(balance)}]


def payment(status: str, captured: int, refunded: int) -> Row:
    return {"sagaId": SAGA, "status": status, "capturedMinor": str(captured), "refundedMinor": str(refunded)}


def fare(status: str, **more: str) -> Row:
    return {"fareId": "fare", "sagaId": SAGA, "fareStatus": status, **more}


COMPLETED = Books(
    fares=[fare("completed")],
    payments=[payment("captured", 2000, 0)],
    gateway=[booked("authorise"), booked("capture")],
    accounts=account(2000, 0, 2000),
    messages=[("success", message("completed"))],
)
FAILED = Books(
    fares=[fare("failed")],
    payments=[payment("refunded", 2000, 2000)],
    gateway=[booked("authorise"), booked("capture"), booked("refund")],
    accounts=account(2000, 2000, 0),
    messages=[("failure", message("failed"))],
)
REFUSED = Books(messages=[("failure", message("refused"))])


@pytest.mark.parametrize("books", [COMPLETED, FAILED, REFUSED], ids=["completed", "failed", "refused"])
def test_right_books_are_found_right(books: Books) -> None:
    assert audit(books, [RIDE]) == []


def test_a_message_may_come_twice() -> None:
    assert audit(replace(COMPLETED, messages=[*COMPLETED.messages] * 2), [RIDE]) == []


def test_a_parked_ride_says_so() -> None:
    books = replace(
        FAILED, fares=[fare("recovering", parkedAt="now")], messages=[], parked=[{**PARKED, "sagaId": SAGA}]
    )
    assert audit(books, [replace(RIDE, may_park=True)]) == []


WRONG: dict[str, tuple[str, Callable[[], Books]]] = {
    "captured and never told": ("one message", lambda: replace(COMPLETED, messages=[])),
    "told twice differently": (
        "one message",
        lambda: replace(COMPLETED, messages=[("success", message("completed")), ("failure", message("failed"))]),
    ),
    "told in the wrong queue": ("one message", lambda: replace(FAILED, messages=[("success", message("failed"))])),
    "told of another fare": (
        "one message",
        lambda: replace(FAILED, messages=[("failure", {**message("failed"), "fareId": "other"})]),
    ),
    "an event id of its own": (
        "one message",
        lambda: replace(FAILED, messages=[("failure", {**message("failed"), "eventId": "random"})]),
    ),
    "told as failed, and charged": ("money", lambda: replace(FAILED, gateway=FAILED.gateway[:2])),
    "told as completed, and refunded": ("money", lambda: replace(COMPLETED, gateway=FAILED.gateway)),
    "told as failed, and credited": ("money", lambda: replace(FAILED, accounts=account(2000, 0, 2000))),
    "told as completed, and not credited": ("money", lambda: replace(COMPLETED, accounts=[])),
    "another amount": ("money", lambda: replace(COMPLETED, gateway=[booked("authorise"), booked("capture", 1)])),
    "captured and voided": ("money", lambda: replace(FAILED, gateway=[*FAILED.gateway, booked("void")])),
    "charged twice": ("one effect", lambda: replace(COMPLETED, gateway=[*COMPLETED.gateway, booked("capture")])),
    "a hold left open": ("holds", lambda: replace(REFUSED, gateway=[booked("authorise")])),
    "a ledger that knows of no refund": ("ledgers", lambda: replace(FAILED, payments=[payment("refunded", 2000, 0)])),
    "a payment under way": ("ledgers", lambda: replace(FAILED, payments=[payment("refunding", 2000, 2000)])),
    "a payment captured of a failed ride": (
        "ledgers",
        lambda: replace(FAILED, payments=[payment("captured", 2000, 2000)]),
    ),
    "a fare left pending": ("settled", lambda: replace(FAILED, fares=[fare("pending")])),
    "a fare left recovering": ("settled", lambda: replace(FAILED, fares=[fare("recovering")])),
    "a fare completed and told as failed": ("settled", lambda: replace(FAILED, fares=[fare("completed")])),
    "left to its recovery": ("by itself", lambda: replace(FAILED, fares=[fare("failed", recoveredBy="recovery")])),
    "parked without need": ("parked", lambda: replace(FAILED, parked=[{**PARKED, "sagaId": SAGA}])),
    "parked without a word": ("parked", lambda: replace(FAILED, parked=[{"sagaId": SAGA}])),
    "a dead letter": ("deliveries", lambda: replace(FAILED, dead=["letter"])),
    "money of nobody": (
        "strangers",
        lambda: replace(FAILED, gateway=[*FAILED.gateway, {**booked("void"), "sagaId": "?"}]),
    ),
    "a balance of its own": ("totals", lambda: replace(COMPLETED, accounts=account(2000, 0, 4000))),
}


@pytest.mark.parametrize(("rule", "books"), WRONG.values(), ids=WRONG)
def test_what_is_wrong_is_found(rule: str, books: Callable[[], Books]) -> None:
    assert rule in {finding.rule for finding in audit(books(), [RIDE])}


def test_a_finding_says_what_was_done_to_which_ride() -> None:
    (finding,) = audit(replace(FAILED, fares=[fare("pending")]), [RIDE])
    assert str(finding) == "settled: the fare is left pending [a ride] one"

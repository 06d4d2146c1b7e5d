"""The auditor finds what is wrong: in each case, one thing in books that are otherwise right."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from tests.support.faults.audit.auditor import Finding, audit
from tests.support.faults.audit.books import Books
from tests.support.faults.judges import JudgedStep, all_judges
from tests.support.faults.trial import StartedRide
from wild_rydes_saga.saga import PlannedStep

SAGA = "arn:execution:one"
PARKED = dict.fromkeys(("sagaId", "failure", "stillToDo", "trouble", "recoveryArn", "parkedAt", "fareId"), "x")
RIDE = StartedRide(saga_id=SAGA, fare_id="fare", customer_id="rider", amount_minor=2000, label="a ride", by_itself=True)

STEPS = [
    PlannedStep(action="RegisterFare", compensation="SetFareStatusFailed"),
    PlannedStep(action="ChargeFare", compensation="RefundFare"),
    PlannedStep(action="CustomerAccountCredit", compensation="ReverseAccountCredit"),
]
JUDGES = {judge.action: judge for judge in all_judges()}
JUDGED = [JudgedStep(step, JUDGES[step.action]) for step in STEPS]

Row = dict[str, Any]


def books(
    *,
    fares: Sequence[Row] = (),
    payments: Sequence[Row] = (),
    gateway: Sequence[Row] = (),
    accounts: Sequence[Row] = (),
    **queues: Any,
) -> Books:
    tables = {
        "FaresTableName": fares,
        "PaymentsTableName": payments,
        "GatewayTableName": gateway,
        "AccountsTableName": accounts,
    }
    return Books(tables, **queues)


def booked(operation: str, amount: int = 2000) -> Row:
    return {"operationKey": f"{SAGA}#{operation}", "sagaId": SAGA, "operation": operation, "amountMinor": str(amount)}


def message(status: str, error: str = "AccountCreditException") -> Row:
    failure = {} if status == "completed" else {"failure": {"error": error}}
    return {"eventId": f"{SAGA}#{status}", "sagaId": SAGA, "fareId": "fare", "fareStatus": status, **failure}


def account(credited: int, reversed_: int, balance: int) -> list[Row]:
    row = {
        "sagaId": SAGA,
        "customerId": "rider",
        "status": "credited" if credited > reversed_ else "reversed",
        "creditedMinor": str(credited),
        "reversedMinor": str(reversed_),
    }
    return [row, {"accountKey": "customer#rider", "customerId": "rider", "balanceMinor": str(balance)}]


def payment(status: str, captured: int, refunded: int) -> Row:
    return {"sagaId": SAGA, "status": status, "capturedMinor": str(captured), "refundedMinor": str(refunded)}


def fare(status: str, **more: str) -> Row:
    return {"fareId": "fare", "sagaId": SAGA, "fareStatus": status, **more}


CAPTURED = [booked("authorise"), booked("capture")]
REFUNDED = [*CAPTURED, booked("refund")]
COMPLETED: dict[str, Any] = {
    "fares": [fare("completed")],
    "payments": [payment("captured", 2000, 0)],
    "gateway": CAPTURED,
    "accounts": account(2000, 0, 2000),
    "messages": [("success", message("completed"))],
}
FAILED: dict[str, Any] = {
    "fares": [fare("failed")],
    "payments": [payment("refunded", 2000, 2000)],
    "gateway": REFUNDED,
    "accounts": account(2000, 2000, 0),
    "messages": [("failure", message("failed"))],
}
REFUSED: dict[str, Any] = {"messages": [("failure", message("refused"))]}


def findings(ride: StartedRide = RIDE, **found: Any) -> list[Finding]:
    return audit(books(**found), [ride], JUDGED)


@pytest.mark.parametrize("right", [COMPLETED, FAILED, REFUSED], ids=["completed", "failed", "refused"])
def test_nothing_is_found_in_right_books(right: dict[str, Any]) -> None:
    assert findings(**right) == []


def test_a_message_may_come_twice() -> None:
    assert findings(**{**COMPLETED, "messages": COMPLETED["messages"] * 2}) == []


def test_a_parked_ride_that_says_so_is_right() -> None:
    parked = {"fares": [fare("recovering", parkedAt="now")], "messages": [], "parked": [{**PARKED, "sagaId": SAGA}]}
    assert findings(replace(RIDE, may_park=True), **{**FAILED, **parked}) == []


def test_a_fare_that_another_ride_has_taken_since_is_right() -> None:
    taken = [{**fare("pending"), "sagaId": "arn:execution:two"}]
    assert audit(books(**{**COMPLETED, "fares": taken}), [RIDE], JUDGED, known=["arn:execution:two"]) == []


TWO_OUTCOMES = [("success", message("completed")), ("failure", message("failed"))]
WRONG: dict[str, tuple[str, dict[str, Any]]] = {
    "captured and not reported": ("one message", {**COMPLETED, "messages": []}),
    "reported as completed and as failed": ("one message", {**COMPLETED, "messages": TWO_OUTCOMES}),
    "reported in the wrong queue": ("one message", {**FAILED, "messages": [("success", message("failed"))]}),
    "reported with another fare": (
        "one message",
        {**FAILED, "messages": [("failure", {**message("failed"), "fareId": "other"})]},
    ),
    "reported with an event id of its own": (
        "one message",
        {**FAILED, "messages": [("failure", {**message("failed"), "eventId": "random"})]},
    ),
    "failed and charged": ("all or nothing", {**FAILED, "gateway": CAPTURED}),
    "failed and charged: the money": ("money", {**FAILED, "gateway": CAPTURED}),
    "completed and refunded": ("all or nothing", {**COMPLETED, "gateway": REFUNDED}),
    "failed and credited": ("all or nothing", {**FAILED, "accounts": account(2000, 0, 2000)}),
    "completed and not credited": ("all or nothing", {**COMPLETED, "accounts": []}),
    "completed and credited too little": ("money", {**COMPLETED, "accounts": account(1000, 0, 1000)}),
    "another amount": ("money", {**COMPLETED, "gateway": [booked("authorise"), booked("capture", 1)]}),
    "captured and voided": ("money", {**FAILED, "gateway": [*REFUNDED, booked("void")]}),
    "charged twice": ("one effect", {**COMPLETED, "gateway": [*CAPTURED, booked("capture")]}),
    "a hold left open": ("holds", {**REFUSED, "gateway": [booked("authorise")]}),
    "a ledger without the refund": ("ledgers", {**FAILED, "payments": [payment("refunded", 2000, 0)]}),
    "a payment under way": ("ledgers", {**FAILED, "payments": [payment("refunding", 2000, 2000)]}),
    "a captured payment of a failed ride": ("ledgers", {**FAILED, "payments": [payment("captured", 2000, 2000)]}),
    "a fare left pending": ("settled", {**FAILED, "fares": [fare("pending")]}),
    "a fare left recovering": ("settled", {**FAILED, "fares": [fare("recovering")]}),
    "a completed fare of a failed ride": ("all or nothing", {**FAILED, "fares": [fare("completed")]}),
    "left to its recovery": ("by itself", {**FAILED, "fares": [fare("failed", recoveredBy="recovery")]}),
    "parked without need": ("parked", {**FAILED, "parked": [{**PARKED, "sagaId": SAGA}]}),
    "parked without facts for an operator": ("parked", {**FAILED, "parked": [{"sagaId": SAGA}]}),
    "a dead letter": ("deliveries", {**FAILED, "dead": ["letter"]}),
    "money of a saga that was not started": (
        "strangers",
        {**FAILED, "gateway": [*REFUNDED, {**booked("void"), "sagaId": "?"}]},
    ),
    "a balance that is not its sum": ("totals", {**COMPLETED, "accounts": account(2000, 0, 4000)}),
}


@pytest.mark.parametrize(("rule", "wrong"), WRONG.values(), ids=WRONG)
def test_what_is_wrong_is_found(rule: str, wrong: dict[str, Any]) -> None:
    assert rule in {finding.rule for finding in findings(**wrong)}


def test_a_forced_failure_that_the_ride_does_not_report_is_found() -> None:
    forced = replace(RIDE, must_report="SeatTaken")
    (finding,) = findings(forced, **FAILED)
    assert finding.what == "the ride must fail with SeatTaken, and it reports AccountCreditException"
    assert {one.rule for one in findings(forced, **COMPLETED)} == {"clean failure"}


def test_a_finding_names_the_ride_and_what_went_wrong_with_it() -> None:
    (finding,) = findings(**{**FAILED, "fares": [fare("pending")]})
    assert str(finding) == "settled: the fare is left pending [a ride] one"


def test_a_finding_names_the_action_and_its_compensation() -> None:
    found = {finding.what for finding in findings(**{**FAILED, "gateway": CAPTURED})}
    assert "ChargeFare is done, and RefundFare has not undone it; the ride is reported as failed" in found

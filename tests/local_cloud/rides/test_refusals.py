"""Rides that must not begin: bad input, and a fare that another saga holds. They cost nothing and harm nothing."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.local_cloud.conftest import Faults
from tests.support.local_cloud.ride_audit import account_of, assert_all_or_nothing, book_of
from wild_rydes_saga.deployed.rides import LAB_FARE, Rides

Payload = Callable[..., dict[str, Any]]

REFUSED = ("RegisterFare", "NotifyFailure", "FareProcessingFailed")
LONG = "x" * 129
WRONG: list[tuple[str, dict[str, Any], list[str]]] = [
    ("no customer", {"customerId": None}, ["customerId"]),
    ("empty customer", {"customerId": ""}, ["customerId"]),
    ("customer a number", {"customerId": 3}, ["customerId"]),
    ("customer a list", {"customerId": ["3"]}, ["customerId"]),
    ("customer an object", {"customerId": {"id": "3"}}, ["customerId"]),
    ("customer true", {"customerId": True}, ["customerId"]),
    ("customer too long", {"customerId": LONG}, ["customerId"]),
    ("amount a number", {"fareAmount": 20}, ["fareAmount"]),
    ("amount without cents", {"fareAmount": "$20"}, ["fareAmount"]),
    ("amount without a dollar", {"fareAmount": "20.00"}, ["fareAmount"]),
    ("amount zero", {"fareAmount": "$0.00"}, ["fareAmount"]),
    ("amount negative", {"fareAmount": "-$20.00"}, ["fareAmount"]),
    ("amount negative inside", {"fareAmount": "$-20.00"}, ["fareAmount"]),
    ("amount too large", {"fareAmount": "$1000000.00"}, ["fareAmount"]),
    ("amount with a line feed", {"fareAmount": "$20.00\n"}, ["fareAmount"]),
    ("amount in other digits", {"fareAmount": "$２０.００"}, ["fareAmount"]),
    ("card missing", {"cc": None}, ["cc"]),
    ("card too short", {"cc": "2" * 11}, ["cc"]),
    ("card too long", {"cc": "2" * 20}, ["cc"]),
    ("card with letters", {"cc": "2424 2424 2424 24x4"}, ["cc"]),
    ("expiry month thirteen", {"expiryDate": "13/22"}, ["expiryDate"]),
    ("code too short", {"cvv": "98"}, ["cvv"]),
    ("code a number", {"cvv": 987}, ["cvv"]),
    ("everything", dict.fromkeys(LAB_FARE, 7) | {"fareId": "wr_everything"}, [*LAB_FARE.keys() - {"fareId"}]),
]


@pytest.mark.parametrize(("changed", "wrong"), [case[1:] for case in WRONG], ids=[case[0] for case in WRONG])
def test_bad_input_ends_as_invalid_fare_and_names_each_wrong_field(
    rides: Rides, payload: Payload, changed: dict[str, Any], wrong: list[str]
) -> None:
    given = payload(**changed)
    saga_id = rides.start(given)
    outcome = rides.outcome(saga_id, given["fareId"])
    assert (outcome.status, outcome.error, outcome.path) == ("FAILED", "InvalidFare", REFUSED)
    assert outcome.fare_status is None
    assert outcome.queue == "failure"
    message = dict(outcome.message or {})
    assert message["fareStatus"] == "refused"
    cause = message["failure"]["cause"]
    assert {name for name in LAB_FARE if f"{name} must be" in cause} == set(wrong)
    copied = {name: message[name] for name in ("customerId", "fareId", "fareAmount") if name in message}
    assert copied == {name: given[name] for name in ("customerId", "fareId", "fareAmount") if name not in wrong}
    assert rides.row("PaymentsTableName", {"sagaId": saga_id}) is None
    assert not book_of(rides, saga_id)


@pytest.mark.parametrize(
    "given", ["a fare", 7, None, [], [dict(LAB_FARE)], {}, {**LAB_FARE, "fareId": ""}, {**LAB_FARE, "fareId": LONG}],
    ids=["text", "number", "null", "empty list", "list", "empty object", "empty fareId", "long fareId"],
)  # fmt: skip
def test_an_input_without_a_fare_is_refused_and_reaches_no_queue(rides: Rides, given: Any) -> None:
    saga_id = rides.start(given)
    description = rides.wait(saga_id)
    assert (description["status"], description["error"]) == ("FAILED", "InvalidFare")
    assert "fareId must be" in description["cause"]
    assert [
        e["stateEnteredEventDetails"]["name"] for e in rides.history(saga_id) if "stateEnteredEventDetails" in e
    ] == [*REFUSED]
    assert rides.message(saga_id, patience_seconds=0.5) == (None, None)


def test_unknown_fields_are_ignored_and_copied_nowhere(rides: Rides, payload: Payload, fare_id: str) -> None:
    saga_id = rides.start(payload(tip="$5.00", cardHolder={"name": "an unexpected guest"}))
    outcome = rides.outcome(saga_id, fare_id)
    assert outcome.status == "SUCCEEDED"
    rows = [rides.row("FaresTableName", {"fareId": fare_id}), rides.row("PaymentsTableName", {"sagaId": saga_id})]
    assert "unexpected guest" not in json.dumps([rows, dict(outcome.message or {})])
    assert "tip" not in json.dumps([rows, dict(outcome.message or {})])


@pytest.mark.parametrize("customer", ["Ünï", "客户", "🚕" * 128, "x" * 128, "a'b\"c\\d", "{% $x %}", "line\nfeed"])
def test_any_text_may_name_a_customer(rides: Rides, payload: Payload, fare_id: str, customer: str) -> None:
    saga_id = rides.start(payload(customerId=customer))
    outcome = rides.outcome(saga_id, fare_id)
    assert outcome.status == "SUCCEEDED"
    assert outcome.message is not None
    assert outcome.message["customerId"] == customer
    assert_all_or_nothing(rides, saga_id, fare_minor=2000)


@pytest.mark.parametrize("card", ["4242-4242-4242-4242", "424242424242", "4242424242424242424"])
def test_a_card_may_be_written_in_any_usual_way(rides: Rides, payload: Payload, fare_id: str, card: str) -> None:
    assert rides.outcome(rides.start(payload(cc=card)), fare_id).status == "SUCCEEDED"


def test_a_second_saga_on_a_fare_in_progress_is_refused_and_harms_nothing(
    rides: Rides, payload: Payload, fare_id: str
) -> None:
    locked = hold(rides, fare_id)
    second = rides.start(payload(customerId="4"))
    outcome = rides.outcome(second, fare_id)
    assert (outcome.status, outcome.error, outcome.path, outcome.queue) == ("FAILED", "FareLocked", REFUSED, "failure")
    assert dict(outcome.message or {})["fareStatus"] == "refused"
    assert rides.row("FaresTableName", {"fareId": fare_id}) == locked
    assert (book_of(rides, second), account_of(rides, second)) == ({}, 0)


def test_a_saga_in_doubt_does_not_change_a_fare_that_another_holds(
    rides: Rides, faults: Faults, payload: Payload, fare_id: str
) -> None:
    locked = hold(rides, fare_id)
    faults.inject(fare_id, "RegisterFare", "States.Timeout")
    outcome = rides.outcome(rides.start(payload(customerId="4")), fare_id)
    assert (outcome.error, outcome.path[1:]) == ("States.Timeout", ("SetFareStatusFailed", *REFUSED[1:]))
    assert rides.row("FaresTableName", {"fareId": fare_id}) == locked


def hold(rides: Rides, fare_id: str) -> dict[str, str]:
    """Lets another saga hold the fare; returns its row."""
    row = {"fareId": fare_id, "sagaId": "another saga", "startTime": LONG_AGO, "fareStatus": "pending"}
    put(rides, "FaresTableName", row)
    return row


LONG_AGO = "2020-01-01T00:00:00.000Z"


def test_a_reused_name_does_not_take_over_the_fare_of_the_first_ride(
    rides: Rides, payload: Payload, fare_id: str
) -> None:
    name = f"again-{fare_id}"
    saga_id = f"{rides.outputs['FareSagaArn'].replace(':stateMachine:', ':execution:')}:{name}"
    earlier = {"fareId": fare_id, "sagaId": saga_id, "startTime": LONG_AGO, "fareStatus": "pending"}
    put(rides, "FaresTableName", earlier)
    assert rides.start(payload(), name=name) == saga_id
    outcome = rides.outcome(saga_id, fare_id)
    assert (outcome.error, outcome.path, outcome.queue) == ("FareLocked", REFUSED, "failure")
    assert rides.row("FaresTableName", {"fareId": fare_id}) == earlier
    assert book_of(rides, saga_id) == {}


def test_a_reused_name_is_charged_nothing_and_keeps_the_first_row(rides: Rides, payload: Payload, fare_id: str) -> None:
    name = f"again-{fare_id}"
    saga_id = f"{rides.outputs['FareSagaArn'].replace(':stateMachine:', ':execution:')}:{name}"
    earlier = {"sagaId": saga_id, "startTime": LONG_AGO, "status": "captured", "chargeId": "long-ago"}
    put(rides, "PaymentsTableName", earlier)
    rides.start(payload(), name=name)
    outcome = rides.outcome(saga_id, fare_id)
    assert (outcome.error, outcome.fare_status) == ("PaymentAuthException", "failed")
    assert "used before" in dict(outcome.message or {})["failure"]["cause"]
    assert rides.row("PaymentsTableName", {"sagaId": saga_id}) == earlier
    assert book_of(rides, saga_id) == {}


def put(rides: Rides, table_output: str, row: dict[str, str]) -> None:
    """Writes a row of strings into one of the stack's tables."""
    item = {name: {"S": value} for name, value in row.items()}
    rides.account.client("dynamodb").put_item(TableName=rides.outputs[table_output], Item=item)

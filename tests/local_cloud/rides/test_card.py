"""Card data stays where it came in: the execution's input and ChargeFare's event. Everything else is searched."""

import hashlib
import json
import time
from collections.abc import Callable
from typing import Any

import pytest

from tests.support.card import CARD, TRACES, card_traces, executions, logs, where_it_came_in
from wild_rydes_saga.deployed.rides import Rides

TABLES = ("CardsTableName", "FaresTableName", "PaymentsTableName", "GatewayTableName", "AccountsTableName")
FAILURES = {
    "no failure": "3",
    "card not authorised": "3_fail_auth",
    "charge refused": "3_fail_charge",
    "credit refused": "3_fail_credit",
    "refund refused": "3_fail_refund",
}


def logs_once_they_name(rides: Rides, saga_id: str) -> list[str]:
    """Every logged line, as soon as a handler has logged the saga's id."""
    for _ in range(50):
        lines = list(logs(rides.account))
        if any(f'"correlation_id":"{saga_id}"' in line for line in lines):
            return lines
        time.sleep(0.2)
    raise AssertionError("no handler has logged the saga's id")


@pytest.mark.parametrize("customer", FAILURES.values(), ids=FAILURES)
def test_the_card_is_in_no_table_message_log_output_or_error(
    rides: Rides, payload: Callable[..., dict[str, Any]], fare_id: str, customer: str
) -> None:
    saga_id = rides.start(payload(customerId=customer, **CARD))
    description = rides.wait(saga_id)
    assert card_traces([description.get("output"), description.get("error"), description.get("cause")]) == []
    assert card_traces([event for event in rides.history(saga_id) if not where_it_came_in(event)]) == []
    if description.get("error") != "SagaRollbackIncomplete":  # such an execution sends no message
        assert card_traces(rides.message(saga_id)) == []
    for table in TABLES:
        rows = rides.account.client("dynamodb").scan(TableName=rides.outputs[table])["Items"]
        assert rows or table == "CardsTableName"
        assert card_traces(rows) == [], table
    assert card_traces(logs_once_they_name(rides, saga_id)) == []


def tokenised(rides: Rides, **changed: str) -> str:
    """Tokenises the card at the front door; returns the token."""
    given = json.dumps({"customerId": "3", **CARD, **changed})
    answer = rides.account.client("lambda").invoke(FunctionName=rides.outputs["TokeniseFunctionName"], Payload=given)
    assert "FunctionError" not in answer
    return str(json.loads(answer["Payload"].read())["paymentToken"])


def recoveries_of(rides: Rides, saga_id: str) -> list[dict[str, Any]]:
    """The events about a ride in the histories of the recoveries."""
    histories = dict(executions(rides.account, [rides.outputs["RecoveryArn"]]))
    return [event for events in histories.values() for event in events if saga_id in json.dumps(event, default=str)]


@pytest.mark.parametrize("customer", FAILURES.values(), ids=FAILURES)
def test_with_a_token_the_card_is_nowhere(
    rides: Rides, payload: Callable[..., dict[str, Any]], fare_id: str, customer: str
) -> None:
    """Searches every place: also the execution's input, ChargeFare's event and the emulator's own log."""
    token = tokenised(rides, customerId=customer)
    saga_id = rides.start(payload(customerId=customer, cc=None, expiryDate=None, cvv=None, paymentToken=token))
    description = rides.wait(saga_id)
    assert description["status"] == ("SUCCEEDED" if customer == "3" else "FAILED")
    assert card_traces([description, rides.history(saga_id), recoveries_of(rides, saga_id)]) == []
    if description.get("error") != "SagaRollbackIncomplete":
        assert card_traces(rides.message(saga_id)) == []
    for table in TABLES:
        rows = rides.account.client("dynamodb").scan(TableName=rides.outputs[table])["Items"]
        assert card_traces(rows) == [], table
        assert token not in json.dumps(rows), table
    lines = logs_once_they_name(rides, saga_id)
    assert card_traces(lines) == []
    assert [line for line in lines if token in line] == []


def test_a_token_pays_for_one_ride_and_its_card_is_gone_after_it(
    rides: Rides, payload: Callable[..., dict[str, Any]], fare_id: str
) -> None:
    token = tokenised(rides)
    paid = payload(cc=None, expiryDate=None, cvv=None, paymentToken=token)
    first, second = rides.start(paid), rides.start({**paid, "fareId": f"{fare_id}-2"})
    ended = [rides.outcome(first, fare_id), rides.outcome(second, f"{fare_id}-2")]
    assert sorted(one.captured for one in ended) == [0, 2000]
    assert {one.error for one in ended} == {None, "PaymentAuthException"}
    digest = hashlib.sha256(token.encode()).hexdigest()
    assert rides.row("CardsTableName", {"tokenDigest": digest}) is None


def test_the_search_would_find_a_card(rides: Rides, payload: Callable[..., dict[str, Any]]) -> None:
    saga_id = rides.start(payload(**CARD))
    rides.wait(saga_id)
    assert card_traces(rides.history(saga_id)) == ["trace 0", "trace 2", "trace 3"]


def test_a_wrong_card_is_refused_without_being_quoted(rides: Rides, payload: Callable[..., dict[str, Any]]) -> None:
    saga_id = rides.start(payload(**CARD | {"cc": TRACES[0] + "x"}))
    description = rides.wait(saga_id)
    assert description["error"] == "InvalidFare"
    assert card_traces(description["cause"]) == []
    assert card_traces([event for event in rides.history(saga_id) if not where_it_came_in(event)]) == []
    assert card_traces(rides.message(saga_id)) == []

"""Card data stays where it came in: the execution's input and ChargeFare's event. Everything else is searched."""

import time
from collections.abc import Callable
from typing import Any

import pytest

from tests.faults.card import CARD, TRACES, betrayed, logs, where_it_came_in
from wild_rydes_saga.local.rides import Rides

TABLES = ("FaresTableName", "PaymentsTableName", "GatewayTableName", "AccountsTableName")
FAILURES = {
    "no failure": "3",
    "card not authorised": "3_fail_auth",
    "charge refused": "3_fail_charge",
    "credit refused": "3_fail_credit",
    "refund refused": "3_fail_refund",
}


def logs_once_they_tell_of(rides: Rides, saga_id: str) -> list[str]:
    """Every logged line, as soon as a handler's logs bear the saga's id."""
    for _ in range(50):
        lines = list(logs(rides.account))
        if any(f'"correlation_id":"{saga_id}"' in line for line in lines):
            return lines
        time.sleep(0.2)
    raise AssertionError("no handler's log bears the saga's id")


@pytest.mark.parametrize("customer", FAILURES.values(), ids=FAILURES)
def test_the_card_is_in_no_table_message_log_output_or_error(
    rides: Rides, payload: Callable[..., dict[str, Any]], fare_id: str, customer: str
) -> None:
    saga_id = rides.start(payload(customerId=customer, **CARD))
    description = rides.wait(saga_id)
    assert betrayed([description.get("output"), description.get("error"), description.get("cause")]) == []
    assert betrayed([event for event in rides.history(saga_id) if not where_it_came_in(event)]) == []
    if description.get("error") != "SagaRollbackIncomplete":  # which sends no message yet
        assert betrayed(rides.message(saga_id)) == []
    for table in TABLES:
        rows = rides.account.client("dynamodb").scan(TableName=rides.outputs[table])["Items"]
        assert rows
        assert betrayed(rows) == [], table
    assert betrayed(logs_once_they_tell_of(rides, saga_id)) == []


def test_the_search_would_find_a_card(rides: Rides, payload: Callable[..., dict[str, Any]]) -> None:
    saga_id = rides.start(payload(**CARD))
    rides.wait(saga_id)
    assert betrayed(rides.history(saga_id)) == ["trace 0", "trace 2", "trace 3"]


def test_a_wrong_card_is_refused_without_being_quoted(rides: Rides, payload: Callable[..., dict[str, Any]]) -> None:
    saga_id = rides.start(payload(**CARD | {"cc": TRACES[0] + "x"}))
    description = rides.wait(saga_id)
    assert description["error"] == "InvalidFare"
    assert betrayed(description["cause"]) == []
    assert betrayed([event for event in rides.history(saga_id) if not where_it_came_in(event)]) == []
    assert betrayed(rides.message(saga_id)) == []

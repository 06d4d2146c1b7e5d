"""Card data stays where it came in: the execution's input and ChargeFare's event. Everything else is searched."""

import json
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from wild_rydes_saga.local.rides import Rides

CARD = {"cc": "4929 8371 6502 4417", "expiryDate": "07/91", "cvv": "8642"}
TRACES = ("4929 8371 6502 4417", "4929837165024417", "07/91", '"8642"')
"""What would betray the card; its code with quotes, since ids may hold any four digits."""
TABLES = ("FaresTableName", "PaymentsTableName", "GatewayTableName", "AccountsTableName")
FAILURES = {
    "no failure": "3",
    "card not authorised": "3_fail_auth",
    "charge refused": "3_fail_charge",
    "credit refused": "3_fail_credit",
    "refund refused": "3_fail_refund",
}


def betrayed(told: object) -> list[str]:
    """The traces of the card in something, by their number, so that a failing test prints no card."""
    text = json.dumps(told, default=str, ensure_ascii=False).replace('\\\\"', '"').replace('\\"', '"')
    return [f"trace {number}" for number, trace in enumerate(TRACES) if trace in text]


def where_it_came_in(event: dict[str, Any]) -> bool:
    """Tells whether AWS itself puts the input here: the start, the first state's entry, ChargeFare's call."""
    if event["type"] == "ExecutionStarted":
        return True
    if event.get("stateEnteredEventDetails", {}).get("name") == "RegisterFare":
        return True
    details = event.get("taskScheduledEventDetails", event.get("lambdaFunctionScheduledEventDetails", {}))
    return "ChargeFareFunction" in json.dumps(details)


def logs(rides: Rides) -> Iterator[str]:
    """Every line that the stack's functions and machines logged."""
    client = rides.account.client("logs")
    for group in client.describe_log_groups()["logGroups"]:
        for stream in client.describe_log_streams(logGroupName=group["logGroupName"])["logStreams"]:
            events = client.get_log_events(logGroupName=group["logGroupName"], logStreamName=stream["logStreamName"])
            yield from (event["message"] for event in events["events"])


def logs_once_they_tell_of(rides: Rides, saga_id: str) -> list[str]:
    """Every logged line, as soon as a handler's logs bear the saga's id."""
    for _ in range(50):
        lines = list(logs(rides))
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

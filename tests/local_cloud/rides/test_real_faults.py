"""Real faults, not injected ones: a handler that fails, and one that Lambda stops."""

import contextlib
import socket
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.support.local_cloud.ride_audit import assert_all_or_nothing
from tests.support.publish import publish
from wild_rydes_saga.deployed.rides import Rides

Payload = Callable[..., dict[str, Any]]

ROLLBACK_END = ("SetFareStatusFailed", "NotifyFailure", "FareProcessingFailed")
ACTIONS = {
    "ChargeFare": ("ChargeFareFunction", ("RegisterFare", "ChargeFare", "RefundFare")),
    "CustomerAccountCredit": (
        "CreditCustomerAcco",
        ("RegisterFare", "ChargeFare", "CustomerAccountCredit", "ReverseAccountCredit", "RefundFare"),
    ),
}


@contextlib.contextmanager
def changed(rides: Rides, function: str, *, timeout: int | None = None, **variables: str) -> Iterator[None]:
    """Deploys a function with another timeout or other variables for as long as the block lasts."""
    client = rides.account.client("lambda")
    named = next(one for one in client.list_functions()["Functions"] if function in one["FunctionName"])
    name, before = named["FunctionName"], named["Environment"]["Variables"]
    client.update_function_configuration(
        FunctionName=name, Timeout=timeout or named["Timeout"], Environment={"Variables": {**before, **variables}}
    )
    publish(rides.account, rides.outputs)
    try:
        yield
    finally:
        client.update_function_configuration(
            FunctionName=name, Timeout=named["Timeout"], Environment={"Variables": before}
        )
        publish(rides.account, rides.outputs)


@pytest.mark.parametrize("action", ACTIONS)
def test_a_handler_that_loses_its_table_ends_in_a_full_rollback(
    rides: Rides, payload: Payload, fare_id: str, action: str
) -> None:
    function, path = ACTIONS[action]
    with changed(rides, function, PAYMENTS_TABLE="no-such-table", ACCOUNTS_TABLE="no-such-table"):
        saga_id = rides.start(payload())
        outcome = rides.outcome(saga_id, fare_id)
    assert (outcome.error, outcome.path) == ("ResourceNotFoundException", (*path, *ROLLBACK_END))
    assert (outcome.fare_status, outcome.queue) == ("failed", "failure")
    assert_all_or_nothing(rides, saga_id, fare_minor=0)


@pytest.mark.parametrize("action", ACTIONS)
def test_a_handler_that_lambda_stops_ends_in_a_full_rollback(
    rides: Rides, payload: Payload, fare_id: str, action: str
) -> None:
    function, path = ACTIONS[action]
    with socket.socket() as silent:  # accepts connections and never answers
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        endpoint = f"http://127.0.0.1:{silent.getsockname()[1]}"
        with changed(rides, function, timeout=1, AWS_ENDPOINT_URL_DYNAMODB=endpoint):
            saga_id = rides.start(payload())
            outcome = rides.outcome(saga_id, fare_id)
    assert outcome.path == (*path, *ROLLBACK_END)
    assert outcome.error == "Sandbox.Timedout"
    assert (outcome.fare_status, outcome.queue) == ("failed", "failure")
    assert_all_or_nothing(rides, saga_id, fare_minor=0)

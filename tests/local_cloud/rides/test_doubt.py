"""Doubt counts as done: after any error, before or after its effect, the ride ends completed or rolled back."""

from collections.abc import Callable
from typing import Any

import pytest

from lambda_src.fare_status import UNSETTLED
from tests.local_cloud.conftest import Faults
from tests.support.local_cloud.ride_audit import assert_all_or_nothing
from wild_rydes_saga.deployed.rides import Rides

Payload = Callable[..., dict[str, Any]]

ROLLBACK_END = ("SetFareStatusFailed", "NotifyFailure", "FareProcessingFailed")
ROLLBACKS = {
    "RegisterFare": ("RegisterFare", *ROLLBACK_END),
    "ChargeFare": ("RegisterFare", "ChargeFare", "RefundFare", *ROLLBACK_END),
    "CustomerAccountCredit": (
        "RegisterFare",
        "ChargeFare",
        "CustomerAccountCredit",
        "ReverseAccountCredit",
        "RefundFare",
        *ROLLBACK_END,
    ),
}
UNFORESEEN = ["RuntimeError", "Lambda.TooManyRequestsException"]
"""An error that is not retried, and an error that is. The fault campaign has the others."""
COMPENSATIONS = ["ReverseAccountCredit", "RefundFare", "SetFareStatusFailed"]


@pytest.mark.parametrize("after", [False, True], ids=["before its effect", "after its effect"])
@pytest.mark.parametrize("error", UNFORESEEN)
@pytest.mark.parametrize("action", ROLLBACKS)
def test_an_error_in_doubt_ends_in_a_full_rollback(
    rides: Rides, faults: Faults, payload: Payload, fare_id: str, action: str, error: str, after: bool
) -> None:
    faults.inject(fare_id, action, error, after=after)
    saga_id = rides.start(payload())
    outcome = rides.outcome(saga_id, fare_id)
    assert (outcome.status, outcome.error, outcome.path) == ("FAILED", error, ROLLBACKS[action])
    assert (outcome.fare_status, outcome.queue) == ("failed", "failure")
    assert outcome.message is not None
    assert outcome.message["failure"] == {"step": action, "error": error, "cause": "injected"}
    assert_all_or_nothing(rides, saga_id, fare_minor=0)


@pytest.mark.parametrize("after", [False, True], ids=["before its effect", "after its effect"])
@pytest.mark.parametrize(
    ("task", "error"),
    [
        ("RegisterFare", "DynamoDB.ThrottlingException"),
        ("ChargeFare", "Lambda.TooManyRequestsException"),
        ("ChargeFare", "LedgerBusy"),
        ("CustomerAccountCredit", "Lambda.ServiceException"),
        ("SetFareStatusCompleted", "DynamoDB.InternalServerError"),
        ("SetFareStatusCompleted", "States.Timeout"),
        ("NotifySuccess", "SNS.InternalErrorException"),
    ],
)
def test_a_passing_fault_is_retried_and_the_ride_is_done_once(
    rides: Rides, faults: Faults, payload: Payload, fare_id: str, task: str, error: str, after: bool
) -> None:
    faults.inject(fare_id, task, error, after=after, times=2)
    saga_id = rides.start(payload())
    outcome = rides.outcome(saga_id, fare_id)
    assert (outcome.status, outcome.fare_status, outcome.queue) == ("SUCCEEDED", "completed", "success")
    assert_all_or_nothing(rides, saga_id, fare_minor=2000)


@pytest.mark.parametrize("after", [False, True], ids=["before its effect", "after its effect"])
@pytest.mark.parametrize("compensation", COMPENSATIONS)
def test_a_compensation_that_fails_at_first_is_repeated_until_done(
    rides: Rides, faults: Faults, payload: Payload, fare_id: str, compensation: str, after: bool
) -> None:
    faults.inject(fare_id, "CustomerAccountCredit", "RuntimeError", after=True)
    faults.inject(fare_id, compensation, "States.Timeout", after=after, times=3)
    saga_id = rides.start(payload())
    outcome = rides.outcome(saga_id, fare_id)
    assert (outcome.path, outcome.fare_status) == (ROLLBACKS["CustomerAccountCredit"], "failed")
    assert_all_or_nothing(rides, saga_id, fare_minor=0)


@pytest.mark.parametrize("compensation", COMPENSATIONS)
def test_a_compensation_that_gives_up_does_not_stop_the_others(
    rides: Rides, faults: Faults, payload: Payload, fare_id: str, compensation: str
) -> None:
    faults.inject(fare_id, "CustomerAccountCredit", "RuntimeError", after=True)
    faults.inject(fare_id, compensation, "RuntimeError")
    saga_id = rides.start(payload())
    description = rides.wait(saga_id)
    path = ROLLBACKS["CustomerAccountCredit"][:6]
    assert (description["status"], description["error"]) == ("FAILED", "SagaRollbackIncomplete")
    assert description["cause"].startswith(f"still to do: {compensation}")
    entered = [
        event["stateEnteredEventDetails"]["name"]
        for event in rides.history(saga_id)
        if "stateEnteredEventDetails" in event
    ]
    assert tuple(entered) == (*path, "SagaRollbackIncomplete")
    fare = rides.row("FaresTableName", {"fareId": fare_id})
    assert fare is not None
    assert fare["fareStatus"] in UNSETTLED
    payment = rides.row("PaymentsTableName", {"sagaId": saga_id})
    assert payment is not None
    assert (payment["status"] == "refunded") is (compensation != "RefundFare")


def test_a_forced_refund_failure_leaves_the_fare_unsettled(rides: Rides, payload: Payload, fare_id: str) -> None:
    saga_id = rides.start(payload(customerId="3_fail_refund"))
    assert rides.wait(saga_id)["error"] == "SagaRollbackIncomplete"
    fare = rides.row("FaresTableName", {"fareId": fare_id})
    assert fare is not None
    assert fare["fareStatus"] in UNSETTLED


@pytest.mark.parametrize("task", ["SetFareStatusCompleted", "NotifySuccess"])
def test_an_error_after_the_pivot_undoes_nothing_and_keeps_its_name(
    rides: Rides, faults: Faults, payload: Payload, fare_id: str, task: str
) -> None:
    faults.inject(fare_id, task, "DynamoDB.InternalServerError", after=True)
    saga_id = rides.start(payload())
    assert rides.wait(saga_id)["error"] == "DynamoDB.InternalServerError"
    assert_all_or_nothing(rides, saga_id, fare_minor=2000)

"""What is read out of an execution's history: where it stopped, which step failed, with what; never the card."""

import dataclasses
import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from botocore.utils import parse_timestamp

from lambda_src.recovery.execution import Execution, iso_millis, read_execution
from tests.support.handlers.executions import (
    LOCKED,
    SHAPE,
    STARTED,
    History,
    description,
    done,
    failed,
    given,
    happened,
    history,
    not_evaluated,
    timed_out,
    told,
    under_way,
    visit,
)
from tests.support.handlers.rides import CARD, CARD_NUMBER_SPACED, RIDE, card_fields_in

REGISTERED = visit("RegisterFare", done())
CHARGED = visit("ChargeFare", done())
CREDITED = visit("CustomerAccountCredit", done())


def read(*visits: History, status: str = "ABORTED", text: object = None) -> Execution:
    """Reads an execution with these states visited."""
    return read_execution(description(status, text), history(*visits, status=status), SHAPE)


@pytest.mark.parametrize(
    ("visits", "status", "stopped_at", "step", "error"),
    [
        pytest.param([], "ABORTED", None, "RegisterFare", "ExecutionAborted", id="before-its-first-state"),
        pytest.param([], "FAILED", None, "RegisterFare", "ExecutionFailed", id="no-reason"),
        pytest.param(
            [visit("RegisterFare", leaves=False)],
            "FAILED",
            "RegisterFare",
            "RegisterFare",
            "ExecutionFailed",
            id="runtime-error",
        ),
        pytest.param(
            [REGISTERED, visit("ChargeFare", under_way(), leaves=False)],
            "TIMED_OUT",
            "ChargeFare",
            "ChargeFare",
            "States.Timeout",
            id="ended-under-way",
        ),
        pytest.param(
            [REGISTERED, visit("ChargeFare", done(), leaves=False)],
            "ABORTED",
            "ChargeFare",
            "ChargeFare",
            "ExecutionAborted",
            id="aborted-when-done",
        ),
        pytest.param(
            [
                REGISTERED,
                visit("ChargeFare", failed("PaymentAuthException"), under_way(), [happened("TaskStateAborted")]),
            ],
            "ABORTED",
            "ChargeFare",
            "ChargeFare",
            "ExecutionAborted",
            id="aborted-in-a-repeat",
        ),
        pytest.param(
            [REGISTERED, visit("ChargeFare", failed("Lambda.Unknown"), failed("Sandbox.Timedout"))],
            "ABORTED",
            "ChargeFare",
            "ChargeFare",
            "Sandbox.Timedout",
            id="last-of-two-attempts",
        ),
        pytest.param(
            [REGISTERED, visit("ChargeFare", timed_out()), visit("RefundFare", failed("RefundException"))],
            "ABORTED",
            "RefundFare",
            "ChargeFare",
            "States.Timeout",
            id="a-compensation-is-no-step",
        ),
        pytest.param(
            [REGISTERED, visit("ChargeFare", failed(LOCKED)), visit("RefundFare", done()), told()],
            "FAILED",
            "FareProcessingFailed",
            "ChargeFare",
            LOCKED,
            id="another-steps-clean-failure",
        ),
        pytest.param(
            [REGISTERED, CHARGED, CREDITED, visit("SetFareStatusCompleted", failed(LOCKED), leaves=False)],
            "FAILED",
            "SetFareStatusCompleted",
            "SetFareStatusCompleted",
            LOCKED,
            id="at-the-pivot",
        ),
        pytest.param(
            [REGISTERED, visit("ChargeFare", failed())],
            "FAILED",
            "ChargeFare",
            "ChargeFare",
            "ExecutionFailed",
            id="under-a-customers-key",
        ),
        pytest.param(
            [
                REGISTERED,
                visit("ChargeFare", failed("Oops"), [happened("ExecutionRedriven")], timed_out(), leaves=False),
            ],
            "FAILED",
            "ChargeFare",
            "ChargeFare",
            "States.Timeout",
            id="redriven",
        ),
    ],
)
def test_an_error_in_doubt_is_told_with_its_step_and_as_failed(
    visits: list[History], status: str, stopped_at: str | None, step: str, error: str
) -> None:
    execution = read(*visits, status=status)
    assert (execution.stopped_at, execution.step, execution.error) == (stopped_at, step, error)
    assert (execution.outcome, execution.clean, execution.did_nothing) == ("failed", None, False)
    assert (execution.saga_id, execution.status, execution.started) == (RIDE.saga_id, status, STARTED)


@pytest.mark.parametrize(
    ("visits", "step", "error", "outcome", "did_nothing"),
    [
        pytest.param(
            [visit("RegisterFare", failed(LOCKED))], "RegisterFare", "FareLocked", "refused", True, id="locked"
        ),
        pytest.param(
            [visit("RegisterFare", failed("DynamoDB.InternalServerError"), failed(LOCKED)), visit("NotifyFailure")],
            "RegisterFare",
            "FareLocked",
            "refused",
            True,
            id="locked-at-the-second-attempt",
        ),
        pytest.param(
            [visit("RegisterFare", not_evaluated("RegisterFare"))],
            "RegisterFare",
            "InvalidFare",
            "refused",
            True,
            id="invalid",
        ),
        pytest.param(
            [REGISTERED, visit("ChargeFare", failed("PaymentAuthException")), visit("SetFareStatusFailed")],
            "ChargeFare",
            "PaymentAuthException",
            "failed",
            False,
            id="declined",
        ),
        pytest.param(
            [REGISTERED, CHARGED, visit("CustomerAccountCredit", failed("AccountCreditException")), told()],
            "CustomerAccountCredit",
            "AccountCreditException",
            "failed",
            False,
            id="not-credited",
        ),
    ],
)
def test_a_clean_failure_is_told_as_the_saga_tells_it(
    visits: list[History], step: str, error: str, outcome: str, did_nothing: bool
) -> None:
    execution = read(*visits)
    assert (execution.step, execution.error, execution.outcome) == (step, error, outcome)
    assert execution.did_nothing is did_nothing


@pytest.mark.parametrize(
    "text",
    [
        CARD.number,
        CARD_NUMBER_SPACED,
        CARD.expiry,
        f"Refused{CARD.code}",
        "Mr Miller's card was not accepted",
        "PaymentAuthException\n",
        "",
        "E" * 101,
    ],
    ids=["number", "spaced", "expiry", "code", "sentence", "line-feed", "empty", "long"],
)
def test_an_error_that_is_no_name_is_not_handed_on(text: str) -> None:
    execution = read(REGISTERED, visit("ChargeFare", failed(text)))
    assert execution.error == "ExecutionAborted"
    assert execution.outcome == "failed"


@pytest.mark.parametrize(
    ("text", "fare"),
    [
        pytest.param(given(fareId="x" * 129), {"customerId", "fareAmount"}, id="long-fare"),
        pytest.param(given(fareId=""), {"customerId", "fareAmount"}, id="empty-fare"),
        pytest.param(given(customerId=[CARD.number]), {"fareId", "fareAmount"}, id="list"),
        pytest.param(given(fareAmount=CARD.number), {"customerId", "fareId"}, id="card-as-amount"),
        pytest.param(given(fareAmount="$0.00"), {"customerId", "fareId"}, id="nothing"),
        pytest.param(given(cc="1"), {"customerId", "fareId", "fareAmount"}, id="wrong-card"),
        pytest.param(given(cvv=None), {"customerId", "fareId", "fareAmount"}, id="no-code"),
        pytest.param("{}", set(), id="empty"),
        pytest.param("[]", set(), id="list-of-nothing"),
        pytest.param(json.dumps(CARD.number), set(), id="string"),
        pytest.param("null", set(), id="null"),
        pytest.param("{'cc':", set(), id="no-json"),
        pytest.param("[" * 100_000, set(), id="deep"),
        pytest.param("", set(), id="nothing-at-all"),
        pytest.param(7, set(), id="no-text"),
    ],
)
def test_of_an_invalid_input_only_the_fares_own_valid_fields_are_kept(text: object, fare: set[str]) -> None:
    execution = read(status="ABORTED", text=text)
    assert set(execution.fare) == fare
    assert not execution.whole_input
    assert execution.did_nothing
    assert (execution.outcome, execution.error) == ("refused", "InvalidFare")
    assert card_fields_in(repr(dataclasses.asdict(execution))) == []


def test_an_input_that_is_not_there_is_invalid() -> None:
    told_of = description("ABORTED")
    del told_of["input"]
    assert read_execution(told_of, [], SHAPE).did_nothing


def test_of_a_valid_input_the_card_and_what_nobody_knows_are_left_out() -> None:
    execution = read(REGISTERED, text=given(tip="$1.00", note=CARD.number))
    assert execution.fare == {"customerId": RIDE.customer_id, "fareId": RIDE.fare_id, "fareAmount": "$20.00"}
    assert execution.whole_input
    assert not execution.did_nothing


@pytest.mark.parametrize(
    ("written", "mine"),
    [
        pytest.param({"sagaId": RIDE.saga_id, "startTime": RIDE.start_time}, True, id="mine"),
        pytest.param({"sagaId": RIDE.saga_id}, True, id="mine-without-a-time"),
        pytest.param({"sagaId": RIDE.saga_id, "startTime": "2026-11-22T10:00:00Z"}, True, id="in-whole-seconds"),
        pytest.param({"sagaId": RIDE.saga_id, "startTime": "2026-11-22T11:00:01+01:00"}, True, id="in-another-zone"),
        pytest.param({"sagaId": RIDE.saga_id, "startTime": "2026-11-22T10:00:03.000Z"}, False, id="seconds-later"),
        pytest.param({"sagaId": RIDE.saga_id, "startTime": "2026-08-20T10:00:00.123Z"}, False, id="days-earlier"),
        pytest.param({"sagaId": RIDE.saga_id, "startTime": "2027-05-01T08:30:00.456Z"}, False, id="days-later"),
        pytest.param({"sagaId": RIDE.saga_id, "startTime": "yesterday"}, False, id="no-time"),
        pytest.param({"sagaId": f"{RIDE.saga_id}2", "startTime": RIDE.start_time}, False, id="another-sagas"),
        pytest.param({"startTime": RIDE.start_time}, False, id="nobodys"),
        pytest.param(None, False, id="no-row"),
    ],
)
def test_a_row_is_the_executions_own_by_its_arn_and_its_start(written: Any, mine: bool) -> None:
    execution = read()
    assert execution.is_of(written) is mine
    handed_on = execution.start_time(None, written)
    assert handed_on == (written["startTime"] if mine and "startTime" in written else RIDE.start_time)


@pytest.mark.parametrize(
    ("moment", "text"),
    [
        (datetime(2026, 11, 22, 23, 47, 20, 517000, tzinfo=UTC), "2026-11-22T23:47:20.517Z"),
        (datetime(2026, 11, 22, 23, 47, 20, tzinfo=UTC), "2026-11-22T23:47:20.000Z"),
        (datetime(2026, 11, 22, 23, 47, 20, 70000, tzinfo=UTC), "2026-11-22T23:47:20.070Z"),
        (datetime(2026, 11, 23, 1, 47, 20, 1000, tzinfo=timezone(timedelta(hours=2))), "2026-11-22T23:47:20.001Z"),
    ],
)
def test_a_moment_is_written_as_jsonata_writes_it(moment: datetime, text: str) -> None:
    assert iso_millis(moment) == text


def test_no_millisecond_of_the_start_is_lost_between_the_api_and_the_ledgers() -> None:
    """AWS sends seconds with a fraction, which no float holds exactly."""
    second = int(datetime(2026, 11, 22, 23, 47, 20, tzinfo=UTC).timestamp())
    for millis in range(1000):
        moment = parse_timestamp(second + millis / 1000)  # type: ignore[arg-type]  # it takes numbers too
        assert iso_millis(moment) == f"2026-11-22T23:47:20.{millis:03}Z"

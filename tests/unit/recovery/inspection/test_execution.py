"""What is read out of an execution's history: where it stopped, which step failed, with what; never the card."""

import pytest

from lambda_src.recovery.execution import Execution, read_execution
from tests.support.handlers.rides import CARD, CARD_NUMBER_SPACED, RIDE
from tests.support.recovery.executions import (
    LOCKED,
    SHAPE,
    STARTED,
    History,
    description,
    done,
    failed,
    happened,
    history,
    not_evaluated,
    rolled_back,
    timed_out,
    under_way,
    visit,
)

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
            [REGISTERED, visit("ChargeFare", failed(LOCKED)), visit("RefundFare", done()), rolled_back()],
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
def test_an_error_in_doubt_is_reported_with_its_step_as_failed(
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
            [REGISTERED, CHARGED, visit("CustomerAccountCredit", failed("AccountCreditException")), rolled_back()],
            "CustomerAccountCredit",
            "AccountCreditException",
            "failed",
            False,
            id="not-credited",
        ),
    ],
)
def test_a_clean_failure_is_reported_as_the_saga_reports_it(
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
def test_an_invalid_error_name_is_not_passed_on(text: str) -> None:
    execution = read(REGISTERED, visit("ChargeFare", failed(text)))
    assert execution.error == "ExecutionAborted"
    assert execution.outcome == "failed"

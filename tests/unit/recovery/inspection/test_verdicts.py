"""What the state of an execution calls for: every verdict of the inspection."""

from typing import Any

import pytest

from lambda_src.dynamodb import Row
from lambda_src.errors import StillRunning
from lambda_src.recovery import verdict
from lambda_src.recovery.inspect_execution import inspect
from tests.support.handlers.rides import RIDE
from tests.support.recovery.executions import (
    FOUND,
    PATIENCE,
    SHAPE,
    History,
    OneExecution,
    OneRide,
    description,
    given,
    happened,
    history,
    under_way,
    visit,
)
from tests.support.recovery.inspections import (
    CHARGING,
    EARLIER,
    EARLIER_KEPT,
    INVALID,
    KEPT,
    LOCKED_OUT,
    NOT_STARTED,
    NOTIFIED,
    NOTIFYING,
    REGISTERED,
    SETTLING,
    SUCCEEDED,
    Ended,
    another,
    inspected,
    mine,
)


@pytest.mark.parametrize(
    ("ended", "rows", "expected"),
    [
        # it was reported, and its fare is settled, or was never taken, or is another's by now
        pytest.param(NOTIFIED, [mine("failed")], verdict.NOTHING, id="reported-failed"),
        pytest.param(NOTIFIED, [], verdict.NOTHING, id="reported-no-row"),
        pytest.param(NOTIFIED, [another("pending")], verdict.NOTHING, id="reported-another"),
        pytest.param(NOTIFIED, [another("completed")], verdict.NOTHING, id="reported-another-completed"),
        # it was reported, but its fare was registered late
        pytest.param(NOTIFIED, [mine("pending")], verdict.UNSETTLED, id="reported-registered-late"),
        pytest.param(NOTIFIED, [mine("recovering")], verdict.UNSETTLED, id="reported-recovering"),
        pytest.param(SUCCEEDED, [mine("completed"), *KEPT], verdict.NOTHING, id="succeeded"),
        pytest.param(SUCCEEDED, [another("pending"), *KEPT], verdict.NOTHING, id="succeeded-ridden-again"),
        pytest.param(SUCCEEDED, [mine("pending"), *KEPT], verdict.UNCLEAR, id="succeeded-unsettled"),
        pytest.param(SUCCEEDED, [mine("recovering"), *KEPT], verdict.UNCLEAR, id="succeeded-claimed"),
        # it was not reported
        pytest.param(NOT_STARTED, [], verdict.UNSETTLED, id="not-started"),
        pytest.param(CHARGING, [], verdict.UNSETTLED, id="no-row"),
        pytest.param(CHARGING, [mine("pending")], verdict.UNSETTLED, id="pending"),
        pytest.param(CHARGING, [mine("recovering")], verdict.UNSETTLED, id="recovering"),
        pytest.param(CHARGING, [mine("pending"), *KEPT], verdict.UNSETTLED, id="pending-though-done"),
        pytest.param(CHARGING, [{"sagaId": RIDE.saga_id, "fareStatus": "pending"}], verdict.UNSETTLED, id="no-start"),
        pytest.param(CHARGING, [mine("completed"), *KEPT], verdict.COMPLETED, id="completed"),
        pytest.param(CHARGING, [mine("failed")], verdict.SETTLED, id="failed"),
        pytest.param(NOTIFYING, [mine("failed")], verdict.SETTLED, id="failed-not-reported"),
        pytest.param(SETTLING, [mine("pending")], verdict.UNSETTLED, id="declined-pending"),
        # the row is another saga's by now: the ledgers say how this one ended
        pytest.param(CHARGING, [another("pending"), *KEPT], verdict.COMPLETED, id="another-kept"),
        pytest.param(
            CHARGING, [another("failed"), mine("refunded"), mine("reversed")], verdict.SUPERSEDED, id="undone"
        ),
        pytest.param(CHARGING, [another("completed")], verdict.SUPERSEDED, id="another-nothing"),
        pytest.param(CHARGING, [another("failed"), KEPT[0]], verdict.SUPERSEDED, id="another-captured-only"),
        pytest.param(CHARGING, [another("failed"), None, KEPT[1]], verdict.SUPERSEDED, id="another-credited-only"),
        pytest.param(
            CHARGING, [another("failed"), KEPT[0], mine("reversed")], verdict.SUPERSEDED, id="another-half-undone"
        ),
        pytest.param(SETTLING, [another("failed")], verdict.SUPERSEDED, id="declined-another"),
        # an earlier execution had the same name: its rows say nothing of this one
        pytest.param(CHARGING, [mine("pending", startTime=EARLIER)], verdict.SUPERSEDED, id="namesake-pending"),
        pytest.param(CHARGING, [mine("completed", startTime=EARLIER)], verdict.SUPERSEDED, id="namesake-completed"),
        pytest.param(
            CHARGING, [mine("failed", startTime=EARLIER), *EARLIER_KEPT], verdict.SUPERSEDED, id="namesake-kept"
        ),
        pytest.param(NOTIFIED, [mine("pending", startTime=EARLIER)], verdict.NOTHING, id="namesake-reported"),
        # the first step itself answered that nothing happened
        pytest.param(LOCKED_OUT, [another("pending")], verdict.SETTLED, id="locked-out"),
        pytest.param(LOCKED_OUT, [], verdict.SETTLED, id="locked-out-no-row"),
        pytest.param(LOCKED_OUT, [mine("pending")], verdict.UNSETTLED, id="locked-out-registered-late"),
        pytest.param(INVALID, [], verdict.SETTLED, id="invalid"),
    ],
)
def test_the_verdict(ended: Ended, rows: list[Row | None], expected: str) -> None:
    found = inspected(ended, *rows)
    assert found["verdict"] == expected
    assert set(found) == FOUND
    assert found["ride"] == {
        "sagaId": RIDE.saga_id,
        "startTime": RIDE.start_time,
        "customerId": RIDE.customer_id,
        "fareId": RIDE.fare_id,
        "fareAmount": "$20.00",
    }
    assert set(found["failure"]) == {"step", "error", "cause"}
    assert found["outcome"] == ("refused" if ended in (LOCKED_OUT, INVALID) else "failed")
    assert found["receipt"] == ({"chargeId": "charge-1"} if expected == verdict.COMPLETED else {})
    assert bool(found["trouble"]["cause"]) is (expected == verdict.UNCLEAR)


@pytest.mark.parametrize("fare_id", ["x" * 129, "", 7, None], ids=["long", "empty", "number", "none"])
def test_a_fare_that_was_not_named_is_not_read_and_is_settled(fare_id: object) -> None:
    books = OneRide(rows=[mine("pending")])
    found = inspect(
        RIDE.saga_id,
        executions=OneExecution(found=(description("ABORTED", given(fareId=fare_id)), history(status="ABORTED"))),
        books=books,
        shape=SHAPE,
        patience=PATIENCE,
    )
    assert books.asked == []
    assert found["verdict"] == verdict.SETTLED
    assert set(found["ride"]) == {"sagaId", "startTime", "customerId", "fareAmount"}


def test_a_history_without_its_end_is_inspected_again() -> None:
    """AWS shows a history later than the status ("GetExecutionHistory": eventually consistent)."""
    late = (description("FAILED"), history(REGISTERED, status="FAILED")[:-1])
    with pytest.raises(StillRunning, match="inspect it again"):
        inspect(
            RIDE.saga_id,
            executions=OneExecution(found=late),
            books=OneRide(),
            shape=SHAPE,
            patience=PATIENCE,
        )


def test_an_end_before_a_redrive_is_not_the_end_of_the_history() -> None:
    """A redriven execution goes on under its own ARN, and its history has every end ("GetExecutionHistory")."""
    charging = visit("ChargeFare", under_way(), leaves=False)
    once = history(REGISTERED, charging, status="ABORTED")
    redriven = [*once, happened("ExecutionRedriven", redriveCount=1), *charging]
    with pytest.raises(StillRunning, match="inspect it again"):
        inspected_with(redriven)
    assert inspected_with([*redriven, once[-1]])["verdict"] == verdict.UNSETTLED


def inspected_with(events: History) -> dict[str, Any]:
    """What the inspection of an aborted execution with this history returns."""
    return inspect(
        RIDE.saga_id,
        executions=OneExecution(found=(description("ABORTED"), events)),
        books=OneRide(rows=[mine("pending")]),
        shape=SHAPE,
        patience=PATIENCE,
    )


@pytest.mark.parametrize("status", ["RUNNING", "PENDING_REDRIVE"])
def test_an_execution_that_may_go_on_is_left_alone(status: str) -> None:
    with pytest.raises(StillRunning):
        inspected((status, [REGISTERED]), mine("pending"), stopped=None)


def test_an_execution_that_is_gone_is_a_persons_to_judge() -> None:
    found = inspect(RIDE.saga_id, executions=OneExecution(), books=OneRide(), shape=SHAPE, patience=PATIENCE)
    assert found["verdict"] == verdict.UNCLEAR
    assert set(found) == FOUND
    assert found["ride"]["sagaId"] == RIDE.saga_id
    assert set(found["failure"]) == {"step", "error", "cause"}
    assert found["trouble"] == {"state": "InspectExecution", "error": "Unclear", "cause": found["failure"]["cause"]}
    assert "90 days" in found["trouble"]["cause"]
    assert (found["receipt"], found["stragglerSeconds"]) == ({}, 0)

"""The inspection of a ride on Express: its own row, and the tables, say what is left to do."""

from collections.abc import Sequence
from typing import Any

import pytest

from lambda_src.dynamodb import Row
from lambda_src.errors import NoAnswer, ServiceBusy, StillRunning
from lambda_src.moments import at
from lambda_src.recovery import verdict
from lambda_src.recovery.express_rides import inspect_express
from lambda_src.recovery.work import open_ride as names
from tests.support.recovery.executions import OPEN_FOR_SECONDS, PATIENCE, STRAGGLER_SECONDS, OneRide

SAGA = "arn:aws:states:eu-west-1:123456789012:express:fare-saga-express:ride-1"
START = at(-OPEN_FOR_SECONDS - 60)
EARLIER = at(-100 * 86400)
"""When an earlier ride of the name began: AWS lets a name return."""
ROW: Row = {
    "sagaId": SAGA,
    "startTime": START,
    "fareId": "wr_563",
    "customerId": "3",
    "fareAmount": "$20.00",
    names.DELIVERY: "first",
    names.OPEN_SINCE: START,
}
FAILED: Row = {names.OUTCOME: "failed", names.STEP: "ChargeFare", names.ERROR: "Declined", names.CAUSE: "no money"}
REFUSED: Row = {**FAILED, names.OUTCOME: "refused", names.STEP: "RegisterFare", names.ERROR: "FareLocked"}


class OneExpressRide(OneRide):
    """The rows of the fare, the payment and the account, and the ride's own."""

    own: Row | None = None

    def ride(self, saga_id: str) -> Row | None:
        """The saga's row in the outcomes table."""
        return self.own if saga_id == SAGA else None

    def fare(self, fare_id: str) -> Row | None:
        """The fare's row."""
        assert fare_id == ROW["fareId"]
        return self.rows[0] if self.rows else None

    def payment(self, saga_id: str) -> Row | None:
        """The saga's row in the payments ledger."""
        assert saga_id == SAGA
        return self.rows[1] if len(self.rows) > 1 else None

    def account(self, saga_id: str) -> Row | None:
        """The saga's row in the accounts ledger."""
        assert saga_id == SAGA
        return self.rows[2] if len(self.rows) > 2 else None


def inspected(own: Row | None, rows: Sequence[Row | None] = ()) -> dict[str, Any]:
    books = OneExpressRide(rows=rows)
    object.__setattr__(books, "own", own)
    return inspect_express(SAGA, books=books, patience=PATIENCE)


def mine(status: str, **changes: str) -> Row:
    return {"sagaId": SAGA, "startTime": START, "fareStatus": status, "status": status, **changes}


def another(status: str) -> Row:
    return mine(status, sagaId=f"{SAGA}-2")


KEPT = (mine("captured", chargeId="charge-1"), mine("credited"))


@pytest.mark.parametrize(
    ("changes", "rows", "expected"),
    [
        pytest.param({}, [], verdict.UNSETTLED, id="open-without-a-fare"),
        pytest.param({}, [mine("pending")], verdict.UNSETTLED, id="open-in-the-middle"),
        pytest.param({}, [mine("recovering")], verdict.UNSETTLED, id="claimed-before"),
        pytest.param({}, [mine("completed"), *KEPT], verdict.COMPLETED, id="completed-and-not-notified"),
        pytest.param({}, [mine("failed")], verdict.SETTLED, id="rolled-back-and-not-notified"),
        pytest.param({}, [another("pending")], verdict.SUPERSEDED, id="fare-of-another-saga"),
        pytest.param({}, [another("failed"), *KEPT], verdict.COMPLETED, id="completed-and-ridden-again"),
        pytest.param({}, [mine("failed", startTime=EARLIER)], verdict.SUPERSEDED, id="fare-of-an-earlier-ride"),
        pytest.param(REFUSED, [another("pending")], verdict.SETTLED, id="refused-and-not-notified"),
        pytest.param({**FAILED, names.SETTLED_AT: START}, [another("failed")], verdict.SETTLED, id="noted-then-ridden"),
        pytest.param({**FAILED, names.HANDED_OVER_AT: at(-1)}, [mine("pending")], verdict.UNSETTLED, id="handed-over"),
        pytest.param({"closedAt": START}, [mine("completed")], verdict.NOTHING, id="closed"),
        pytest.param({"sentAt": START}, [mine("failed")], verdict.NOTHING, id="message-recorded"),
        pytest.param({**REFUSED, "closedAt": START}, [mine("pending")], verdict.UNSETTLED, id="registered-late"),
        pytest.param(
            {"closedAt": START, "fareStatus": "completed"}, [mine("pending")], verdict.UNCLEAR, id="contradiction"
        ),
    ],
)
def test_the_rows_decide(changes: Row, rows: Sequence[Row | None], expected: str) -> None:
    found = inspected({**ROW, **changes}, rows)
    assert found["verdict"] == expected
    assert found["ride"]["sagaId"] == SAGA
    assert found["ride"]["fareId"] == "wr_563"
    assert found["outcome"] == changes.get(names.OUTCOME, "failed")
    assert found["receipt"] == ({"chargeId": "charge-1"} if expected == verdict.COMPLETED else {})
    assert bool(found["trouble"]["cause"]) is (expected == verdict.UNCLEAR)


def test_a_ride_whose_execution_may_still_run_is_left_alone() -> None:
    with pytest.raises(StillRunning):
        inspected({**ROW, names.OPEN_SINCE: at(-OPEN_FOR_SECONDS + 60)}, [mine("pending")])


def test_a_ride_that_was_handed_over_is_not_waited_for_but_its_calls_are() -> None:
    found = inspected({**ROW, **FAILED, names.OPEN_SINCE: at(-5), names.HANDED_OVER_AT: at(-5)}, [mine("pending")])
    assert found["stragglerSeconds"] in (29, 30)
    assert found["failure"] == {"step": "ChargeFare", "error": "Declined", "cause": "no money"}


@pytest.mark.parametrize(("seconds_ago", "left"), [(600, 0), (-600, STRAGGLER_SECONDS)], ids=["long-ago", "clock"])
def test_its_calls_are_waited_for_as_long_as_one_can_run_at_most(seconds_ago: int, left: int) -> None:
    """A machine can wait for no negative time, and must not for ever if two clocks differ."""
    assert inspected({**ROW, **FAILED, names.HANDED_OVER_AT: at(-seconds_ago)})["stragglerSeconds"] == left


def test_only_the_valid_fields_of_the_fare_are_handed_on() -> None:
    assert {*inspected({**ROW, "fareAmount": "twenty", "cc": "1"})["ride"]} == {
        "sagaId",
        "startTime",
        "fareId",
        "customerId",
    }


@pytest.mark.parametrize("read", ["ride", "fare", "payment", "account"])
def test_a_table_that_does_not_answer_is_busy(read: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """So the ride is inspected again, and not parked."""

    def no_answer(*_: object) -> None:
        raise NoAnswer("DynamoDB did not answer")

    monkeypatch.setattr(OneExpressRide, read, no_answer)
    with pytest.raises(ServiceBusy):
        inspected(ROW)


@pytest.mark.parametrize(
    ("rows", "step"),
    [
        ([mine("pending")], "RegisterFare"),
        ([mine("pending"), mine("captured")], "ChargeFare"),
        ([mine("pending"), mine("captured"), mine("credited")], "CustomerAccountCredit"),
    ],
)
def test_a_ride_that_was_cut_off_reports_its_last_step(rows: Sequence[Row], step: str) -> None:
    assert inspected(ROW, rows)["failure"]["step"] == step


@pytest.mark.parametrize("own", [None, {"sagaId": SAGA, "work": "due"}], ids=["none", "not-a-rides"])
def test_a_ride_without_its_row_is_a_persons_to_judge(own: Row | None) -> None:
    found = inspected(own)
    assert (found["verdict"], found["trouble"]["error"]) == (verdict.UNCLEAR, "Unclear")

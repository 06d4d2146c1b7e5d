"""What an execution's state calls for: every verdict of the look, and that nothing of the card is in any answer."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import pytest

from lambda_src.dynamodb import Row
from lambda_src.errors import NotAnExecution, StillRunning
from lambda_src.recovery import verdict
from lambda_src.recovery.inspect_execution import inspect
from lambda_src.recovery.wiring import Executions
from tests.support.handlers.executions import (
    FOUND,
    LOCKED,
    MACHINE_ARN,
    RECOVERY_ARN,
    SHAPE,
    STARTED,
    STRAGGLER_SECONDS,
    History,
    OneExecution,
    OneRide,
    description,
    done,
    failed,
    given,
    history,
    not_evaluated,
    told,
    under_way,
    visit,
)
from tests.support.handlers.rides import CARD, CARD_NUMBER_SPACED, RIDE, SAME_NAME_LATER, card_fields_in

EARLIER: Final = "2026-08-20T09:00:00.000Z"
"""A start that is days from the ride's: that of an earlier execution of its name."""
REGISTERED = visit("RegisterFare", done())
DECLINED = visit("ChargeFare", failed("PaymentAuthException"))
NOT_STARTED: Final[tuple[str, list[History]]] = ("ABORTED", [])
CHARGING = ("TIMED_OUT", [REGISTERED, visit("ChargeFare", under_way(), leaves=False)])
TELLING = ("FAILED", [REGISTERED, DECLINED, visit("SetFareStatusFailed", done()), visit("NotifyFailure", failed("x"))])
SETTLING = ("ABORTED", [REGISTERED, DECLINED, visit("SetFareStatusFailed", under_way(), leaves=False)])
LOCKED_OUT = ("ABORTED", [visit("RegisterFare", failed(LOCKED)), visit("NotifyFailure", under_way(), leaves=False)])
INVALID = ("ABORTED", [visit("RegisterFare", not_evaluated("RegisterFare"))])
TOLD = ("FAILED", [REGISTERED, DECLINED, visit("SetFareStatusFailed", done()), visit("NotifyFailure", done()), told()])
SUCCEEDED = ("SUCCEEDED", [REGISTERED, *(visit(action, done()) for action in SHAPE.actions[1:])])
Ended = tuple[str, list[History]]


def mine(status: str, **changes: str) -> Row:
    """The fare's row, or a ledger's, as this ride wrote it."""
    return {"sagaId": RIDE.saga_id, "startTime": RIDE.start_time, "fareStatus": status, "status": status, **changes}


def another(status: str) -> Row:
    """The fare's row as another saga wrote it."""
    return mine(status, sagaId=f"{RIDE.saga_id}-again", startTime=SAME_NAME_LATER.start_time)


def look(ended: Ended, *rows: Row | None, text: object = None, stopped: datetime | None = STARTED) -> dict[str, Any]:
    """Looks at an execution that ended so, with these rows of fare, payment and account."""
    status, visits = ended
    found = description(status, text, stopped=stopped), history(*visits, status=status)
    return inspect(
        RIDE.saga_id,
        executions=OneExecution(found=found),
        books=OneRide(rows=rows),
        shape=SHAPE,
        straggler_seconds=STRAGGLER_SECONDS,
    )


KEPT = (mine("captured", chargeId="charge-1"), mine("credited"))
EARLIER_KEPT = (mine("captured", startTime=EARLIER), mine("credited", startTime=EARLIER))


@pytest.mark.parametrize(
    ("ended", "rows", "expected"),
    [
        # it was told of, and its fare is settled, or was never taken, or is another's by now
        pytest.param(TOLD, [mine("failed")], verdict.NOTHING, id="told-failed"),
        pytest.param(TOLD, [], verdict.NOTHING, id="told-no-row"),
        pytest.param(TOLD, [another("pending")], verdict.NOTHING, id="told-another"),
        pytest.param(TOLD, [another("completed")], verdict.NOTHING, id="told-another-completed"),
        # it was told of, but its fare was registered late
        pytest.param(TOLD, [mine("pending")], verdict.UNSETTLED, id="told-registered-late"),
        pytest.param(TOLD, [mine("recovering")], verdict.UNSETTLED, id="told-recovering"),
        pytest.param(SUCCEEDED, [mine("completed"), *KEPT], verdict.NOTHING, id="succeeded"),
        pytest.param(SUCCEEDED, [another("pending"), *KEPT], verdict.NOTHING, id="succeeded-ridden-again"),
        pytest.param(SUCCEEDED, [mine("pending"), *KEPT], verdict.UNCLEAR, id="succeeded-unsettled"),
        pytest.param(SUCCEEDED, [mine("recovering"), *KEPT], verdict.UNCLEAR, id="succeeded-claimed"),
        # it was not told of
        pytest.param(NOT_STARTED, [], verdict.UNSETTLED, id="not-started"),
        pytest.param(CHARGING, [], verdict.UNSETTLED, id="no-row"),
        pytest.param(CHARGING, [mine("pending")], verdict.UNSETTLED, id="pending"),
        pytest.param(CHARGING, [mine("recovering")], verdict.UNSETTLED, id="recovering"),
        pytest.param(CHARGING, [mine("pending"), *KEPT], verdict.UNSETTLED, id="pending-though-done"),
        pytest.param(CHARGING, [{"sagaId": RIDE.saga_id, "fareStatus": "pending"}], verdict.UNSETTLED, id="no-start"),
        pytest.param(CHARGING, [mine("completed"), *KEPT], verdict.COMPLETED, id="completed"),
        pytest.param(CHARGING, [mine("failed")], verdict.SETTLED, id="failed"),
        pytest.param(TELLING, [mine("failed")], verdict.SETTLED, id="failed-not-told"),
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
        pytest.param(TOLD, [mine("pending", startTime=EARLIER)], verdict.NOTHING, id="namesake-told"),
        # the first step itself proved that nothing happened
        pytest.param(LOCKED_OUT, [another("pending")], verdict.SETTLED, id="locked-out"),
        pytest.param(LOCKED_OUT, [], verdict.SETTLED, id="locked-out-no-row"),
        pytest.param(LOCKED_OUT, [mine("pending")], verdict.UNSETTLED, id="locked-out-registered-late"),
        pytest.param(INVALID, [], verdict.SETTLED, id="invalid"),
    ],
)
def test_the_verdict(ended: Ended, rows: list[Row | None], expected: str) -> None:
    found = look(ended, *rows)
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
def test_a_fare_that_was_not_named_is_not_looked_for_and_is_settled(fare_id: object) -> None:
    books = OneRide(rows=[mine("pending")])
    found = inspect(
        RIDE.saga_id,
        executions=OneExecution(found=(description("ABORTED", given(fareId=fare_id)), history(status="ABORTED"))),
        books=books,
        shape=SHAPE,
        straggler_seconds=STRAGGLER_SECONDS,
    )
    assert books.asked == []
    assert found["verdict"] == verdict.SETTLED
    assert set(found["ride"]) == {"sagaId", "startTime", "customerId", "fareAmount"}


def test_a_history_without_its_end_is_looked_at_again() -> None:
    """AWS tells a history later than the status ("GetExecutionHistory": eventually consistent)."""
    late = (description("FAILED"), history(REGISTERED, status="FAILED")[:-1])
    with pytest.raises(StillRunning, match="inspect it again"):
        inspect(
            RIDE.saga_id,
            executions=OneExecution(found=late),
            books=OneRide(),
            shape=SHAPE,
            straggler_seconds=STRAGGLER_SECONDS,
        )


@pytest.mark.parametrize("status", ["RUNNING", "PENDING_REDRIVE"])
def test_an_execution_that_may_go_on_is_left_alone(status: str) -> None:
    with pytest.raises(StillRunning):
        look((status, [REGISTERED]), mine("pending"), stopped=None)


@pytest.mark.parametrize(
    "arn",
    [
        pytest.param(None, id="none"),
        pytest.param(7, id="number"),
        pytest.param({"executionArn": RIDE.saga_id}, id="object"),
        pytest.param("", id="empty"),
        pytest.param("ride-1", id="name-alone"),
        pytest.param(MACHINE_ARN, id="the-machine"),
        pytest.param(f"{MACHINE_ARN}:ride-1", id="machine-and-name"),
        pytest.param(RIDE.saga_id.replace("fare-saga", "fare-saga-start-here"), id="another-machine"),
        pytest.param(RECOVERY_ARN, id="the-recoverys-machine"),
        pytest.param(RIDE.saga_id.replace("fare-saga", "saga"), id="yet-another-machine"),
        pytest.param(RIDE.saga_id.replace("123456789012", "210987654321"), id="another-account"),
        pytest.param(RIDE.saga_id.replace(":execution:", ":express:"), id="express"),
        pytest.param(f"{RIDE.saga_id}:2", id="more"),
        pytest.param(f"{RIDE.saga_id}\n", id="line-feed"),
        pytest.param(f" {RIDE.saga_id}", id="space"),
        pytest.param(RIDE.saga_id.replace("ride-1", "x" * 81), id="long-name"),
        pytest.param(RIDE.saga_id.replace("ride-1", ""), id="no-name"),
    ],
)
def test_what_is_no_execution_of_the_saga_is_refused_before_anybody_is_asked(arn: object) -> None:
    executions = Executions(MACHINE_ARN, RECOVERY_ARN)  # its client is not stubbed: to ask would fail otherwise
    with pytest.raises(NotAnExecution, match="must be the ARN of an execution of fare-saga") as refused:
        inspect(arn, executions=executions, books=OneRide(), shape=SHAPE, straggler_seconds=STRAGGLER_SECONDS)
    assert "ride-1" not in str(refused.value)


@pytest.mark.parametrize("name", ["ride-1", "x" * 80, "fahrt-ü", "7b5d2f6e-0000-4000-8000-0123456789ab_1"])
def test_an_arn_of_the_sagas_machine_is_taken_as_it_is(name: str) -> None:
    arn = RIDE.saga_id.replace("ride-1", name)
    assert Executions(MACHINE_ARN, RECOVERY_ARN).saga(arn) == (arn, 0, False)


def test_an_execution_that_is_gone_is_a_persons_to_judge() -> None:
    found = inspect(RIDE.saga_id, executions=OneExecution(), books=OneRide(), shape=SHAPE, straggler_seconds=1)
    assert found["verdict"] == verdict.UNCLEAR
    assert set(found) == FOUND
    assert found["ride"]["sagaId"] == RIDE.saga_id
    assert set(found["failure"]) == {"step", "error", "cause"}
    assert found["trouble"] == {"state": "InspectExecution", "error": "Unclear", "cause": found["failure"]["cause"]}
    assert "90 days" in found["trouble"]["cause"]
    assert (found["receipt"], found["stragglerSeconds"]) == ({}, 0)


@pytest.mark.parametrize("position", [0, 1, 2], ids=["fare", "payment", "account"])
@pytest.mark.parametrize("written", ["2026-11-22T10:00:00.123Z", "2026-11-22T10:00:00Z", "2026-11-22T10:00:00.1+00:00"])
def test_the_start_time_is_handed_on_to_the_letter_as_a_row_has_it(position: int, written: str) -> None:
    rows: list[Row | None] = [None, None, None]
    rows[position] = mine("failed", startTime=written)
    assert look(CHARGING, *rows)["ride"]["startTime"] == written


@pytest.mark.parametrize(
    "rows",
    [[], [another("pending")], [mine("failed", startTime=EARLIER), *EARLIER_KEPT], [{"sagaId": RIDE.saga_id}]],
    ids=["no-row", "another-saga", "namesake", "without"],
)
def test_without_a_row_of_its_own_the_start_time_is_the_executions_to_the_millisecond(
    rows: list[Mapping[str, str]],
) -> None:
    with_status: list[Row | None] = [{"fareStatus": "pending", **row} for row in rows]
    assert look(CHARGING, *with_status)["ride"]["startTime"] == "2026-11-22T10:00:00.123Z"


@pytest.mark.parametrize(
    ("ago", "seconds"),
    [(0, 35), (10, 25), (34, 1), (35, 0), (36, 0), (86400 * 80, 0), (-1, 35), (-86400, 35), (None, 0)],
)
def test_the_wait_is_for_what_may_still_run(ago: int | None, seconds: int) -> None:
    stopped = None if ago is None else datetime.now(UTC) - timedelta(seconds=ago)
    left = look(CHARGING, mine("pending"), stopped=stopped)["stragglerSeconds"]
    assert isinstance(left, int)
    assert seconds - 1 <= left <= seconds
    assert 0 <= left <= STRAGGLER_SECONDS


@pytest.mark.parametrize(
    ("ended", "where"),
    [
        (NOT_STARTED, "ended as ABORTED before its first state"),
        (CHARGING, "ended as TIMED_OUT in ChargeFare"),
        (SETTLING, "ended as ABORTED in SetFareStatusFailed"),
    ],
)
def test_the_cause_says_where_the_execution_stopped_and_quotes_nothing(ended: Ended, where: str) -> None:
    assert look(ended)["failure"]["cause"] == f"the execution {where}, and was recovered"


def in_the_error(text: str) -> Ended:
    """An execution whose charge failed with an error of that name."""
    return "FAILED", [REGISTERED, visit("ChargeFare", failed(text), leaves=False)]


@pytest.mark.parametrize(
    ("ended", "text"),
    [
        pytest.param(CHARGING, given(), id="as-it-should-be"),
        pytest.param(TOLD, given(), id="told"),
        pytest.param(SUCCEEDED, given(), id="succeeded"),
        pytest.param(in_the_error(CARD_NUMBER_SPACED), given(), id="error"),
        pytest.param(in_the_error(CARD.expiry), given(), id="error-expiry"),
        pytest.param(in_the_error(f"Code{CARD.code}"), given(), id="error-code"),
        pytest.param(CHARGING, given(fareId=CARD_NUMBER_SPACED + "x" * 120), id="long-fare"),
        pytest.param(CHARGING, given(customerId=[CARD.number, CARD.code]), id="list"),
        pytest.param(CHARGING, given(customerId={"cc": CARD.number}), id="object"),
        pytest.param(CHARGING, given(fareAmount=CARD.number), id="amount"),
        pytest.param(CHARGING, given(fareAmount=f"${CARD.code}"), id="amount-code"),
        pytest.param(CHARGING, given(note=CARD_NUMBER_SPACED), id="unknown-field"),
        pytest.param(CHARGING, given(cc=int(CARD.number)), id="card-as-number"),
        pytest.param(CHARGING, json.dumps(CARD.number), id="no-object"),
        pytest.param(CHARGING, f"[{given()}]", id="list-of-it"),
        pytest.param(CHARGING, given()[:-1], id="no-json"),
    ],
)
def test_nothing_of_the_card_is_handed_on(ended: Ended, text: str) -> None:
    for row in (None, mine("pending"), mine("completed"), another("failed")):
        answer = json.dumps(look(ended, row, *KEPT, text=text))
        found = card_fields_in(answer)
        is_named = RIDE.saga_id in answer
        del answer
        assert found == []
        assert is_named

"""What is read out of an execution's input and its start: the fare's valid fields, and whose row is whose."""

import dataclasses
import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from botocore.utils import parse_timestamp

from lambda_src.moments import iso_millis
from lambda_src.recovery.execution import Execution, read_execution
from tests.support.handlers.rides import CARD, RIDE, card_fields_in
from tests.support.recovery.executions import (
    SHAPE,
    History,
    description,
    done,
    given,
    history,
    visit,
)

REGISTERED = visit("RegisterFare", done())


def read(*visits: History, status: str = "ABORTED", text: object = None) -> Execution:
    """Reads an execution with these states visited."""
    return read_execution(description(status, text), history(*visits, status=status), SHAPE)


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
    aborted = description("ABORTED")
    del aborted["input"]
    assert read_execution(aborted, [], SHAPE).did_nothing


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


def test_no_millisecond_of_the_start_is_lost_on_the_way_to_the_ledgers() -> None:
    """AWS sends seconds with a fraction, which no float holds exactly."""
    second = int(datetime(2026, 11, 22, 23, 47, 20, tzinfo=UTC).timestamp())
    for millis in range(1000):
        moment = parse_timestamp(second + millis / 1000)  # type: ignore[arg-type]  # it takes numbers too
        assert iso_millis(moment) == f"2026-11-22T23:47:20.{millis:03}Z"

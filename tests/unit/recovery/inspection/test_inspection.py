"""What an inspection takes and hands on: executions of these machines alone, and nothing of the card."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Final

import pytest

from lambda_src.dynamodb import Row
from lambda_src.errors import NotAnExecution
from lambda_src.recovery.inspect_execution import inspect
from lambda_src.recovery.wiring import Executions, is_execution_of
from lambda_src.recovery.work.open_ride import INVALID
from tests.support.handlers.rides import CARD, CARD_NUMBER_SPACED, RIDE, card_fields_in
from tests.support.recovery.executions import (
    MACHINE_ARN,
    PATIENCE,
    RECOVERY_ARN,
    SHAPE,
    STRAGGLER_SECONDS,
    OneRide,
    failed,
    given,
    visit,
)
from tests.support.recovery.inspections import (
    CHARGING,
    EARLIER,
    EARLIER_KEPT,
    KEPT,
    NOT_STARTED,
    NOTIFIED,
    REGISTERED,
    SETTLING,
    SUCCEEDED,
    Ended,
    another,
    inspected,
    mine,
)


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
def test_no_execution_of_these_machines_is_refused_before_any_call(arn: object) -> None:
    executions = Executions([MACHINE_ARN])  # it has no client: to ask would fail otherwise
    with pytest.raises(NotAnExecution, match="must be the ARN of an execution of fare-saga") as refused:
        inspect(arn, executions=executions, books=OneRide(), shape=SHAPE, patience=PATIENCE)
    assert "ride-1" not in str(refused.value)


@pytest.mark.parametrize("name", ["ride-1", "x" * 80, "fahrt-ü", "7b5d2f6e-0000-4000-8000-0123456789ab_1"])
def test_an_arn_of_the_sagas_machine_is_taken_as_it_is(name: str) -> None:
    arn = RIDE.saga_id.replace("ride-1", name)
    assert Executions([MACHINE_ARN]).checked(arn) == arn


@pytest.mark.parametrize("position", [0, 1, 2], ids=["fare", "payment", "account"])
@pytest.mark.parametrize("written", ["2026-11-22T10:00:00.123Z", "2026-11-22T10:00:00Z", "2026-11-22T10:00:00.1+00:00"])
def test_the_start_time_is_handed_on_to_the_letter_as_a_row_has_it(position: int, written: str) -> None:
    rows: list[Row | None] = [None, None, None]
    rows[position] = mine("failed", startTime=written)
    assert inspected(CHARGING, *rows)["ride"]["startTime"] == written


@pytest.mark.parametrize(
    "rows",
    [[], [another("pending")], [mine("failed", startTime=EARLIER), *EARLIER_KEPT], [{"sagaId": RIDE.saga_id}]],
    ids=["no-row", "another-saga", "namesake", "without"],
)
def test_without_its_own_row_the_start_time_is_the_executions(
    rows: list[Mapping[str, str]],
) -> None:
    with_status: list[Row | None] = [{"fareStatus": "pending", **row} for row in rows]
    assert inspected(CHARGING, *with_status)["ride"]["startTime"] == "2026-11-22T10:00:00.123Z"


@pytest.mark.parametrize(
    ("ago", "seconds"),
    [(0, 35), (10, 25), (34, 1), (35, 0), (36, 0), (86400 * 80, 0), (-1, 35), (-86400, 35), (None, 0)],
)
def test_the_wait_is_for_what_may_still_run(ago: int | None, seconds: int) -> None:
    stopped = None if ago is None else datetime.now(UTC) - timedelta(seconds=ago)
    left = inspected(CHARGING, mine("pending"), stopped=stopped)["stragglerSeconds"]
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
    assert inspected(ended)["failure"]["cause"] == f"the execution {where}, and was recovered"


def in_the_error(text: str) -> Ended:
    """An execution whose charge failed with an error of that name."""
    return "FAILED", [REGISTERED, visit("ChargeFare", failed(text), leaves=False)]


@pytest.mark.parametrize(
    ("ended", "text"),
    [
        pytest.param(CHARGING, given(), id="as-it-should-be"),
        pytest.param(NOTIFIED, given(), id="reported"),
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
        answer = json.dumps(inspected(ended, row, *KEPT, text=text))
        found = card_fields_in(answer)
        is_named = RIDE.saga_id in answer
        del answer
        assert found == []
        assert is_named


EXPRESS: Final = "arn:aws:states:eu-west-1:123456789012:express:fare-saga-express"


@pytest.mark.parametrize(
    ("machine", "end", "is_one"),
    [
        (EXPRESS, "ride-1", True),
        (EXPRESS, f"ride-1{INVALID}", True),
        (EXPRESS, "ride-1:another-part", False),
        (EXPRESS, INVALID, False),
        (EXPRESS, "", False),
        (EXPRESS, "a name", False),
        (EXPRESS, "n" * 81, False),
        (MACHINE_ARN, "ride-1", True),
        (MACHINE_ARN, f"ride-1{INVALID}", False),
    ],
)
def test_a_saga_is_its_machines_by_its_name_alone(machine: str, end: str, is_one: bool) -> None:
    """The message of an input that was refused on Express names such a saga: it is read, and rings no alarm."""
    start = machine.replace(":stateMachine:", ":execution:")
    assert is_execution_of(machine, f"{start}:{end}") is is_one

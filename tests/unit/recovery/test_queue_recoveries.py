"""QueueRecoveries: executions that ended badly, and that no record knows, are put on the list once."""

import json
from collections.abc import Callable
from typing import Any, Final

import pytest
from botocore.exceptions import ClientError

from lambda_src import dynamodb
from lambda_src.moments import at, now
from lambda_src.recovery import queue_recoveries, record_outcomes
from lambda_src.recovery.work.work_list import EVENT, WorkList
from lambda_src.recovery.work.work_row import DUE
from tests.support.handlers.rides import CONTEXT, RIDE
from tests.support.recovery.recovery_cloud import FaresBesideLedgers
from tests.support.recovery.step_functions import StepFunctions

OTHER: Final = RIDE.saga_id.replace("fare-saga", "start-here")
FOREIGN: Final = RIDE.saga_id.replace("fare-saga", "somebody-elses")
UNREADABLE: Final = [
    "",
    "{",
    "[]",
    "7",
    "null",
    "{}",
    '{"executionArn": 7}',
    '{"executionArn": ""}',
    json.dumps({"executionArn": FOREIGN}),
    json.dumps({"executionArn": "x" * 5000}),
    json.dumps({"executionArn": f"{RIDE.saga_id}\ud800"}),
    "[" * 10_000,
]
Printed = pytest.CaptureFixture[str]

pytestmark = pytest.mark.usefixtures("work", "step_functions")


def batch(*bodies: str) -> dict[str, Any]:
    """The event of a batch of messages, numbered from 0."""
    return {"Records": [{"messageId": str(number), "body": body} for number, body in enumerate(bodies)]}


def ended(saga_id: str = RIDE.saga_id) -> str:
    """The body of a message that names an execution."""
    return json.dumps({"executionArn": saga_id})


def queue(*bodies: str) -> list[str]:
    """Sorts a batch; returns the messages that come again."""
    answer = queue_recoveries.handler(batch(*bodies), CONTEXT)
    return [one["itemIdentifier"] for one in answer["batchItemFailures"]]


@pytest.mark.parametrize("saga_id", [RIDE.saga_id, OTHER], ids=["saga", "another-machine-on-the-tables"])
def test_an_unknown_execution_is_queued_once(saga_id: str, fares: FaresBesideLedgers, logs: Printed) -> None:
    assert queue(ended(saga_id), ended(saga_id)) == []
    assert queue(ended(saga_id)) == []
    [row] = fares.outcomes()
    assert (row["sagaId"], row["work"], row["foundBy"], row["attempts"]) == (saga_id, DUE, EVENT, 0)
    assert '"RidesToRecover":[1.0]' in logs.readouterr().out


def test_it_is_due_once_its_record_had_time_to_arrive(fares: FaresBesideLedgers) -> None:
    earliest = at(20)
    queue(ended())
    row = fares.outcome(RIDE.saga_id)
    assert row is not None
    assert earliest <= str(row["nextAt"]) <= at(20)


def test_a_recorded_ride_costs_no_recovery_and_no_call(
    fares: FaresBesideLedgers, work: WorkList, step_functions: StepFunctions
) -> None:
    work.record_sent(RIDE.saga_id, event_id="e", fare_status="failed")
    before = fares.outcomes()
    assert queue(ended()) == []
    assert fares.outcomes() == before
    assert work.due(1) == []
    assert not step_functions.calls


def test_a_late_event_of_a_closed_ride_changes_nothing(fares: FaresBesideLedgers) -> None:
    fares.change_outcome(RIDE.saga_id, closedAt=now())
    assert queue(ended()) == []
    row = fares.outcome(RIDE.saga_id)
    assert row is not None
    assert "work" not in row


@pytest.mark.parametrize("body", UNREADABLE, ids=range(len(UNREADABLE)))
def test_a_foreign_or_unreadable_message_is_counted_and_harms_no_other(
    body: str, fares: FaresBesideLedgers, logs: Printed
) -> None:
    assert queue(body, ended()) == []
    assert [row["sagaId"] for row in fares.outcomes()] == [RIDE.saga_id]
    assert '"EventsUnreadable":[1.0]' in logs.readouterr().out


def test_one_message_that_fails_comes_again_alone(fares: FaresBesideLedgers, monkeypatch: pytest.MonkeyPatch) -> None:
    update = dynamodb.update

    def failing(**arguments: Any) -> Any:
        if arguments["Key"]["sagaId"]["S"] == OTHER:
            raise ClientError({"Error": {"Code": "InternalServerError", "Message": "no"}}, "UpdateItem")
        return update(**arguments)

    monkeypatch.setattr(dynamodb, "update", failing)
    assert queue(ended(), ended(OTHER), ended(f"{RIDE.saga_id}-2")) == ["1"]
    assert sorted(str(row["sagaId"]) for row in fares.outcomes()) == [RIDE.saga_id, f"{RIDE.saga_id}-2"]


def test_a_batch_of_a_hundred_is_sorted_with_one_read(
    fares: FaresBesideLedgers, monkeypatch: pytest.MonkeyPatch
) -> None:
    reads: list[str] = []
    dynamodb.client().meta.events.register(
        "before-call.dynamodb.BatchGetItem", lambda **_: reads.append("read"), unique_id="reads"
    )
    try:
        assert queue(*[ended(f"{RIDE.saga_id}-{number}") for number in range(100)]) == []
    finally:
        dynamodb.client().meta.events.unregister("before-call.dynamodb.BatchGetItem", unique_id="reads")
    assert len(fares.outcomes()) == 100
    assert reads == ["read"]


def message(saga_id: object = RIDE.saga_id, **changes: object) -> str:
    """A saga's message."""
    return json.dumps({"sagaId": saga_id, "eventId": "event-1", "fareStatus": "failed", **changes})


def record(*bodies: str) -> list[str]:
    """Records a batch of messages; returns those that come again."""
    answer = record_outcomes.handler(batch(*bodies), CONTEXT)
    return [one["itemIdentifier"] for one in answer["batchItemFailures"]]


@pytest.mark.parametrize("first", ["event", "record"])
def test_a_record_takes_the_ride_off_the_list_in_either_order(
    first: str, fares: FaresBesideLedgers, work: WorkList
) -> None:
    steps: list[Callable[[], list[str]]] = [lambda: queue(ended()), lambda: record(message())]
    for step in steps if first == "event" else reversed(steps):
        assert step() == []
    row = fares.outcome(RIDE.saga_id)
    assert row is not None
    assert (row["eventId"], row["fareStatus"]) == ("event-1", "failed")
    assert not {"work", "nextAt"} & set(row)
    assert int(row["expiresAt"]) > 90 * 86400
    assert work.due(1) == []


@pytest.mark.parametrize(
    "body",
    [
        "",
        "{",
        "[]",
        "null",
        "{}",
        message(7),
        message(""),
        message(eventId=None),
        message(fareStatus=["failed"]),
        message("x" * 2049),
        message("\U0001f695" * 600),
        message("\ud800"),
    ],
    ids=range(12),
)
def test_a_foreign_message_of_the_topic_is_counted_and_harms_no_other(
    body: str, fares: FaresBesideLedgers, logs: Printed
) -> None:
    assert record(body, message()) == []
    assert [row["sagaId"] for row in fares.outcomes()] == [RIDE.saga_id]
    assert '"MessagesUnreadable":[1.0]' in logs.readouterr().out

"""Bad messages, to the recovery, in the parked queue and on the topic: a clear error, and nothing written."""

import io
import json
import time
import uuid

import pytest
from rich.console import Console

from tests.support.card import CARD
from tests.support.local_cloud.bad_inputs import (
    IN_LISTS,
    MARK,
    TRIED_ON_THE_MACHINE,
    Case,
    fare,
    invalid_arns,
    malformed_parked_messages,
    not_executions,
    not_objects,
    parked_message,
    unknown_ride,
)
from tests.support.local_cloud.doors import (
    Tables,
    needed,
    parked_bodies,
    queued,
    quotes,
    recovered,
    recoveries,
    send,
    text,
    wait_until_quiet,
)
from wild_rydes_saga.cli.recover import recover_all
from wild_rydes_saga.cli.rides import list_rides
from wild_rydes_saga.deployed.operations.parked import remove_parked
from wild_rydes_saga.deployed.rides import Rides, path_of
from wild_rydes_saga.deployed.stacks import Outputs, Stack

pytestmark = pytest.mark.usefixtures("quiet")


def test_a_recovery_of_another_execution_says_what_it_needs(rides: Rides, tables: Tables) -> None:
    completed = rides.start({**fare(), **CARD})
    assert rides.message(completed)[0] == "success"
    right = {"executionArn": completed}
    cases = [case for case in not_objects(right, ()) if case.label not in IN_LISTS]
    cases += [case for case in not_executions(rides) if case.label.endswith(TRIED_ON_THE_MACHINE)]
    cases += [Case("the ARN alone", completed), Case("a line feed", {"executionArn": f"{completed}\n"})]
    cases += [
        Case("two in a list", [right, right]),
        Case("two ARNs in a text", {"executionArn": f"{completed} {completed}"}),
    ]
    before = tables.read()
    ended = recovered(rides, cases)
    assert [label for label, one in ended.items() if one != (needed(rides), "NotAnExecution")] == []
    assert tables.changed_since(before) == []


def test_a_recovery_of_an_invalid_arn_says_what_it_needs(rides: Rides, tables: Tables) -> None:
    before = tables.read()
    ended = recovered(rides, invalid_arns()[:1])
    assert list(ended.values()) == [(needed(rides), "NotAnExecution")]
    assert tables.changed_since(before) == []


def test_a_recovery_of_an_unknown_execution_is_parked_for_a_person(rides: Rides, tables: Tables, at_once: None) -> None:
    unknown, before = unknown_ride(rides)["sagaId"], tables.read()
    cause, last = recovered(rides, [Case("unknown", {"executionArn": unknown})])["unknown"]
    assert remove_parked(rides.account, rides.outputs["ParkedQueueUrl"], {unknown}) >= 1
    assert (last, cause.partition(" (")[0]) == ("RideParked", "the execution is not there any more")
    assert tables.changed_since(before) == []


def test_a_recovery_that_refuses_or_parks_is_not_repeated_for_ever(rides: Rides, at_once: None) -> None:
    unknown, before = unknown_ride(rides)["sagaId"], recoveries(rides)
    ended = recovered(rides, [Case("refused", {}), Case("parked", {"executionArn": unknown})])
    assert [last for _, last in ended.values()] == ["NotAnExecution", "RideParked"]
    wait_until_quiet(rides, patience_seconds=10)
    others = [arn for arn in recoveries(rides) - before if ":doors-" not in arn]
    assert [path_of(rides.history(arn))[-1] for arn in others] == ["NothingToRecover"] * len(others)
    assert len(others) <= len(ended)
    assert remove_parked(rides.account, rides.outputs["ParkedQueueUrl"], {unknown}) == 1


def test_malformed_parked_messages_stay_and_do_not_stop_an_operator(
    rides: Rides, tables: Tables, outputs: Outputs, at_once: None
) -> None:
    completed, screen = rides.start({**fare(), **CARD}), io.StringIO()
    assert rides.message(completed)[0] == "success"
    console, before = Console(file=screen, width=80, highlight=False), tables.read()
    garbage = malformed_parked_messages(unknown_ride(rides)["sagaId"])
    send(rides, outputs, [*garbage.values(), json.dumps(parked_message(completed))])
    list_rides(console, Stack(rides.account, outputs))
    printed = screen.getvalue()
    assert printed.startswith("1 ride is parked")
    assert f"saga id         {completed}\n" in printed
    assert recover_all(console, Stack(rides.account, outputs))
    printed = screen.getvalue()
    assert f"{completed.rpartition(':')[2]}: nothing to recover" in printed
    assert "Removed from the parked queue: 1 message." in printed
    remaining = parked_bodies(rides, outputs)
    assert [label for label, body in garbage.items() if body not in remaining] == []
    assert len(remaining) == len(garbage)
    assert not quotes(printed)
    assert tables.changed_since(before) == []


def test_a_parked_message_about_another_execution_is_refused_and_stays(
    rides: Rides, tables: Tables, outputs: Outputs, at_once: None
) -> None:
    screen, before = io.StringIO(), tables.read()
    saga_ids = ["[/red]\x1b[2J", None, ["a list"], "🚕" * 9_000]
    messages = [json.dumps(parked_message("", sagaId=saga_id)) for saga_id in saga_ids]
    send(rides, outputs, messages)
    console = Console(file=screen, width=80, highlight=False)
    list_rides(console, Stack(rides.account, outputs))
    assert not recover_all(console, Stack(rides.account, outputs))
    printed = screen.getvalue()
    assert f"{len(saga_ids)} rides are parked" in printed
    assert printed.count(f"refused: not an execution of the saga ({needed(rides)})") == len(saga_ids)
    assert "\x1b" not in printed
    assert parked_bodies(rides, outputs) == sorted(messages)
    assert tables.changed_since(before) == []


def test_no_parked_message_shows_an_operator_a_stack_trace(rides: Rides, outputs: Outputs, at_once: None) -> None:
    wrong_types = json.dumps(parked_message(unknown_ride(rides)["sagaId"], stillToDo=[7, None, {}]))
    send(rides, outputs, [wrong_types, "[" * 100_000 + "]" * 100_000])
    list_rides(Console(file=io.StringIO()), Stack(rides.account, outputs))


def test_a_message_without_an_outcome_of_the_saga_reaches_no_queue(rides: Rides) -> None:
    sns, sqs, topic = (rides.account.client("sns"), rides.account.client("sqs"), rides.outputs["NotificationsTopicArn"])
    url = sqs.create_queue(QueueName=f"doors-{uuid.uuid4().hex}")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    everything = sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn, ReturnSubscriptionArn=True)
    completed = json.dumps({"sagaId": "doors", "fareStatus": "completed"})
    attributes = [
        {},
        *({"IsSuccessful": text(value)} for value in ("TRUE", "yes", "1", "true ", "unnamed", MARK)),
        {"isSuccessful": text("true")},
        {"IsSuccessful": {"DataType": "Number", "StringValue": "1"}},
        {"IsSuccessful": {"DataType": "Binary", "BinaryValue": b"true"}},
    ]
    published = [(message, one) for message in (completed, MARK, "[]", "{", "x" * 200_000) for one in attributes]
    before, came = queued(rides), 0
    try:
        for message, one in published:
            sns.publish(TopicArn=topic, Message=message, MessageAttributes=one)
        deadline = time.monotonic() + 10
        while came < len(published):
            assert time.monotonic() < deadline, "the published messages have not arrived"
            answer = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, VisibilityTimeout=60)
            came += len(answer.get("Messages", []))
        assert queued(rides) == before
    finally:
        sns.unsubscribe(SubscriptionArn=everything["SubscriptionArn"])
        sqs.delete_queue(QueueUrl=url)

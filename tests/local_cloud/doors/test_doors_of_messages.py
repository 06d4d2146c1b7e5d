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
    LOOKED_AT,
    MARK,
    Case,
    fare,
    no_arns,
    no_executions,
    no_objects,
    no_parked_messages,
    nobodys_ride,
    parked_message,
)
from tests.support.local_cloud.doors import (
    Tables,
    left,
    needed,
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


def test_a_recovery_of_what_is_no_execution_of_the_saga_says_what_it_needs_and_changes_nothing(
    rides: Rides, tables: Tables
) -> None:
    whole = rides.start({**fare(), **CARD})
    assert rides.message(whole)[0] == "success"
    right = {"executionArn": whole}
    cases = [case for case in no_objects(right, ()) if case.label not in IN_LISTS]
    cases += [case for case in no_executions(rides) if case.label.endswith(LOOKED_AT)]
    cases += [Case("the ARN alone", whole), Case("a line feed", {"executionArn": f"{whole}\n"})]
    cases += [Case("two in a list", [right, right]), Case("two ARNs in a text", {"executionArn": f"{whole} {whole}"})]
    before = tables.read()
    ended = recovered(rides, cases)
    assert [label for label, one in ended.items() if one != (needed(rides), "NotAnExecution")] == []
    assert tables.changed_since(before) == []


def test_a_recovery_of_what_is_no_arn_at_all_says_what_it_needs_and_changes_nothing(
    rides: Rides, tables: Tables
) -> None:
    before = tables.read()
    ended = recovered(rides, no_arns()[:1])
    assert list(ended.values()) == [(needed(rides), "NotAnExecution")]
    assert tables.changed_since(before) == []


def test_a_recovery_of_an_execution_that_never_was_is_parked_for_a_person_and_changes_no_table(
    rides: Rides, tables: Tables, at_once: None
) -> None:
    nobodys, before = nobodys_ride(rides)["sagaId"], tables.read()
    cause, last = recovered(rides, [Case("nobody's", {"executionArn": nobodys})])["nobody's"]
    assert remove_parked(rides.account, rides.outputs["ParkedQueueUrl"], {nobodys}) >= 1
    assert (last, cause.partition(" (")[0]) == ("RideParked", "the execution is not there any more")
    assert tables.changed_since(before) == []


def test_a_recovery_that_is_refused_or_parks_its_ride_is_not_repeated_for_ever(rides: Rides, at_once: None) -> None:
    nobodys, before = nobodys_ride(rides)["sagaId"], recoveries(rides)
    ended = recovered(rides, [Case("refused", {}), Case("parked", {"executionArn": nobodys})])
    assert [last for _, last in ended.values()] == ["NotAnExecution", "RideParked"]
    wait_until_quiet(rides, patience_seconds=10)
    others = [arn for arn in recoveries(rides) - before if ":doors-" not in arn]
    assert [path_of(rides.history(arn))[-1] for arn in others] == ["NothingToRecover"] * len(others)
    assert len(others) <= len(ended)
    assert remove_parked(rides.account, rides.outputs["ParkedQueueUrl"], {nobodys}) == 1


def test_what_no_recovery_wrote_into_the_parked_queue_stops_no_operator_and_is_left_there(
    rides: Rides, tables: Tables, outputs: Outputs, at_once: None
) -> None:
    whole, told = rides.start({**fare(), **CARD}), io.StringIO()
    assert rides.message(whole)[0] == "success"
    console, before = Console(file=told, width=80, highlight=False), tables.read()
    garbage = no_parked_messages(nobodys_ride(rides)["sagaId"])
    send(rides, outputs, [*garbage.values(), json.dumps(parked_message(whole))])
    list_rides(console, Stack(rides.account, outputs))
    said = told.getvalue()
    assert (said.startswith("1 ride is parked"), f"saga id         {whole}\n" in said) == (True, True)
    assert recover_all(console, Stack(rides.account, outputs))
    said = told.getvalue()
    assert f"{whole.rpartition(':')[2]}: nothing to recover" in said
    assert "Removed from the parked queue: 1 message." in said
    there = left(rides, outputs)
    assert [label for label, body in garbage.items() if body not in there] == []
    assert (len(there), quotes(said)) == (len(garbage), False)
    assert tables.changed_since(before) == []


def test_a_parked_message_about_what_is_no_ride_is_refused_with_what_is_needed_and_left_there(
    rides: Rides, tables: Tables, outputs: Outputs, at_once: None
) -> None:
    told, before = io.StringIO(), tables.read()
    saga_ids = ["[/red]\x1b[2J", None, ["a list"], "🚕" * 9_000]
    messages = [json.dumps(parked_message("", sagaId=saga_id)) for saga_id in saga_ids]
    send(rides, outputs, messages)
    console = Console(file=told, width=80, highlight=False)
    list_rides(console, Stack(rides.account, outputs))
    assert not recover_all(console, Stack(rides.account, outputs))
    said = told.getvalue()
    assert f"{len(saga_ids)} rides are parked" in said
    assert said.count(f"refused: not an execution of the saga ({needed(rides)})") == len(saga_ids)
    assert "\x1b" not in said
    assert left(rides, outputs) == sorted(messages)
    assert tables.changed_since(before) == []


def test_no_parked_message_shows_an_operator_a_stack_trace(rides: Rides, outputs: Outputs, at_once: None) -> None:
    no_texts = json.dumps(parked_message(nobodys_ride(rides)["sagaId"], stillToDo=[7, None, {}]))
    send(rides, outputs, [no_texts, "[" * 100_000 + "]" * 100_000])
    list_rides(Console(file=io.StringIO()), Stack(rides.account, outputs))


def test_what_is_published_without_an_outcome_that_the_saga_tells_reaches_no_queue(rides: Rides) -> None:
    sns, sqs, topic = (rides.account.client("sns"), rides.account.client("sqs"), rides.outputs["NotificationsTopicArn"])
    url = sqs.create_queue(QueueName=f"doors-{uuid.uuid4().hex}")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    everything = sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn, ReturnSubscriptionArn=True)
    told = json.dumps({"sagaId": "doors", "fareStatus": "completed"})
    attributes = [
        {},
        *({"IsSuccessful": text(value)} for value in ("TRUE", "yes", "1", "true ", "unnamed", MARK)),
        {"isSuccessful": text("true")},
        {"IsSuccessful": {"DataType": "Number", "StringValue": "1"}},
        {"IsSuccessful": {"DataType": "Binary", "BinaryValue": b"true"}},
    ]
    published = [(message, one) for message in (told, MARK, "[]", "{", "x" * 200_000) for one in attributes]
    before, came = queued(rides), 0
    try:
        for message, one in published:
            sns.publish(TopicArn=topic, Message=message, MessageAttributes=one)
        deadline = time.monotonic() + 10
        while came < len(published):
            assert time.monotonic() < deadline, "what was published has not come"
            answer = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, VisibilityTimeout=60)
            came += len(answer.get("Messages", []))
        assert queued(rides) == before
    finally:
        sns.unsubscribe(SubscriptionArn=everything["SubscriptionArn"])
        sqs.delete_queue(QueueUrl=url)

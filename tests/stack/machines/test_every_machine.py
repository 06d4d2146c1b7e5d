"""What holds for each task of each machine, and for each function that reads a queue or is called on a schedule."""

import json
from collections.abc import Iterator
from typing import Any, Final

import pytest
from aws_cdk.assertions import Template

from lambda_src.express import start_rides
from lambda_src.recovery import start_recoveries, sweep_fares
from lambda_src.recovery.work import batches
from lambda_src.recovery.work.open_ride import OPEN_SINCE
from lambda_src.recovery.work.work_row import KEPT_DAYS
from lambda_src.sdk import ATTEMPTS, CONNECT_TIMEOUT_SECONDS, READ_TIMEOUT_SECONDS
from tests.support.template.graph import Graph
from tests.support.template.resources import named, plain, properties
from wild_rydes_saga.machines import express_rides
from wild_rydes_saga.machines.recovery_triggers import START_EVERY, SWEEP_EVERY

MACHINES: Final = ("completed", "express", "recovery")
REFUSED: Final = "DynamoDB.ConditionalCheckFailedException"
FUNCTION: Final = "AWS::Lambda::Function"
DAYS_UNTIL_A_NAME_RETURNS: Final = 90
"""AWS, "Step Functions service quotas"."""


@pytest.fixture(params=MACHINES)
def machine(request: pytest.FixtureRequest, template: Template) -> Graph:
    """Each machine in turn, but the learner's."""
    return Graph.of(template, request.param)


def calls(machine: Graph, action: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """The tasks of a machine that call an action of a service, by name."""
    return ((name, one) for name, one in machine.tasks.items() if one["Resource"].endswith(action))


def test_every_task_times_out(machine: Graph) -> None:
    assert machine.tasks
    assert [name for name, one in machine.tasks.items() if not one.get("TimeoutSeconds")] == []


def test_a_refused_condition_is_an_answer_and_is_not_retried(machine: Graph) -> None:
    conditional = [(name, one) for name, one in machine.tasks.items() if "ConditionExpression" in one["Arguments"]]
    assert conditional
    for name, one in conditional:
        matching = [retry for retry in one.get("Retry", []) if {REFUSED, "States.ALL"} & {*retry["ErrorEquals"]}]
        assert [retry["MaxAttempts"] for retry in matching[:1]] in ([], [0]), name


def test_a_row_that_decides_is_read_as_it_is_now(machine: Graph) -> None:
    for name, one in calls(machine, "dynamodb:getItem"):
        assert one["Arguments"]["ConsistentRead"] is True, name


def test_no_state_hands_a_result_or_its_input_on(machine: Graph) -> None:
    """Without an Output a state passes on what it got: the first input has the card, and a row has too much."""
    for name, one in machine.tasks.items():
        assert "Output" in one, name
        for catcher in one.get("Catch", []):
            assert "Output" in catcher, name


def test_a_row_of_a_ride_is_gone_before_its_name_may_return(machine: Graph) -> None:
    """Else the later ride of the name would be taken for a repeat of the earlier one."""
    assert KEPT_DAYS < DAYS_UNTIL_A_NAME_RETURNS
    for name, one in machine.tasks.items():
        written = json.dumps(one["Arguments"])
        if "expiresAt = " in written or '"expiresAt": ' in written:
            assert f"$millis() / 1000) + {KEPT_DAYS * 86400})" in written, name


def test_the_tables_whose_rows_expire_are_those_that_forget(template: Template) -> None:
    expires = {"AttributeName": "expiresAt", "Enabled": True}
    tables = named(template, "AWS::DynamoDB::Table")
    found = {name for name, one in tables.items() if one["Properties"].get("TimeToLiveSpecification") == expires}
    assert found == {"RecoveryOutcomesTable", "PaymentsCards"}


def test_a_row_that_is_closed_listed_or_parked_is_open_no_more(machine: Graph) -> None:
    """Else each sweep finds its ride again. One that waits for a person does not expire."""
    for name, one in calls(machine, "dynamodb:updateItem"):
        change, _, removed = one["Arguments"]["UpdateExpression"].partition(" REMOVE ")
        if "closedAt = " in change or "#work = " in change:
            assert OPEN_SINCE in removed.split(", "), name
        assert ("#work = :parked" in change) <= ("expiresAt" in removed.split(", ")), name


def mappings(template: Template) -> list[tuple[dict[str, Any], dict[str, Any], dict[str, Any]]]:
    """Each source of a function's messages, with its queue and its function."""
    queues, functions = named(template, "AWS::SQS::Queue"), named(template, FUNCTION)
    return [
        (one, queues[plain(one["EventSourceArn"])]["Properties"], functions[plain(one["FunctionName"])]["Properties"])
        for one in properties(template, "AWS::Lambda::EventSourceMapping")
    ]


def test_every_queue_of_a_function_gives_failed_messages_again_alone(template: Template) -> None:
    assert len(mappings(template)) == 3
    for mapping, queue, function in mappings(template):
        assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
        assert mapping["ScalingConfig"]["MaximumConcurrency"] >= 2, "SQS allows no lower limit"
        assert queue["VisibilityTimeout"] >= 6 * function["Timeout"], "AWS, Using Lambda with Amazon SQS"
        assert queue["RedrivePolicy"]["maxReceiveCount"] >= 5, "AWS, Using Lambda with Amazon SQS"


def timeout_of(template: Template, module: str) -> int:
    """The timeout of the function that runs a module, in seconds."""
    [function] = properties(template, FUNCTION, {"Handler": f"lambda_src.{module}.handler"})
    return int(function["Timeout"])


def test_what_runs_on_a_schedule_ends_before_it_is_called_again(template: Template) -> None:
    assert timeout_of(template, "recovery.start_recoveries") < START_EVERY.to_seconds()
    assert timeout_of(template, "recovery.sweep_fares") < SWEEP_EVERY.to_seconds()


def test_the_lock_of_those_that_start_recoveries_outlasts_a_run(template: Template) -> None:
    """Else a second one would start recoveries beside the first, and more than so many would run."""
    assert timeout_of(template, "recovery.start_recoveries") < start_recoveries._LOCK_SECONDS


CALL_SECONDS: Final = ATTEMPTS * (CONNECT_TIMEOUT_SECONDS + READ_TIMEOUT_SECONDS)
"""The longest call of an AWS client, its back-off aside."""


@pytest.mark.parametrize(
    ("module", "margin_millis", "longest_seconds"),
    [
        # Of one ride: the table's row, the recovery's start, and the row again; or an inspection, and the row.
        ("recovery.start_recoveries", start_recoveries._MARGIN_MILLIS, 2 * CALL_SECONDS),
        ("recovery.sweep_fares", sweep_fares._MARGIN_MILLIS, CALL_SECONDS),
        ("recovery.queue_recoveries", batches._MARGIN_MILLIS, CALL_SECONDS),
        ("recovery.record_outcomes", batches._MARGIN_MILLIS, CALL_SECONDS),
    ],
)
def test_a_function_begins_nothing_that_it_has_no_time_for(
    module: str, margin_millis: int, longest_seconds: int, template: Template
) -> None:
    assert longest_seconds * 1000 <= margin_millis < timeout_of(template, module) * 1000


def test_an_answer_of_express_is_waited_for_within_the_functions_time(template: Template) -> None:
    """If it were stopped instead, all rides of its batch would come again."""
    longest = ATTEMPTS * (CONNECT_TIMEOUT_SECONDS + start_rides._ANSWER_SECONDS)
    rounds = -(-express_rides._BATCH // start_rides._AT_ONCE)
    assert rounds * longest < timeout_of(template, "express.start_rides")


def test_the_sweep_takes_no_ride_whose_execution_may_still_run(template: Template) -> None:
    [sweep] = properties(template, FUNCTION, {"Handler": "lambda_src.recovery.sweep_fares.handler"})
    variables = sweep["Environment"]["Variables"]
    saga, express = (Graph.of(template, name).definition["TimeoutSeconds"] for name in ("completed", "express"))
    assert int(variables["UNSETTLED_AFTER_SECONDS"]) > saga
    assert int(variables["OPEN_FOR_SECONDS"]) > express
    inspected = Graph.of(template, "recovery").states["InspectExecution"]["Arguments"]["Payload"]["openForSeconds"]
    assert int(variables["OPEN_FOR_SECONDS"]) >= inspected, "what the sweep finds is not left alone by the inspection"
    assert int(variables["LONGEST_EXECUTION_SECONDS"]) >= saga

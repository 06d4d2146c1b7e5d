"""The recovery in the template: its triggers, its alarms and the permissions of its functions."""

import json
from typing import Any, Final

import pytest
from aws_cdk.assertions import Capture, Match, Template

from lambda_src import environment
from tests.support.template.graph import Graph
from tests.support.template.iam import granted
from tests.support.template.resources import arn_of, named, plain, properties, ref_to

RULE: Final = "AWS::Events::Rule"
FUNCTION: Final = "AWS::Lambda::Function"
TABLE: Final = "AWS::DynamoDB::Table"
STARTS: Final = "states:StartExecution"
BATCHES: Final = ("lambda_src.recovery.queue_recoveries.handler", "lambda_src.recovery.record_outcomes.handler")


def test_the_rule_has_the_machines_whose_executions_are_rides(template: Template) -> None:
    template.resource_properties_count_is(RULE, {"EventPattern": Match.any_value()}, 1)
    machines, statuses = Capture(), Capture()
    pattern = {
        "source": ["aws.states"],
        "detail-type": ["Step Functions Execution Status Change"],
        "detail": Match.object_equals({"stateMachineArn": machines, "status": statuses}),
    }
    template.has_resource_properties(RULE, {"EventPattern": pattern})
    assert {plain(one) for one in machines.as_array()} == {"FareSagaMachine", "StartHereMachine"}
    assert set(statuses.as_array()) == {"FAILED", "TIMED_OUT", "ABORTED"}


def test_the_rule_passes_on_the_executions_arn_alone(template: Template) -> None:
    paths, written = Capture(), Capture()
    target = {
        "Arn": arn_of("RecoveryEndedQueue"),
        "InputTransformer": {"InputPathsMap": paths, "InputTemplate": written},
        "Input": Match.absent(),
        "InputPath": Match.absent(),
    }
    template.has_resource_properties(RULE, {"EventPattern": Match.any_value(), "Targets": [target]})
    [(name, path)] = paths.as_object().items()
    assert path == "$.detail.executionArn"
    filled = written.as_string().replace(f"<{name}>", '"the ARN"')
    assert json.loads(filled) == {"executionArn": "the ARN"}


@pytest.mark.parametrize(
    ("function", "rate"),
    [("RecoverySweepFaresFunction", "rate(5 minutes)"), ("RecoveryStartRecoveriesFunction", "rate(1 minute)")],
)
def test_the_sweep_and_the_start_have_their_schedules(template: Template, function: str, rate: str) -> None:
    template.resource_properties_count_is(RULE, {"ScheduleExpression": Match.any_value()}, 2)
    target = {"Arn": arn_of(function), "Input": "{}"}
    template.has_resource_properties(RULE, {"ScheduleExpression": rate, "Targets": [target]})


def test_only_the_function_that_starts_recoveries_may_start_one(template: Template) -> None:
    """The other functions read the tables first, and may describe no execution."""
    starters = {role for role, rights in granted(template).items() if any(STARTS in one.action for one in rights)}
    assert starters == {"RecoveryStartRecoveriesFunctionRole"}
    reading = {
        role: {one.action for one in rights if one.action.startswith("states:")}
        for role, rights in granted(template).items()
    }
    assert reading["RecoveryQueueRecoveriesFunctionRole"] == set()
    assert reading["RecoveryRecordOutcomesFunctionRole"] == set()
    assert reading["RecoverySweepFaresFunctionRole"] == {"states:ListExecutions"}


@pytest.mark.parametrize("queue", ["RecoveryEndedQueue", "RecoveryOutcomesQueue"])
def test_a_message_that_fails_is_received_again_without_the_others(template: Template, queue: str) -> None:
    mapping = {
        "EventSourceArn": arn_of(queue),
        "FunctionResponseTypes": ["ReportBatchItemFailures"],
        "ScalingConfig": {"MaximumConcurrency": 2},
    }
    template.has_resource_properties("AWS::Lambda::EventSourceMapping", mapping)
    [found] = [one for name, one in named(template, "AWS::SQS::Queue").items() if name == queue]
    assert plain(found["Properties"]["RedrivePolicy"]["deadLetterTargetArn"]) == "RecoveryUndeliveredQueue"
    longest = max(one["Timeout"] for one in properties(template, FUNCTION) if one["Handler"] in BATCHES)
    assert found["Properties"]["VisibilityTimeout"] >= 6 * longest, "AWS, Using Lambda with Amazon SQS"


def test_the_record_is_of_messages_that_report_no_success(template: Template) -> None:
    subscription = {"Endpoint": arn_of("RecoveryOutcomesQueue"), "RawMessageDelivery": True}
    policy = {"FilterPolicy": {"IsSuccessful": Match.exact(["false", "unnamed"])}}
    template.has_resource_properties("AWS::SNS::Subscription", {**subscription, **policy})


def test_every_rule_is_enabled_and_keeps_undelivered_events(template: Template) -> None:
    kept = {"DeadLetterConfig": {"Arn": arn_of("RecoveryUndeliveredQueue")}}
    template.all_resources_properties(RULE, {"State": "ENABLED", "Targets": [kept]})
    senders = {
        plain(statement["Condition"]["ArnEquals"]["aws:SourceArn"])
        for policy in properties(template, "AWS::SQS::QueuePolicy", {"Queues": [ref_to("RecoveryUndeliveredQueue")]})
        for statement in policy["PolicyDocument"]["Statement"]
        if statement["Effect"] == "Allow" and statement["Action"] == "sqs:SendMessage"
    }
    assert senders >= set(named(template, RULE))


def test_a_parked_ride_goes_to_the_queue_in_the_outputs(template: Template) -> None:
    template.has_output("ParkedQueueUrl", {"Value": ref_to("RecoveryParkedQueue")})
    sent_to = {one.resource for one in granted(template)["RecoveryRole"] if one.action == "sqs:SendMessage"}
    assert sent_to == {"RecoveryParkedQueue"}


def test_the_index_holds_unsettled_fares_only_and_names_their_saga(template: Template) -> None:
    index = {
        "KeySchema": Match.exact([{"AttributeName": "unsettledSince", "KeyType": "HASH"}]),
        "Projection": Match.exact({"ProjectionType": "INCLUDE", "NonKeyAttributes": ["sagaId"]}),
    }
    key = Match.object_equals({"AttributeName": "unsettledSince", "AttributeType": "S"})
    template.has_resource_properties(
        TABLE, {"GlobalSecondaryIndexes": [index], "AttributeDefinitions": Match.array_with([key])}
    )


def test_a_fare_is_in_the_index_until_it_is_settled_or_parked(template: Template) -> None:
    saga, recovery = Graph.of(template, "completed"), Graph.of(template, "recovery")
    registered = saga.states["RegisterFare"]["Arguments"]["Item"]
    assert registered["unsettledSince"] == registered["startTime"]
    removing = {
        (machine.definition["TimeoutSeconds"], name): state["Arguments"]["UpdateExpression"].partition(" REMOVE ")[2]
        for machine in (saga, recovery)
        for name, state in machine.tasks.items()
        if state["Resource"].endswith("dynamodb:updateItem")
    }
    removed = {
        (key[1], field)
        for key, fields in removing.items()
        for field in ("unsettledSince", "parkedAt")
        if field in fields
    }
    assert removed == {
        ("SetFareStatusCompleted", "unsettledSince"),
        ("SetFareStatusFailed", "unsettledSince"),
        ("SetFareStatusFailed", "parkedAt"),
        ("MarkFareParked", "unsettledSince"),
        ("ClaimFare", "parkedAt"),
    }
    claim = recovery.states["ClaimFare"]["Arguments"]["UpdateExpression"]
    assert "unsettledSince = :start" in claim.partition(" REMOVE ")[0]


def test_both_machines_settle_a_failed_fare_alike(template: Template) -> None:
    one, other = (
        Graph.of(template, name).states["SetFareStatusFailed"]["Arguments"] for name in ("completed", "recovery")
    )
    for part in ("UpdateExpression", "ConditionExpression"):
        assert one[part] == other[part]


def variables_of(template: Template, handler: str) -> dict[str, Any]:
    """The environment of the function with a handler."""
    variables = Capture()
    template.resource_properties_count_is(FUNCTION, {"Handler": handler}, 1)
    template.has_resource_properties(FUNCTION, {"Handler": handler, "Environment": {"Variables": variables}})
    return dict(variables.as_object())


@pytest.mark.parametrize("stage", ["template", "production"])
def test_the_sweep_leaves_a_fare_to_its_machines_while_they_may_run(stage: str, request: pytest.FixtureRequest) -> None:
    deployed = request.getfixturevalue(stage)
    [fares] = [one for name, one in named(deployed, TABLE).items() if name == "FaresTable"]
    [index] = fares["Properties"]["GlobalSecondaryIndexes"]
    variables = variables_of(deployed, "lambda_src.recovery.sweep_fares.handler")
    assert plain(variables[environment.FARES_TABLE]) == "FaresTable"
    assert variables[environment.UNSETTLED_INDEX] == index["IndexName"]
    longest = Graph.of(deployed, "completed").definition["TimeoutSeconds"]
    assert longest < int(variables[environment.UNSETTLED_AFTER_SECONDS]) <= longest + 300


def test_the_inspection_is_given_the_tables_that_it_reads(template: Template) -> None:
    variables = variables_of(template, "lambda_src.recovery.inspect_execution.handler")
    assert plain(variables[environment.FARES_TABLE]) == "FaresTable"
    assert plain(variables[environment.PAYMENTS_TABLE]) == "PaymentsLedger"
    assert plain(variables[environment.ACCOUNTS_TABLE]) == "AccountsLedger"


def test_only_the_sweeps_own_rule_may_call_the_sweep(template: Template) -> None:
    [permission] = [
        one
        for one in properties(template, "AWS::Lambda::Permission")
        if plain(one["FunctionName"]) == "RecoverySweepFaresFunction"
    ]
    assert (permission["Principal"], plain(permission["SourceArn"])) == ("events.amazonaws.com", "RecoverySweep")

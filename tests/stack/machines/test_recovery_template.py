"""What starts a recovery, what watches it, and what its functions may do, read from the template."""

import json
from typing import Any, Final

import pytest
from aws_cdk.assertions import Capture, Match, Template

from lambda_src import environment
from tests.support.template.graph import Graph
from tests.support.template.iam import granted
from tests.support.template.resources import arn_of, plain, properties, ref_to

RULE: Final = "AWS::Events::Rule"
FUNCTION: Final = "AWS::Lambda::Function"
TABLE: Final = "AWS::DynamoDB::Table"


def test_the_rule_listens_to_sagas_and_recoveries_that_ended_badly(template: Template) -> None:
    template.resource_properties_count_is(RULE, {"EventPattern": Match.any_value()}, 1)
    machines, statuses = Capture(), Capture()
    pattern = {
        "source": ["aws.states"],
        "detail-type": ["Step Functions Execution Status Change"],
        "detail": Match.object_equals({"stateMachineArn": machines, "status": statuses}),
    }
    template.has_resource_properties(RULE, {"EventPattern": pattern})
    assert {plain(one) for one in machines.as_array()} == {"FareSagaMachine", "RecoveryMachine"}
    assert set(statuses.as_array()) == {"FAILED", "TIMED_OUT", "ABORTED"}


def test_the_inspection_knows_with_which_errors_a_recovery_hands_over(template: Template) -> None:
    """The event of its end does not say so: under the stack's key it has no error."""
    recovery = Graph.of(template, "recovery")
    given_up = {state["Error"] for state in recovery.states.values() if state["Type"] == "Fail"}
    assert given_up == {"RideParked", "NotAnExecution"}
    assert set(recovery.states["InspectExecution"]["Arguments"]["Payload"]["saga"]["handed_over"]) == given_up


def test_the_rule_passes_on_the_executions_arn_alone(template: Template) -> None:
    paths, written = Capture(), Capture()
    target = {
        "Arn": arn_of("RecoveryMachineAlias"),
        "InputTransformer": {"InputPathsMap": paths, "InputTemplate": written},
        "Input": Match.absent(),
        "InputPath": Match.absent(),
    }
    template.has_resource_properties(RULE, {"EventPattern": Match.any_value(), "Targets": [target]})
    [(name, path)] = paths.as_object().items()
    assert path == "$.detail.executionArn"
    filled = written.as_string().replace(f"<{name}>", '"the ARN"')
    assert json.loads(filled) == {"executionArn": "the ARN"}


def test_the_sweep_runs_every_five_minutes(template: Template) -> None:
    template.resource_properties_count_is(RULE, {"ScheduleExpression": Match.any_value()}, 1)
    target = {"Arn": arn_of("RecoverySweepFaresFunction"), "Input": "{}"}
    template.has_resource_properties(RULE, {"ScheduleExpression": "rate(5 minutes)", "Targets": [target]})


def test_both_rules_are_on_and_keep_what_they_cannot_deliver(template: Template) -> None:
    template.resource_count_is(RULE, 2)
    kept = {"DeadLetterConfig": {"Arn": arn_of("RecoveryUndeliveredQueue")}}
    template.all_resources_properties(RULE, {"State": "ENABLED", "Targets": [kept]})
    senders = {
        plain(statement["Condition"]["ArnEquals"]["aws:SourceArn"])
        for policy in properties(template, "AWS::SQS::QueuePolicy", {"Queues": [ref_to("RecoveryUndeliveredQueue")]})
        for statement in policy["PolicyDocument"]["Statement"]
        if statement["Effect"] == "Allow" and statement["Action"] == "sqs:SendMessage"
    }
    assert senders == {"RecoveryEndedBadly", "RecoverySweep"}


def test_what_is_parked_goes_to_the_queue_that_is_an_output(template: Template) -> None:
    template.has_output("ParkedQueueUrl", {"Value": ref_to("RecoveryParkedQueue")})
    sent_to = {one.resource for one in granted(template)["RecoveryRole"] if one.action == "sqs:SendMessage"}
    assert sent_to == {"RecoveryParkedQueue"}


def test_the_index_holds_unsettled_fares_only_and_names_their_saga(template: Template) -> None:
    template.resource_properties_count_is(TABLE, {"GlobalSecondaryIndexes": Match.any_value()}, 1)
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
    """The environment of the one function with a handler."""
    variables = Capture()
    template.resource_properties_count_is(FUNCTION, {"Handler": handler}, 1)
    template.has_resource_properties(FUNCTION, {"Handler": handler, "Environment": {"Variables": variables}})
    return dict(variables.as_object())


@pytest.mark.parametrize("stage", ["template", "production"])
def test_the_sweep_leaves_a_fare_to_its_machines_while_they_may_run(stage: str, request: pytest.FixtureRequest) -> None:
    deployed = request.getfixturevalue(stage)
    index = Capture()
    deployed.has_resource_properties(TABLE, {"GlobalSecondaryIndexes": [{"IndexName": index}]})
    variables = variables_of(deployed, "lambda_src.recovery.sweep_fares.handler")
    assert plain(variables[environment.FARES_TABLE]) == "FaresTable"
    assert plain(variables[environment.RECOVERY_ARN]) == "RecoveryMachineAlias"
    assert variables[environment.UNSETTLED_INDEX] == index.as_string()
    for name, machine in (
        (environment.UNSETTLED_AFTER_SECONDS, "completed"),
        (environment.RECOVERY_PERIOD_SECONDS, "recovery"),
    ):
        assert int(variables[name]) == Graph.of(deployed, machine).definition["TimeoutSeconds"]


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

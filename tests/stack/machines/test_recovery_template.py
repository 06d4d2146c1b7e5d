"""What starts a recovery, what watches it, and what its functions may do, read from the template."""

import json
from typing import Any

import pytest

from lambda_src import environment
from tests.stack.app.test_template import properties
from tests.support.template.graph import Graph
from tests.support.template.iam import granted, plain


def rule(template: dict[str, Any], key: str) -> dict[str, Any]:
    """The one rule with an event pattern, or with a schedule."""
    [found] = [one for one in properties(template, "AWS::Events::Rule") if key in one]
    return found


def test_the_rule_listens_to_executions_of_the_saga_and_of_its_recovery_that_ended_otherwise_than_by_success(
    template: dict[str, Any],
) -> None:
    pattern = rule(template, "EventPattern")["EventPattern"]
    assert pattern["source"] == ["aws.states"]
    assert pattern["detail-type"] == ["Step Functions Execution Status Change"]
    assert set(pattern["detail"]) == {"stateMachineArn", "status"}
    machines = {plain(one) for one in pattern["detail"]["stateMachineArn"]}
    assert machines == {"FareSagaMachine", "RecoveryMachine"}
    assert set(pattern["detail"]["status"]) == {"FAILED", "TIMED_OUT", "ABORTED"}


def test_the_look_knows_with_which_errors_a_recovery_hands_over_to_a_person(template: dict[str, Any]) -> None:
    """The event of its end does not say so: under the stack's key it has no error."""
    recovery = Graph.of(template, "recovery")
    given_up = {state["Error"] for state in recovery.states.values() if state["Type"] == "Fail"}
    assert given_up == {"RideParked", "NotAnExecution"}
    assert set(recovery.states["InspectExecution"]["Arguments"]["Payload"]["saga"]["handed_over"]) == given_up


def test_the_rule_passes_on_the_executions_arn_alone(template: dict[str, Any]) -> None:
    [target] = rule(template, "EventPattern")["Targets"]
    assert plain(target["Arn"]) == "RecoveryMachineAlias"
    transformer = target["InputTransformer"]
    [(name, path)] = transformer["InputPathsMap"].items()
    assert path == "$.detail.executionArn"
    filled = transformer["InputTemplate"].replace(f"<{name}>", '"the ARN"')
    assert json.loads(filled) == {"executionArn": "the ARN"}
    assert not {"Input", "InputPath"} & set(target)


def test_the_sweep_runs_every_five_minutes(template: dict[str, Any]) -> None:
    sweep = rule(template, "ScheduleExpression")
    assert sweep["ScheduleExpression"] == "rate(5 minutes)"
    [target] = sweep["Targets"]
    assert (plain(target["Arn"]), target["Input"]) == ("RecoverySweepFaresFunction", "{}")


def test_both_rules_are_on_and_keep_what_they_cannot_deliver(template: dict[str, Any]) -> None:
    rules = properties(template, "AWS::Events::Rule")
    assert [one["State"] for one in rules] == ["ENABLED"] * 2
    for one in rules:
        [target] = one["Targets"]
        assert plain(target["DeadLetterConfig"]["Arn"]) == "RecoveryUndeliveredQueue"
    senders = {
        plain(statement["Condition"]["ArnEquals"]["aws:SourceArn"])
        for policy in properties(template, "AWS::SQS::QueuePolicy")
        if [plain(one) for one in policy["Queues"]] == ["RecoveryUndeliveredQueue"]
        for statement in policy["PolicyDocument"]["Statement"]
        if statement["Effect"] == "Allow" and statement["Action"] == "sqs:SendMessage"
    }
    assert senders == {"RecoveryEndedBadly", "RecoverySweep"}


def test_what_is_parked_goes_to_the_queue_that_is_watched_and_told_as_output(template: dict[str, Any]) -> None:
    assert plain(template["Outputs"]["ParkedQueueUrl"]["Value"]) == "RecoveryParkedQueue"
    sent_to = {one.resource for one in granted(template)["RecoveryRole"] if one.action == "sqs:SendMessage"}
    assert sent_to == {"RecoveryParkedQueue"}


def test_the_index_holds_unsettled_fares_alone_and_tells_their_saga(template: dict[str, Any]) -> None:
    [table] = [one for one in properties(template, "AWS::DynamoDB::Table") if "GlobalSecondaryIndexes" in one]
    [index] = table["GlobalSecondaryIndexes"]
    assert index["KeySchema"] == [{"AttributeName": "unsettledSince", "KeyType": "HASH"}]
    assert index["Projection"] == {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["sagaId"]}
    assert {"AttributeName": "unsettledSince", "AttributeType": "S"} in table["AttributeDefinitions"]


def test_a_fare_is_in_the_index_from_its_registration_until_it_is_settled_or_parked(template: dict[str, Any]) -> None:
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


def test_both_machines_settle_a_failed_fare_alike(template: dict[str, Any]) -> None:
    one, other = (
        Graph.of(template, name).states["SetFareStatusFailed"]["Arguments"] for name in ("completed", "recovery")
    )
    for part in ("UpdateExpression", "ConditionExpression"):
        assert one[part] == other[part]


@pytest.mark.parametrize("stage", ["template", "production"])
def test_the_sweep_leaves_a_fare_to_its_saga_and_to_a_recovery_for_as_long_as_they_may_run(
    stage: str, request: pytest.FixtureRequest
) -> None:
    deployed = request.getfixturevalue(stage)
    [variables] = [
        one["Environment"]["Variables"]
        for one in properties(deployed, "AWS::Lambda::Function")
        if one["Handler"] == "lambda_src.recovery.sweep_fares.handler"
    ]
    assert plain(variables[environment.FARES_TABLE]) == "FaresTable"
    assert plain(variables[environment.RECOVERY_ARN]) == "RecoveryMachineAlias"
    [[index]] = [
        one["GlobalSecondaryIndexes"]
        for one in properties(deployed, "AWS::DynamoDB::Table")
        if "GlobalSecondaryIndexes" in one
    ]
    assert variables[environment.UNSETTLED_INDEX] == index["IndexName"]
    for name, machine in (
        (environment.UNSETTLED_AFTER_SECONDS, "completed"),
        (environment.RECOVERY_PERIOD_SECONDS, "recovery"),
    ):
        assert int(variables[name]) == Graph.of(deployed, machine).definition["TimeoutSeconds"]


def test_the_look_is_given_the_tables_that_it_reads(template: dict[str, Any]) -> None:
    [variables] = [
        one["Environment"]["Variables"]
        for one in properties(template, "AWS::Lambda::Function")
        if one["Handler"] == "lambda_src.recovery.inspect_execution.handler"
    ]
    assert plain(variables[environment.FARES_TABLE]) == "FaresTable"
    assert plain(variables[environment.PAYMENTS_TABLE]) == "PaymentsLedger"
    assert plain(variables[environment.ACCOUNTS_TABLE]) == "AccountsLedger"


def test_nobody_but_the_sweeps_own_rule_may_call_the_sweep(template: dict[str, Any]) -> None:
    [permission] = [
        one
        for one in properties(template, "AWS::Lambda::Permission")
        if plain(one["FunctionName"]) == "RecoverySweepFaresFunction"
    ]
    assert (permission["Principal"], plain(permission["SourceArn"])) == ("events.amazonaws.com", "RecoverySweep")

"""The dashboard and the alarms: what they watch, whom they notify, and that the runbook knows each."""

import json
import re
from typing import Any, Final

import pytest
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_lambda as lambda_
from aws_cdk.assertions import Capture, Match, Template

from lambda_src.metric_names import Counted, errors_of
from tests.conftest import ROOT
from tests.stack.conftest import app_of
from tests.support.template.graph import Graph
from tests.support.template.resources import named, plain, properties, ref_to
from wild_rydes_saga.foundation.timeouts import FUNCTION_TIMEOUT_SECONDS
from wild_rydes_saga.monitoring.metrics import Metrics
from wild_rydes_saga.settings import DEFAULT_STACK_NAME

RUNBOOK: Final = (ROOT / "docs" / "runbook.md").read_text(encoding="utf-8")
pytestmark = pytest.mark.usefixtures("workshop")

ALARM: Final = "AWS::CloudWatch::Alarm"
HANDLERS_OWN: Final = {"service"}
AWS_OWN: Final = {
    *("StateMachineArn", "FunctionName", "QueueName", "TableName", "GlobalSecondaryIndexName", "TopicName", "RuleName")
}
"""Dimensions with as many values as the stack has services, machines, functions, queues, tables and indexes."""


def alarms(template: Template) -> dict[str, dict[str, Any]]:
    """The alarms by their names, the stack's name aside."""
    found = properties(template, ALARM)
    return {one["AlarmName"].removeprefix(f"{DEFAULT_STACK_NAME}-"): one for one in found}


def metrics(alarm: dict[str, Any]) -> list[dict[str, Any]]:
    """What an alarm watches: its one metric, or those of its expression."""
    if "Metrics" not in alarm:
        return [alarm]
    stats = [one["MetricStat"] for one in alarm["Metrics"] if "MetricStat" in one]
    return [{**one["Metric"], "Statistic": one["Stat"], "Period": one["Period"]} for one in stats]


def of(metric: dict[str, Any]) -> str:
    """What a metric is about."""
    return ",".join(plain(one["Value"]) for one in metric.get("Dimensions", []))


WATCHED: Final = {
    "RidesFailing": {("AWS/States", "ExecutionsStarted"), ("AWS/States", "ExecutionsFailed")},
    "RideNearTimeout": {("AWS/States", "ExecutionTime")},
    "RollbackIncomplete": {(f"WildRydes/{DEFAULT_STACK_NAME}", "RollbackIncomplete")},
    "RecoveryBusy": {(f"WildRydes/{DEFAULT_STACK_NAME}", "RidesToRecover")},
    "FaresOverdue": {(f"WildRydes/{DEFAULT_STACK_NAME}", "FaresOverdue")},
    "FaresUnreadable": {(f"WildRydes/{DEFAULT_STACK_NAME}", "FaresUnreadable")},
    "InspectionFailing": {(f"WildRydes/{DEFAULT_STACK_NAME}", "InspectExecutionError")},
    "ParkingFailed": {(f"WildRydes/{DEFAULT_STACK_NAME}", "ParkingFailed")},
    "MessagesUnreadable": {
        (f"WildRydes/{DEFAULT_STACK_NAME}", "EventsUnreadable"),
        (f"WildRydes/{DEFAULT_STACK_NAME}", "MessagesUnreadable"),
    },
    "SweepSilent": {("AWS/Lambda", "Invocations"), ("AWS/Lambda", "Errors")},
    "StartSilent": {("AWS/Lambda", "Invocations"), ("AWS/Lambda", "Errors")},
    "RecoveryBehind": {("AWS/SQS", "ApproximateAgeOfOldestMessage")},
    "RideParked": {("AWS/SQS", "ApproximateNumberOfMessagesVisible")},
    "Undelivered": {("AWS/SQS", "ApproximateNumberOfMessagesVisible")},
    "SuccessDeadLetters": {("AWS/SQS", "ApproximateNumberOfMessagesVisible")},
    "FailureDeadLetters": {("AWS/SQS", "ApproximateNumberOfMessagesVisible")},
    "DeliveriesLost": {
        ("AWS/SNS", "NumberOfNotificationsFailedToRedriveToDlq"),
        ("AWS/Events", "InvocationsFailedToBeSentToDlq"),
    },
    "EventsFailing": {("AWS/Events", "FailedInvocations")},
    "NotificationsFailing": {("AWS/SNS", "NumberOfNotificationsFailed")},
    "OutcomesUnread": {("AWS/SQS", "ApproximateAgeOfOldestMessage")},
    "FunctionsThrottled": {("AWS/Lambda", "Throttles")},
    "RidesThrottled": {("AWS/States", "ExecutionThrottled")},
    "TablesThrottled": {("AWS/DynamoDB", "ReadThrottleEvents"), ("AWS/DynamoDB", "WriteThrottleEvents")},
    "FunctionNearTimeout": {("AWS/Lambda", "Duration")},
    "ExpressRidesFailing": {("AWS/States", "ExecutionsStarted"), ("AWS/States", "ExecutionsFailed")},
    "ExpressRidesCutOff": {("AWS/States", "ExecutionsTimedOut")},
    "RidesDeadLetters": {("AWS/SQS", "ApproximateNumberOfMessagesVisible")},
    "RidesWaiting": {("AWS/SQS", "ApproximateAgeOfOldestMessage")},
    "RidesUnreadable": {(f"WildRydes/{DEFAULT_STACK_NAME}", "RidesUnreadable")},
}


def test_the_alarms_watch_what_they_say(template: Template) -> None:
    found: dict[str, set[tuple[str, str]]] = {}
    for name, alarm in alarms(template).items():  # one that watches much has parts, with numbers
        mine = found.setdefault(re.sub(r"[0-9]+$", "", name), set())
        mine |= {(one["Namespace"], one["MetricName"]) for one in metrics(alarm)}
    assert found == WATCHED


def test_every_function_table_rule_and_topic_of_the_stack_is_watched(template: Template) -> None:
    watched = {(of(one), one["MetricName"]) for alarm in alarms(template).values() for one in metrics(alarm)}
    metrics_by_kind = {
        "AWS::Lambda::Function": ("Throttles",),
        "AWS::DynamoDB::Table": ("ReadThrottleEvents", "WriteThrottleEvents"),
        "AWS::Events::Rule": ("InvocationsFailedToBeSentToDlq", "FailedInvocations"),
        "AWS::SNS::Topic": ("NumberOfNotificationsFailed",),
    }
    expected = {
        (name, metric)
        for kind, of_kind in metrics_by_kind.items()
        for name in named(template, kind)
        for metric in of_kind
    }
    assert expected - watched == set()


def test_a_function_and_a_table_that_are_added_are_watched() -> None:
    _, stack = app_of("workshop")
    functions = [one for one in stack.node.find_all() if isinstance(one, lambda_.Function)]
    tables = [one for one in stack.node.find_all() if isinstance(one, dynamodb.Table)]
    metrics_of_the_stack = Metrics(stack, stack.fare_saga, stack.recovery, stack.services)
    dynamodb.Table(stack, "New", partition_key=dynamodb.Attribute(name="id", type=dynamodb.AttributeType.STRING))
    again = Metrics(stack, stack.fare_saga, stack.recovery, stack.services)
    assert len(metrics_of_the_stack.watched_tables) == len(tables)
    assert len(again.watched_tables) == len(tables) + 1
    assert len(again.watched_functions) == len(functions)


def test_what_handlers_count_is_what_alarms_and_dashboard_watch(template: Template) -> None:
    """A metric that is renamed, or counted by nobody, would silence its alarm."""
    namespace = f"WildRydes/{DEFAULT_STACK_NAME}"
    handlers = {path: path.read_text(encoding="utf-8") for path in (ROOT / "lambda_src").rglob("*.py")}
    for metric in Counted:
        counting = [
            path.relative_to(ROOT / "lambda_src").parts[0]
            for path, text in handlers.items()
            if f"count(Counted.{metric.name}" in text
        ]
        assert set(counting) == {metric.service}, metric
    assert not [path for path, text in handlers.items() if re.search(r"\bcount\([\"']", text)]
    watched = {
        one["MetricName"]
        for alarm in alarms(template).values()
        for one in metrics(alarm)
        if one["Namespace"] == namespace
    }
    assert watched <= {*Counted, errors_of("InspectExecution")}


@pytest.mark.parametrize("name", WATCHED)
def test_each_alarm_says_what_to_do_and_the_runbook_says_more(name: str, template: Template) -> None:
    said = alarms(template)[name]["AlarmDescription"]
    assert re.fullmatch(r".{20,}\. To do: .{20,}\. More: docs/runbook\.md#" + name.lower(), said)
    assert f"\n### {name}\n" in RUNBOOK


@pytest.mark.parametrize("name", ["RideParked", "Undelivered", "SuccessDeadLetters", "FailureDeadLetters"])
def test_a_message_that_waits_for_a_person_raises_its_alarm_at_the_first(name: str, template: Template) -> None:
    dimensions = Capture()
    template.has_resource_properties(
        ALARM,
        {
            "AlarmName": f"{DEFAULT_STACK_NAME}-{name}",
            "Threshold": 1,
            "EvaluationPeriods": 1,
            "Metrics": Match.absent(),
            "Period": 60,
            "Statistic": "Maximum",
            "TreatMissingData": "notBreaching",
            "Dimensions": dimensions,
        },
    )
    watched = {"RideParked": "RecoveryParkedQueue", "Undelivered": "RecoveryUndeliveredQueue"}
    assert of({"Dimensions": dimensions.as_array()}) == watched.get(name, f"Notifications{name}")


@pytest.mark.parametrize("stage", ["template", "production"])
def test_near_a_timeout_means_at_four_fifths_of_it(stage: str, request: pytest.FixtureRequest) -> None:
    template = request.getfixturevalue(stage)
    there = alarms(template)
    ride = Graph.of(template, "completed").definition["TimeoutSeconds"]
    assert there["RideNearTimeout"]["Threshold"] == round(0.8 * ride)
    watched = {of(one) for one in metrics(there["FunctionNearTimeout"])}
    functions = named(template, "AWS::Lambda::Function")
    called = {name for name, one in functions.items() if one["Properties"]["Timeout"] == FUNCTION_TIMEOUT_SECONDS}
    assert watched == called
    assert there["FunctionNearTimeout"]["Threshold"] == 0.8 * 1000 * FUNCTION_TIMEOUT_SECONDS


def test_a_rate_is_not_judged_by_a_handful_of_rides(template: Template) -> None:
    [expression] = [one["Expression"] for one in alarms(template)["RidesFailing"]["Metrics"] if "Expression" in one]
    assert expression == "IF(started >= 5, 100 * failed / started, 0)"


def test_silence_of_what_runs_on_a_schedule_is_an_alarm(template: Template) -> None:
    silent = properties(template, ALARM, {"TreatMissingData": "breaching"})
    assert {one["ComparisonOperator"] for one in silent} == {"LessThanThreshold"}
    watched = {name for one in silent for name in map(of, metrics(one))}
    scheduled = properties(template, "AWS::Events::Rule", {"ScheduleExpression": Match.any_value()})
    assert watched == {plain(target["Arn"]) for rule in scheduled for target in rule["Targets"]}


def test_every_alarm_is_sent_to_the_topic_and_a_new_one_sends_no_end(template: Template) -> None:
    """A new alarm goes from INSUFFICIENT_DATA to OK, which an OK action would send (AWS, "Alarm actions")."""
    quiet = {"AlarmActions": [ref_to("MonitoringAlarms")], "ActionsEnabled": True}
    absent = dict.fromkeys(("OKActions", "InsufficientDataActions"), Match.absent())
    template.all_resources_properties(ALARM, {**quiet, **absent})


def test_no_metric_has_a_dimension_that_grows(template: Template) -> None:
    for alarm in alarms(template).values():
        for metric in metrics(alarm):
            names = {one["Name"] for one in metric["Dimensions"]}
            assert names <= (AWS_OWN if metric["Namespace"].startswith("AWS/") else HANDLERS_OWN)


def test_an_expression_has_no_more_metrics_than_an_alarm_takes(template: Template) -> None:
    assert max(len(one.get("Metrics", [])) for one in alarms(template).values()) <= 10


def test_the_dashboard_shows_rides_money_recovery_queues_and_limits(template: Template) -> None:
    [dashboard] = properties(template, "AWS::CloudWatch::Dashboard")
    body = json.loads("".join(plain(part) for part in dashboard["DashboardBody"]["Fn::Join"][1]))
    titles = {one["properties"].get("title") for one in body["widgets"]}
    shown = json.dumps(body)
    assert titles >= {"Rides", "Money, in minor units", "Recovery", "Queues", "Limits"}
    for name in ("CapturedMinor", "RefundedMinor", "CreditedMinor", "ReversedMinor"):
        assert name in shown
    assert set(WATCHED) - titles == set()


def test_the_alarms_go_to_the_address_that_the_context_gives() -> None:
    _, stack = app_of("production", alarm_email="night@example.com")
    addressed = Template.from_stack(stack)
    addressed.resource_properties_count_is("AWS::SNS::Subscription", {"Protocol": "email"}, 1)
    addressed.has_resource_properties(
        "AWS::SNS::Subscription",
        {"Protocol": "email", "Endpoint": "night@example.com", "TopicArn": ref_to("MonitoringAlarms")},
    )


def test_a_ride_is_traced_from_the_execution_through_the_handlers(template: Template) -> None:
    machine, function = "AWS::StepFunctions::StateMachine", "AWS::Lambda::Function"
    template.all_resources_properties(machine, {"TracingConfiguration": Match.exact({"Enabled": True})})
    template.all_resources_properties(function, {"TracingConfig": Match.exact({"Mode": "Active"})})

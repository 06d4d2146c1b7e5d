"""Metrics put together: sums, parts that an alarm can watch, and the constructs of a stack that have them."""

from collections.abc import Mapping, Sequence
from typing import Final, TypeVar, cast

from aws_cdk import Duration, Stack
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_events as events
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_stepfunctions as sfn
from constructs import IConstruct

PERIOD: Final = Duration.minutes(5)
_SUM: Final = cloudwatch.Stats.SUM
Found = TypeVar("Found", bound=IConstruct)
_MOST_METRICS: Final = 8
_FEWEST_RIDES: Final = 5
"""Below this many rides in a period a rate says nothing."""


def runs_of(function: lambda_.Function, label: str) -> cloudwatch.MathExpression:
    """How often a function ran and did not fail."""
    return cloudwatch.MathExpression(
        expression="invoked - failed",
        using_metrics={
            "invoked": function.metric_invocations(period=PERIOD, statistic=_SUM),
            "failed": function.metric_errors(period=PERIOD, statistic=_SUM),
        },
        label=label,
        period=PERIOD,
    )


def failed_percent(machine: sfn.StateMachine, label: str) -> cloudwatch.MathExpression:
    """Of a hundred executions started, how many failed; 0 if too few started."""
    return cloudwatch.MathExpression(
        expression=f"IF(started >= {_FEWEST_RIDES}, 100 * failed / started, 0)",
        using_metrics={
            "started": machine.metric_started(period=PERIOD, statistic=_SUM),
            "failed": machine.metric_failed(period=PERIOD, statistic=_SUM),
        },
        label=label,
        period=PERIOD,
    )


def of_rules(rules: Mapping[str, events.Rule], metric_name: str) -> dict[str, cloudwatch.Metric]:
    """A metric of EventBridge for each of the rules."""
    return {
        name: cloudwatch.Metric(
            namespace="AWS/Events",
            metric_name=metric_name,
            dimensions_map={"RuleName": rule.rule_name},
            period=PERIOD,
            statistic=_SUM,
        )
        for name, rule in rules.items()
    }


def all_together(metrics: dict[str, cloudwatch.Metric], function: str, label: str) -> cloudwatch.MathExpression:
    """The sum, or the greatest, of metrics; one without values counts as 0."""
    filled = ", ".join(f"FILL({name}, 0)" for name in metrics)
    return cloudwatch.MathExpression(
        expression=f"{function}([{filled}])", using_metrics={**metrics}, label=label, period=PERIOD
    )


def parts(metrics: dict[str, cloudwatch.Metric], function: str, label: str) -> list[cloudwatch.MathExpression]:
    """The same in as many expressions as it takes: an alarm watches ten metrics at most, the expression included."""
    names = list(metrics)
    return [
        all_together({name: metrics[name] for name in names[start : start + _MOST_METRICS]}, function, label)
        for start in range(0, len(names), _MOST_METRICS)
    ]


def indexes_of(table: dynamodb.Table) -> list[str]:
    """The names of a table's global secondary indexes."""
    resource = cast(dynamodb.CfnTable, table.node.default_child)
    indexes = Stack.of(table).resolve(resource.global_secondary_indexes) or []
    return [str(index["indexName"]) for index in indexes]


def all_of(constructs: Sequence[IConstruct], kind: type[Found]) -> dict[str, Found]:
    """Every construct of a kind among these, by a name for expressions, which is made of its path."""
    found = {}
    for construct in constructs:
        if isinstance(construct, kind):
            name = "".join(construct.node.path.split("/")[1:])
            found[name[:1].lower() + name[1:]] = construct
    return found

"""What each alarm watches exists: the resource or handler emits that metric, with those dimensions."""

import json
from collections.abc import Iterator
from typing import Any, Final

import pytest
from aws_cdk.assertions import Template

from lambda_src import environment
from tests.stack.monitoring.test_monitoring import alarms, metrics
from tests.support.template.aws_metrics import AWS_METRICS, NAMED_BY
from tests.support.template.emitted import Emitted, emitted_by
from wild_rydes_saga.settings import DEFAULT_STACK_NAME

pytestmark = pytest.mark.usefixtures("workshop")

NAMESPACE: Final = f"WildRydes/{DEFAULT_STACK_NAME}"
DEAD_LETTERS_OF_RULES: Final = "InvocationsFailedToBeSentToDlq"
DEAD_LETTERS_OF_TOPICS: Final = "NumberOfNotificationsFailedToRedriveToDlq"


def watched(template: Template) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every metric of every alarm of a template, with the alarm's name."""
    for name, alarm in alarms(template).items():
        for metric in metrics(alarm):
            yield name, metric


def dimensions(metric: dict[str, Any]) -> dict[str, Any]:
    return {one["Name"]: one["Value"] for one in metric["Dimensions"]}


def of_aws(template: Template) -> Iterator[tuple[str, dict[str, Any]]]:
    yield from ((name, one) for name, one in watched(template) if one["Namespace"].startswith("AWS/"))


@pytest.mark.parametrize("stage", ["template", "production"])
def test_aws_documents_each_metric_with_the_dimensions_that_alarms_use(
    stage: str, request: pytest.FixtureRequest
) -> None:
    found = list(of_aws(request.getfixturevalue(stage)))
    assert found
    for alarm, metric in found:
        names = AWS_METRICS[metric["Namespace"]].get(tuple(sorted(dimensions(metric))), frozenset())
        assert metric["MetricName"] in names, alarm


def resource_of(template: Template, dimension: str, value: Any) -> dict[str, Any]:
    """The resource that a dimension's value names; fails if the template has none."""
    kind, attribute = NAMED_BY[dimension]
    [(form, content)] = value.items()
    logical_id = content if form == "Ref" else content[0]
    assert attribute == ("Ref" if form == "Ref" else content[1])
    resource = template.to_json()["Resources"][logical_id]
    assert resource["Type"] == kind
    return dict(resource["Properties"], LogicalId=logical_id)


def test_each_dimension_names_a_resource_of_the_template(template: Template) -> None:
    for alarm, metric in of_aws(template):
        given = dimensions(metric)
        index = given.pop("GlobalSecondaryIndexName", None)
        [(dimension, value)] = given.items()
        named = resource_of(template, dimension, value)
        indexes = [one["IndexName"] for one in named.get("GlobalSecondaryIndexes", [])]
        assert index is None or index in indexes, alarm


def test_every_index_of_every_table_is_watched(template: Template) -> None:
    found = {
        (json.dumps(dimensions(one)["TableName"]), dimensions(one)["GlobalSecondaryIndexName"], one["MetricName"])
        for _, one in of_aws(template)
        if "GlobalSecondaryIndexName" in dimensions(one)
    }
    tables = template.find_resources("AWS::DynamoDB::Table")
    assert found == {
        (json.dumps({"Ref": name}), index["IndexName"], metric)
        for name, table in tables.items()
        for index in table["Properties"].get("GlobalSecondaryIndexes", [])
        for metric in ("ReadThrottleEvents", "WriteThrottleEvents")
    }


def test_what_counts_lost_dead_letters_has_a_dead_letter_queue(template: Template) -> None:
    """AWS emits these two metrics only where there is one."""
    subscriptions = [one["Properties"] for one in template.find_resources("AWS::SNS::Subscription").values()]
    seen = set()
    for _, metric in of_aws(template):
        [(dimension, value), *_] = dimensions(metric).items()
        if metric["MetricName"] == DEAD_LETTERS_OF_RULES:
            rule = resource_of(template, dimension, value)
            assert all("DeadLetterConfig" in target for target in rule["Targets"])
            seen.add(metric["MetricName"])
        if metric["MetricName"] == DEAD_LETTERS_OF_TOPICS:
            topic = resource_of(template, dimension, value)["LogicalId"]
            of_topic = [one for one in subscriptions if one["TopicArn"] == {"Ref": topic}]
            assert of_topic
            assert all("RedrivePolicy" in one for one in of_topic)
            seen.add(metric["MetricName"])
    assert seen == {DEAD_LETTERS_OF_RULES, DEAD_LETTERS_OF_TOPICS}


def test_an_alarm_on_a_machine_or_function_watches_its_service(template: Template) -> None:
    """The namespace of the handlers' own metrics is the one that the functions are given."""
    functions = template.find_resources("AWS::Lambda::Function").values()
    variables = [one["Properties"]["Environment"]["Variables"] for one in functions]
    assert {one["POWERTOOLS_METRICS_NAMESPACE"] for one in variables} == {NAMESPACE}
    services = {one["POWERTOOLS_SERVICE_NAME"] for one in variables}
    own = [metric for _, metric in watched(template) if metric["Namespace"] == NAMESPACE]
    assert {dimensions(one)["service"] for one in own} <= services


def settings_by_service(template: Template) -> dict[str, tuple[list[str], dict[str, str]]]:
    """By service, its handlers' modules, and the settings of Powertools that their functions have."""
    found: dict[str, tuple[list[str], dict[str, str]]] = {}
    for function in template.find_resources("AWS::Lambda::Function").values():
        given = function["Properties"]["Environment"]["Variables"]
        settings = {name: value for name, value in given.items() if name.startswith("POWERTOOLS_")}
        modules, settings = found.setdefault(settings["POWERTOOLS_SERVICE_NAME"], ([], settings))
        settings |= {name: value for name, value in given.items() if name == environment.GATEWAY}
        modules.append(function["Properties"]["Handler"].removeprefix("lambda_src.").removesuffix(".handler"))
    return found


@pytest.mark.long
@pytest.mark.parametrize("stage", ["template", "stripe"])
def test_the_handlers_emit_each_metric_of_their_own_with_its_dimensions(
    stage: str, request: pytest.FixtureRequest
) -> None:
    template = request.getfixturevalue(stage)
    emitted: set[Emitted] = set()
    for modules, settings in settings_by_service(template).values():
        emitted |= emitted_by(modules, settings)
    own = {
        Emitted(NAMESPACE, one["MetricName"], tuple(sorted(dimensions(one).items())))
        for _, one in watched(template)
        if one["Namespace"] == NAMESPACE
    }
    assert own
    assert own - emitted == set()

"""Warm throughput: what tables and indexes can serve at once, set ahead of a launch."""

import pytest
from aws_cdk.assertions import Match, Template

from tests.stack.conftest import app_of
from wild_rydes_saga.settings import SettingsError, WarmThroughput, checked_warm_throughput

WARM = {"ReadUnitsPerSecond": 40_000, "WriteUnitsPerSecond": 20_000}


def test_every_table_and_index_has_the_throughput_that_is_set() -> None:
    _, stack = app_of("production", warm_throughput=WarmThroughput(reads=40_000, writes=20_000))
    template = Template.from_stack(stack)
    template.all_resources_properties("AWS::DynamoDB::Table", {"WarmThroughput": WARM})
    for table in template.find_resources("AWS::DynamoDB::Table").values():
        for index in table["Properties"].get("GlobalSecondaryIndexes", []):
            assert index["WarmThroughput"] == WARM


def test_without_it_tables_begin_as_aws_has_them(template: Template) -> None:
    template.all_resources_properties("AWS::DynamoDB::Table", {"WarmThroughput": Match.absent()})


def test_the_option_is_read_and_units_and_writes_are_kept() -> None:
    assert checked_warm_throughput(None) is None
    assert checked_warm_throughput("40000,20000") == WarmThroughput(reads=40_000, writes=20_000)


@pytest.mark.parametrize("given", ["", "40000", "1,1", "12000,3999", "a,b", "40000,20000\n", 40_000])
def test_what_dynamodb_would_refuse_is_refused_with_the_fix(given: object) -> None:
    with pytest.raises(SettingsError, match=r"use -c warm_throughput=READS,WRITES"):
        checked_warm_throughput(given)

"""Settings for a high rate: what tables and indexes can serve at once, and in how many rows a balance is kept."""

import pytest
from aws_cdk.assertions import Match, Template

from tests.stack.conftest import app_of
from wild_rydes_saga.settings import SettingsError, WarmThroughput, checked_balance_shards, checked_warm_throughput

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


def test_the_accounts_functions_know_in_how_many_rows_a_balance_is() -> None:
    _, stack = app_of("production", balance_shards=8)
    functions = Template.from_stack(stack).find_resources("AWS::Lambda::Function").values()
    shards = [one["Properties"]["Environment"]["Variables"].get("BALANCE_SHARDS") for one in functions]
    assert [one for one in shards if one] == ["8", "8"]


def test_the_number_of_rows_is_one_unless_it_is_given() -> None:
    assert checked_balance_shards(None) == 1
    assert checked_balance_shards("100") == 100


@pytest.mark.parametrize("given", ["", "0", "101", "-1", "two", "8\n", 8])
def test_a_number_of_rows_that_cannot_be_is_refused_with_the_fix(given: object) -> None:
    with pytest.raises(SettingsError, match=r"use -c balance_shards=1 to 100"):
        checked_balance_shards(given)

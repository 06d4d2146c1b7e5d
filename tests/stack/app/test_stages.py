"""What differs between the stages, difference by difference, and that nothing else does."""

import json
import re
from collections.abc import Iterator
from typing import Any, Final

import pytest
from aws_cdk.assertions import Template

from tests.support.template.graph import Graph
from tests.support.template.resources import named, properties
from wild_rydes_saga.deployed.operations.recoveries import patience_of
from wild_rydes_saga.machines.fare_saga import FINISHING
from wild_rydes_saga.settings import STAGES, SettingsError, checked_email

pytestmark = pytest.mark.usefixtures("workshop")

LASTING: Final = ("AWS::DynamoDB::Table", "AWS::SQS::Queue", "AWS::Logs::LogGroup", "AWS::KMS::Key")
TABLE: Final = "AWS::DynamoDB::Table"
CARDS: Final = "PaymentsCards"
"""The table whose rows are to go as soon as they can, in every stage."""


@pytest.fixture
def staged(request: pytest.FixtureRequest) -> Template:
    """The template of the stage that is named."""
    template: Template = request.getfixturevalue({"workshop": "template"}.get(request.param, request.param))
    return template


def test_production_keeps_its_data_and_the_workshop_nothing(template: Template, production: Template) -> None:
    for kind in LASTING:
        template.all_resources(kind, {"DeletionPolicy": "Delete", "UpdateReplacePolicy": "Delete"})
        production.resource_count_is(kind, len(template.find_resources(kind)))
        # A protected table could not be deleted when the deployment that made it fails.
        keeps = "Retain" if kind == "AWS::DynamoDB::Table" else "RetainExceptOnCreate"
        for name, kept in named(production, kind).items():
            lasts = name != CARDS
            assert kept["DeletionPolicy"] == (keeps if lasts else "Delete")
            assert kept["UpdateReplacePolicy"] == ("Retain" if lasts else "Delete")


@pytest.mark.parametrize(("staged", "protected"), [("production", True), ("workshop", False)], indirect=["staged"])
def test_production_protects_its_tables_from_being_deleted(staged: Template, protected: bool) -> None:
    tables = named(staged, TABLE)
    found = {name: one["Properties"]["DeletionProtectionEnabled"] for name, one in tables.items()}
    assert found == {name: protected and name != CARDS for name in found}
    assert CARDS in found


@pytest.mark.parametrize(("staged", "recoverable"), [("production", True), ("workshop", False)], indirect=["staged"])
def test_production_can_have_its_tables_back_as_they_were_but_never_a_card(staged: Template, recoverable: bool) -> None:
    found = {
        name: one["Properties"]["PointInTimeRecoverySpecification"]["PointInTimeRecoveryEnabled"]
        for name, one in named(staged, TABLE).items()
    }
    assert found == {name: recoverable and name != CARDS for name in found}


@pytest.mark.parametrize(("staged", "forced"), [("production", "off"), ("workshop", "on")], indirect=["staged"])
def test_failures_can_be_forced_in_the_workshop_only(staged: Template, forced: str) -> None:
    variables = {"Environment": {"Variables": {"FORCED_FAILURES": forced}}}
    staged.all_resources_properties("AWS::Lambda::Function", variables)


@pytest.mark.parametrize(
    ("staged", "settled"), [("production", ":failed"), ("workshop", ":failed, :completed")], indirect=["staged"]
)
def test_a_completed_fare_is_ridden_again_in_the_workshop_only(staged: Template, settled: str) -> None:
    assert f"fareStatus IN ({settled}))" in json.dumps(staged.to_json())


@pytest.mark.parametrize(("staged", "days"), [("production", 365), ("workshop", 7)], indirect=["staged"])
def test_logs_are_kept_for_as_long_as_is_said(staged: Template, days: int) -> None:
    staged.all_resources_properties("AWS::Logs::LogGroup", {"RetentionInDays": days})


@pytest.mark.parametrize(
    ("staged", "saga", "recovery"), [("production", 8, 20), ("workshop", 5, 6)], indirect=["staged"]
)
def test_production_is_more_patient(staged: Template, saga: int, recovery: int) -> None:
    for machine, attempts in (("completed", saga), ("recovery", recovery)):
        assert Graph.of(staged, machine).states["RefundFare"]["Retry"][-1]["MaxAttempts"] == attempts


@pytest.mark.parametrize(
    ("staged", "stage"), [("production", "production"), ("workshop", "workshop")], indirect=["staged"]
)
def test_an_operator_is_given_the_patience_of_the_stage(staged: Template, stage: str) -> None:
    recovery = {"States": Graph.of(staged, "recovery").states}
    of_stage = STAGES[stage].recovery_patience.longest_wait_seconds
    assert patience_of(recovery, "RefundFare") == of_stage
    assert patience_of(recovery) == max(of_stage, FINISHING.longest_wait_seconds)


@pytest.mark.parametrize(("staged", "level"), [("production", "ERROR"), ("workshop", "ALL")], indirect=["staged"])
def test_production_logs_only_the_errors_of_its_machines(staged: Template, level: str) -> None:
    levels = {
        machine["StateMachineName"].rpartition("-")[2]: machine["LoggingConfiguration"]["Level"]
        for machine in properties(staged, "AWS::StepFunctions::StateMachine")
    }
    # On Express the log of every event can cost more than the execution.
    assert levels.pop("express") == "ERROR"
    assert {*levels.values()} == {level}


def test_the_next_deployment_can_create_everything_that_is_kept(production: Template) -> None:
    """CloudFormation refuses to create what is there already under the same name."""
    for name, resource in production.to_json()["Resources"].items():
        if resource.get("DeletionPolicy", "Delete") == "Delete":
            continue
        fixed = [
            key for key, value in resource["Properties"].items() if key.endswith("Name") and isinstance(value, str)
        ]
        assert fixed == [], name


FOLLOWS: Final = {
    "AWS::CloudWatch::Alarm/Properties/Threshold",  # four fifths of the saga's timeout
    "AWS::Lambda::Function/Properties/Environment/Variables/UNSETTLED_AFTER_SECONDS",
}
"""What differs because something else does."""
STATED: Final = {
    *(f"{kind}/{policy}" for kind in LASTING for policy in ("DeletionPolicy", "UpdateReplacePolicy")),
    "AWS::DynamoDB::Table/Properties/DeletionProtectionEnabled",
    "AWS::DynamoDB::Table/Properties/PointInTimeRecoverySpecification/PointInTimeRecoveryEnabled",
    "AWS::Lambda::EventSourceMapping/Properties/MaximumBatchingWindowInSeconds",
    "AWS::Lambda::Function/Properties/Environment/Variables/FORCED_FAILURES",
    "AWS::Lambda::Function/Properties/Environment/Variables/RECOVERIES_AT_ONCE",
    "AWS::Lambda::Function/Properties/Environment/Variables/RECOVERY_GRACE_SECONDS",
    "AWS::SQS::Queue/Properties/DelaySeconds",
    "AWS::StepFunctions::StateMachine/Properties/LoggingConfiguration/Level",
    "AWS::Logs::LogGroup/Properties/RetentionInDays",
    "AWS::StepFunctions::StateMachine/Properties/DefinitionString/Fn::Join",  # retries, fares ridden again
}
"""What the tests above, and the README's table, state."""


def test_nothing_else_differs(template: Template, production: Template) -> None:
    def by_id(one: Template) -> dict[str, Any]:
        text = re.sub(r"(CurrentVersion[0-9A-F]{8})[0-9a-f]{32}", r"\1", json.dumps(one.to_json()["Resources"]))
        resources = json.loads(text).items()
        return {name: resource for name, resource in resources if resource["Type"] != "AWS::Lambda::Version"}

    one, other = by_id(template), by_id(production)
    assert set(one) == set(other)
    found = {f"{one[name]['Type']}/{path}" for name in one for path in differences(one[name], other[name])}
    assert found == STATED | FOLLOWS
    outputs = [
        re.sub(r"(CurrentVersion[0-9A-F]{8})[0-9a-f]{32}", r"\1", json.dumps(one.to_json()["Outputs"]))
        for one in (template, production)
    ]
    assert outputs[0] == outputs[1]


def differences(one: Any, other: Any, path: str = "") -> Iterator[str]:
    """The paths at which two resources differ; acknowledgements in their metadata are left out."""
    if not isinstance(one, dict) or not isinstance(other, dict):
        if one != other:
            yield path
        return
    for key in sorted(one.keys() | other.keys()):
        if path or key != "Metadata":
            yield from differences(one.get(key), other.get(key), f"{path}/{key}".removeprefix("/"))


@pytest.mark.parametrize("address", ["nobody", "a@b", "a b@c.d", "@b.c", 7, "", "a@b.c\n"])
def test_an_address_that_is_none_is_refused_with_the_fix(address: object) -> None:
    with pytest.raises(SettingsError, match=r"is not an address for alarms: use -c alarm_email="):
        checked_email(address)

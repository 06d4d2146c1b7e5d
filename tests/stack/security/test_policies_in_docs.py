"""The policies in docs/production.md: every name in them is one that the stack has."""

import re
from collections.abc import Iterator
from typing import Any, Final

import pytest
from aws_cdk.assertions import Template

from tests.conftest import ROOT
from tests.support.documents import policies
from tests.support.template.iam import listed
from wild_rydes_saga.settings import DEFAULT_STACK_NAME

POLICIES: Final = policies(ROOT / "docs" / "production.md")
ARN: Final = re.compile(
    r"arn:aws:(?P<service>\w+):REGION:ACCOUNT:(?:function:|table/|stateMachine:|execution:)?(?P<name>[^:/]+)"
)
WHOLE_NAME: Final = ("states",)
"""Services whose resources have names of our own; CloudFormation names the others after their logical ids."""
TYPES: Final = {
    "lambda": "AWS::Lambda::Function",
    "sqs": "AWS::SQS::Queue",
    "dynamodb": "AWS::DynamoDB::Table",
    "states": "AWS::StepFunctions::StateMachine",
}


def statements() -> Iterator[tuple[str, dict[str, Any]]]:
    for person, policy in POLICIES.items():
        for statement in policy["Statement"]:
            yield person, statement


def names_of(template: Template, service: str) -> set[str]:
    """What the stack's resources of a service are called, as far as that is known before they are made."""
    found = template.find_resources(TYPES[service])
    if service in WHOLE_NAME:
        return {one["Properties"]["StateMachineName"] for one in found.values()}
    return {f"{DEFAULT_STACK_NAME}-{name}" for name in found}


def test_there_is_a_policy_for_each_kind_of_person() -> None:
    assert set(POLICIES) == {"caller", "express", "reader", "operator", "console", "stripe", "deployer"}


@pytest.mark.parametrize("service", TYPES)
def test_a_policy_names_only_what_the_stack_has(service: str, template: Template) -> None:
    arns = [arn for _, statement in statements() for arn in listed(statement["Resource"])]
    named = [found["name"] for arn in arns if (found := ARN.match(arn)) and found["service"] == service]
    assert named
    for name in named:
        matching = [one for one in names_of(template, service) if re.fullmatch(name.replace("*", ".*"), one)]
        assert len(matching) == 1, f"{name} is of {matching or 'nothing'}"


def test_the_policy_for_stripe_names_the_secret_that_its_stack_has(stripe: Template) -> None:
    [secret] = stripe.find_resources("AWS::SecretsManager::Secret")
    [statement] = [one for _, one in statements() if one["Sid"] == "UseStripesKey"]
    # CloudFormation names a secret after its logical id, without the stack's name.
    assert f"arn:aws:secretsmanager:REGION:ACCOUNT:secret:{secret}".startswith(statement["Resource"].rstrip("*"))


def test_only_the_search_for_a_log_group_has_no_name_of_ours() -> None:
    without = {
        statement["Sid"]
        for _, statement in statements()
        for arn in listed(statement["Resource"])
        if DEFAULT_STACK_NAME not in arn
    }
    assert without == {
        "FindLogs",
        "DecryptExecutions",
        "DecryptMessages",
        "EncryptRides",
        "EncryptMessages",
        "DecryptMachines",
        "DecryptTablesAndQueues",
        "UseStripesKey",
        "DecryptTheSecret",
        "AssumeTheRolesOfTheBootstrap",
    }


def test_every_use_of_the_key_is_bound_by_a_condition() -> None:
    decrypting = [statement for _, statement in statements() if "kms:Decrypt" in listed(statement["Action"])]
    assert len(decrypting) == 8
    for statement in decrypting:
        [(operator, condition)] = statement["Condition"].items()
        assert (operator, *condition) in {
            ("StringEquals", "kms:ViaService"),
            ("ArnLike", "kms:EncryptionContext:aws:states:stateMachineArn"),
        }


def test_a_machine_that_has_an_alias_is_started_by_it_alone() -> None:
    starting = [statement for _, statement in statements() if "states:StartExecution" in listed(statement["Action"])]
    by_alias = [one for one in starting if one["Sid"] != "RideYourMachine"]
    assert len(by_alias) == 4
    for statement in by_alias:
        assert statement["Condition"] == {"ForAnyValue:StringEquals": {"states:StateMachineQualifier": "live"}}
    [learners] = [one for one in starting if one not in by_alias]
    assert all("-start-here" in arn for arn in listed(learners["Resource"]))

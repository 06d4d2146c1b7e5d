"""What a destroyed stack left behind is found in CloudFormation's record, and a reason is given where it cannot be."""

import io
import json
import time
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from rich.console import Console

from wild_rydes_saga.cli.operator.adopt import adopt
from wild_rydes_saga.deployed.account import Account, local_account
from wild_rydes_saga.deployed.errors import OperatorError
from wild_rydes_saga.deployed.operations.left_behind import left_behind
from wild_rydes_saga.emulator import process as emulator

TABLE: dict[str, Any] = {
    "Type": "AWS::DynamoDB::Table",
    "Properties": {
        "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
        "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
        "BillingMode": "PAY_PER_REQUEST",
    },
}
KEPT = {"DeletionPolicy": "Retain", "UpdateReplacePolicy": "Retain"}
TEMPLATE = {
    "Parameters": {
        "Stage": {"Type": "String", "Default": "production"},
        "Gateway": {"Type": "String", "Default": "stripe-eur"},
    },
    "Resources": {
        "Key": {"Type": "AWS::KMS::Key", "Properties": {"KeyPolicy": {"Statement": []}}, **KEPT},
        "Rows": {**TABLE, **KEPT},
        "RestrictedKey": {"Type": "AWS::SecretsManager::Secret", "Properties": {}, **KEPT},
        "Cards": TABLE,
    },
}


@pytest.fixture(scope="module")
def account() -> Iterator[Account]:
    with emulator.running() as running:
        yield local_account(running)


def wait_for(account: Account, stack_id: str, status: str) -> None:
    """Waits until a stack has a status."""
    client = account.client("cloudformation")
    for _ in range(200):
        if client.describe_stacks(StackName=stack_id)["Stacks"][0]["StackStatus"] == status:
            return
        time.sleep(0.05)
    raise TimeoutError(status)


def destroyed(account: Account, name: str, template: Mapping[str, Any] = TEMPLATE) -> dict[str, str]:
    """Creates a stack and destroys it; returns the physical ids of what it held, by logical id."""
    client = account.client("cloudformation")
    stack_id = client.create_stack(StackName=name, TemplateBody=json.dumps(template))["StackId"]
    wait_for(account, stack_id, "CREATE_COMPLETE")
    held = client.describe_stack_resources(StackName=name)["StackResources"]
    client.delete_stack(StackName=name)
    wait_for(account, stack_id, "DELETE_COMPLETE")
    return {one["LogicalResourceId"]: one["PhysicalResourceId"] for one in held}


def test_what_was_kept_is_found_with_its_stage_and_the_rest_is_not(account: Account) -> None:
    held = destroyed(account, "kept")
    found = left_behind(account, "kept")
    assert found.stage == "production"
    assert found.gateway == {"gateway": "stripe", "currency": "eur"}
    assert found.mapping() == {
        "Key": {"KeyId": held["Key"]},
        "Rows": {"TableName": held["Rows"]},
        "RestrictedKey": {"Id": held["RestrictedKey"]},
    }


def test_a_key_that_waits_for_its_deletion_is_named_with_the_fix(account: Account) -> None:
    key = destroyed(account, "doomed")["Key"]
    account.client("kms").schedule_key_deletion(KeyId=key, PendingWindowInDays=7)
    fix = f"aws kms cancel-key-deletion --key-id {key} && aws kms enable-key --key-id {key}"
    with pytest.raises(OperatorError, match=r"no row can be read: the key .* is PendingDeletion") as refused:
        left_behind(account, "doomed")
    assert fix in str(refused.value)


def test_a_stack_of_before_its_currency_was_noted_is_asked_for_it(account: Account) -> None:
    destroyed(account, "older", {**TEMPLATE, "Parameters": {}})
    console = Console(file=io.StringIO())
    with pytest.raises(OperatorError, match="name it, as in -c currency=usd"):
        adopt(console, account, "older", context={}, confirmed=True)
    assert adopt(console, account, "older", context={"currency": "eur"}, confirmed=False) == {}


def test_a_name_that_no_destroyed_stack_had_is_said(account: Account) -> None:
    with pytest.raises(OperatorError, match="no destroyed stack never-there is on record"):
        left_behind(account, "never-there")

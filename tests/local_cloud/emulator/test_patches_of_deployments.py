"""The patches of functions' versions, generated names and change sets do what AWS does, and are still needed."""

import io
import json
import time
import zipfile
from collections.abc import Iterator

import pytest

from wild_rydes_saga.deployed.account import Account, local_account
from wild_rydes_saga.emulator import process as emulator

ROLE = "arn:aws:iam::000000000000:role/any"


@pytest.fixture(scope="module")
def plain() -> Iterator[Account]:
    with emulator.running(module="tests.support.local_cloud.unpatched_emulator") as running:
        yield local_account(running)


@pytest.fixture(scope="module")
def patched() -> Iterator[Account]:
    with emulator.running() as running:
        yield local_account(running)


def package(answer: str) -> bytes:
    """A function's code, the same bytes for the same answer."""
    code = io.BytesIO()
    with zipfile.ZipFile(code, "w") as archive:
        archive.writestr(zipfile.ZipInfo("index.py"), f"def handler(event, context):\n    return {answer!r}\n")
    return code.getvalue()


def versions_of_there_and_back(account: Account) -> list[str]:
    """Publishes new code, goes back to the old one and on to the new one, and publishes it once more."""
    client = account.client("lambda")
    options = {"Runtime": "python3.14", "Role": ROLE, "Handler": "index.handler"}
    client.create_function(FunctionName="versioned", Code={"ZipFile": package("old")}, **options)
    published = []
    for answer, publish in (("old", True), ("new", True), ("old", False), ("new", True)):
        client.update_function_code(FunctionName="versioned", ZipFile=package(answer))
        if publish:
            published.append(client.publish_version(FunctionName="versioned")["Version"])
    return published


def test_code_that_was_published_before_makes_a_version_only_once(patched: Account) -> None:
    assert versions_of_there_and_back(patched) == ["1", "2", "2"]


def test_the_patch_of_versions_of_functions_is_still_needed(plain: Account) -> None:
    assert versions_of_there_and_back(plain) == ["1", "2", "3"]


KEPT_TABLE = {
    "Type": "AWS::DynamoDB::Table",
    "DeletionPolicy": "Retain",
    "Properties": {
        "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
        "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
        "BillingMode": "PAY_PER_REQUEST",
    },
}


def rows_left_after_the_next_stack(account: Account) -> int:
    """Destroys a stack that keeps a table of one row, creates it again, and counts the rows in the old table."""
    client, dynamodb = account.client("cloudformation"), account.client("dynamodb")
    first = create_stack(account)
    dynamodb.put_item(TableName=first, Item={"id": {"S": "paid"}})
    stack_id = client.describe_stacks(StackName="keeping")["Stacks"][0]["StackId"]
    client.delete_stack(StackName="keeping")
    wait_for(account, stack_id, "DELETE_COMPLETE")
    create_stack(account)
    return int(dynamodb.scan(TableName=first)["Count"])


def create_stack(account: Account) -> str:
    """Creates the stack, and returns its table's name."""
    client = account.client("cloudformation")
    template = json.dumps({"Resources": {"Rows": KEPT_TABLE}})
    wait_for(account, client.create_stack(StackName="keeping", TemplateBody=template)["StackId"], "CREATE_COMPLETE")
    [table] = client.describe_stack_resources(StackName="keeping")["StackResources"]
    return str(table["PhysicalResourceId"])


def wait_for(account: Account, stack_id: str, status: str) -> None:
    """Waits until a stack has a status."""
    for _ in range(200):
        [stack] = account.client("cloudformation").describe_stacks(StackName=stack_id)["Stacks"]
        if stack["StackStatus"] == status:
            return
        time.sleep(0.05)
    raise TimeoutError(status)


def test_the_next_stack_of_a_name_leaves_a_kept_table_alone(patched: Account) -> None:
    assert rows_left_after_the_next_stack(patched) == 1


def test_the_patch_of_generated_names_is_still_needed(plain: Account) -> None:
    assert rows_left_after_the_next_stack(plain) == 0


def can_import_a_secret(account: Account) -> bool:
    """Whether a change set that takes an existing secret into a new stack can be executed."""
    arn = account.client("secretsmanager").create_secret(Name="kept", SecretString="a key")["ARN"]
    secret = {"Type": "AWS::SecretsManager::Secret", "DeletionPolicy": "Retain", "Properties": {}}
    client = account.client("cloudformation")
    made = client.create_change_set(
        StackName="importing",
        ChangeSetName="import",
        ChangeSetType="IMPORT",
        TemplateBody=json.dumps({"Resources": {"Key": secret}}),
        ResourcesToImport=[
            {"ResourceType": secret["Type"], "LogicalResourceId": "Key", "ResourceIdentifier": {"Id": arn}}
        ],
    )
    if client.describe_change_set(ChangeSetName=made["Id"])["ExecutionStatus"] != "AVAILABLE":
        return False
    client.execute_change_set(ChangeSetName=made["Id"])
    wait_for(account, made["StackId"], "IMPORT_COMPLETE")
    return bool(account.client("secretsmanager").get_secret_value(SecretId=arn)["SecretString"] == "a key")


def test_a_secret_is_imported_as_it_is(patched: Account) -> None:
    assert can_import_a_secret(patched)


def test_the_patch_of_imported_secrets_is_still_needed(plain: Account) -> None:
    assert not can_import_a_secret(plain)


def outputs_after_an_update_of_outputs_alone(account: Account) -> list[str]:
    """Creates a stack, adds an output to it by a change set as the CDK CLI does, and returns its outputs' names."""
    client, topic = account.client("cloudformation"), {"Topic": {"Type": "AWS::SNS::Topic"}}
    first = client.create_stack(StackName="named", TemplateBody=json.dumps({"Resources": topic}))
    wait_for(account, first["StackId"], "CREATE_COMPLETE")
    template = json.dumps({"Resources": topic, "Outputs": {"Added": {"Value": {"Ref": "Topic"}}}})
    change = {"StackName": "named", "ChangeSetName": "outputs"}
    client.create_change_set(**change, TemplateBody=template)
    if client.describe_change_set(**change)["ExecutionStatus"] == "AVAILABLE":
        client.execute_change_set(**change)
        wait_for(account, first["StackId"], "UPDATE_COMPLETE")
    [stack] = client.describe_stacks(StackName="named")["Stacks"]
    return [one["OutputKey"] for one in stack.get("Outputs", [])]


def test_a_stack_takes_an_output_that_is_added_alone(patched: Account) -> None:
    assert outputs_after_an_update_of_outputs_alone(patched) == ["Added"]


def test_a_change_set_without_changes_is_still_refused(patched: Account) -> None:
    client = patched.client("cloudformation")
    template = json.dumps({"Resources": {"Topic": {"Type": "AWS::SNS::Topic"}}})
    wait_for(patched, client.create_stack(StackName="same", TemplateBody=template)["StackId"], "CREATE_COMPLETE")
    client.create_change_set(StackName="same", ChangeSetName="none", TemplateBody=template)
    found = client.describe_change_set(StackName="same", ChangeSetName="none")
    assert (found["Status"], found["ExecutionStatus"]) == ("FAILED", "UNAVAILABLE")


def test_the_patch_of_outputs_is_still_needed(plain: Account) -> None:
    assert outputs_after_an_update_of_outputs_alone(plain) == []

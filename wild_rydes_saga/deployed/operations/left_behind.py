"""What a destroyed stack left behind, as CloudFormation recorded it: tables, queues, secrets and the key."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from botocore.exceptions import ClientError

from wild_rydes_saga.deployed.account import Account
from wild_rydes_saga.deployed.errors import OperatorError

IDENTIFIERS: Final[Mapping[str, str]] = {
    "AWS::DynamoDB::Table": "TableName",
    "AWS::SQS::Queue": "QueueUrl",
    "AWS::KMS::Key": "KeyId",
    "AWS::SecretsManager::Secret": "Id",
}
"""What an import names a resource by (AWS, "Resource type support for imports"), for the types that hold data.

A log group is not among them: its name may contain the id of the stack that created it.
"""
_KEY: Final = "AWS::KMS::Key"
_SECRET: Final = "AWS::SecretsManager::Secret"  # noqa: S105  # a type's name
"""Only a gateway has one."""
_STACK: Final = "AWS::CloudFormation::Stack"
STAGE_PARAMETER: Final = "Stage"
GATEWAY_PARAMETER: Final = "Gateway"  # the names in `wild_rydes_saga.foundation.stage_guard`


@dataclass(frozen=True)
class Kept:
    """A resource that outlived its stack."""

    logical_id: str
    kind: str
    physical_id: str


@dataclass(frozen=True)
class LeftBehind:
    """What a destroyed stack left behind.

    Attributes:
        stack_name: The stack's name.
        stack_id: Its ARN.
        stage: The stage in which it was deployed.
        gateway: The context of the app for the gateway that it was deployed with; empty for the simulated one.
        deleted_at: When it was destroyed.
        resources: What it left of the types that hold data.
    """

    stack_name: str
    stack_id: str
    stage: str
    gateway: Mapping[str, str]
    deleted_at: str
    resources: tuple[Kept, ...]

    def mapping(self) -> dict[str, dict[str, str]]:
        """The resources as `cdk import --resource-mapping` reads them."""
        return {one.logical_id: {IDENTIFIERS[one.kind]: one.physical_id} for one in self.resources}


def left_behind(account: Account, stack_name: str) -> LeftBehind:
    """Finds what the last stack of a name left behind; changes nothing.

    Raises:
        OperatorError: A stack of that name exists, none was destroyed that left data, or its key cannot be used.
    """
    client = account.client("cloudformation")
    if _exists(client, stack_name):
        raise OperatorError(
            f"the stack {stack_name} exists, with tables of its own. Import is for a new stack: destroy this one first."
            " What it holds in production is kept as well"
        )
    for stack_id in (one["StackId"] for one in _destroyed(client, stack_name)):
        last = list(_last_events(client, stack_id, stack_name))
        if kept := tuple(_kept(last)):
            _check_key(account, kept)
            deleted_at = f"{last[-1]['Timestamp']:%Y-%m-%d %H:%M}"
            parameters = _parameters(client, stack_id)
            stage = parameters.get(STAGE_PARAMETER, "production")  # no other stage leaves anything
            return LeftBehind(stack_name, stack_id, stage, _gateway(parameters, kept), deleted_at, kept)
    raise OperatorError(
        f"no destroyed stack {stack_name} is on record that left tables behind. CloudFormation keeps the record for"
        " 90 days. For an older one, write the file for `cdk import --resource-mapping` by hand"
    )


def _exists(client: Any, stack_name: str) -> bool:
    try:
        [stack] = client.describe_stacks(StackName=stack_name)["Stacks"]
    except ClientError as error:
        if error.response["Error"]["Code"] != "ValidationError":
            raise
        return False
    return bool(stack["StackStatus"] not in ("DELETE_COMPLETE", "REVIEW_IN_PROGRESS"))


def _destroyed(client: Any, stack_name: str) -> list[Any]:
    """The destroyed stacks of that name, the last one first: there is one at a time."""
    pages = client.get_paginator("list_stacks").paginate(StackStatusFilter=["DELETE_COMPLETE"])
    found = [one for page in pages for one in page["StackSummaries"] if one["StackName"] == stack_name]
    return sorted(found, key=lambda one: one["CreationTime"], reverse=True)


def _last_events(client: Any, stack_id: str, stack_name: str) -> Iterator[Any]:
    """The events of a stack's deletion. They come newest first, so its beginning is the last one."""
    for page in client.get_paginator("describe_stack_events").paginate(StackName=stack_id):
        for event in page["StackEvents"]:
            yield event
            kind, status = event["ResourceType"], event["ResourceStatus"]
            if kind == _STACK and event["LogicalResourceId"] == stack_name and status == "DELETE_IN_PROGRESS":
                return


def _kept(events: Iterable[Any]) -> Iterator[Kept]:
    """The resources that the deletion of a stack skipped."""
    for event in events:
        if event["ResourceStatus"] == "DELETE_SKIPPED" and event["ResourceType"] in IDENTIFIERS:
            yield Kept(event["LogicalResourceId"], event["ResourceType"], event["PhysicalResourceId"])


def _parameters(client: Any, stack_id: str) -> dict[str, str]:
    [stack] = client.describe_stacks(StackName=stack_id)["Stacks"]
    return {one["ParameterKey"]: str(one["ParameterValue"]) for one in stack.get("Parameters", [])}


def _gateway(parameters: Mapping[str, str], kept: tuple[Kept, ...]) -> dict[str, str]:
    """The context that the stack had; nothing if its template had no such parameter yet, or has the simulated one."""
    name, _, currency = parameters.get(GATEWAY_PARAMETER, "").partition("-")
    if currency:
        return {"gateway": name, "currency": currency}
    return {"gateway": "stripe"} if any(one.kind == _SECRET for one in kept) else {}


def _check_key(account: Account, kept: tuple[Kept, ...]) -> None:
    for key in (one.physical_id for one in kept if one.kind == _KEY):
        state = account.client("kms").describe_key(KeyId=key)["KeyMetadata"]["KeyState"]
        if state != "Enabled":
            raise OperatorError(
                f"no row can be read: the key {key} of the tables is {state}. Cancel its deletion and enable it:"
                f" aws kms cancel-key-deletion --key-id {key} && aws kms enable-key --key-id {key}"
            )

"""All text that a local cloud keeps, by the place: for a search for what must be nowhere."""

import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from tests.support.card import executions, logs
from wild_rydes_saga.deployed.account import Account
from wild_rydes_saga.deployed.operations.queued import queued

Texts = Iterator[tuple[str, str]]
"""Each place with its text."""
MADE_BY_CDK: Final = ("CloudFormation", "S3", "SSM")
"""Services that have no resource in the template, and hold what the CDK CLI has put there."""


def kept_by_services(account: Account, template: Mapping[str, Any]) -> Texts:
    """The text of every service that the template uses; one for which no reader is known is an error.

    Of executions, what AWS itself shows of an input is left out: `given_to_executions` has it.
    """
    used = {resource["Type"].split("::")[1] for resource in template["Resources"].values()} - {"CDK"}
    for service in sorted(used | set(MADE_BY_CDK)):
        for place, content in _READERS[service](account):
            yield f"{service}: {place}", _text(content)


def kept_in_files(folder: Path, *, but_for: str = "") -> Texts:
    """The text of every file of a folder, but for those of a name, which hold it on purpose."""
    for file in folder.rglob("*"):
        if file.is_file() and file.name != but_for:
            yield str(file.relative_to(folder)), file.read_bytes().decode(errors="replace")


def given_to_executions(account: Account) -> Texts:
    """The whole history of every execution, its input too."""
    client = account.client("stepfunctions")
    for machine in _machines(account):
        for one in client.list_executions(stateMachineArn=machine)["executions"]:
            pages = client.get_paginator("get_execution_history").paginate(executionArn=one["executionArn"])
            yield one["executionArn"], _text([page["events"] for page in pages])


def _text(content: object) -> str:
    return content if isinstance(content, str) else json.dumps(content, default=str, ensure_ascii=False)


def _machines(account: Account) -> list[str]:
    found = account.client("stepfunctions").list_state_machines()["stateMachines"]
    return [one["stateMachineArn"] for one in found if one["type"] == "STANDARD"]


def _tables(account: Account) -> Iterator[tuple[str, object]]:
    client = account.client("dynamodb")
    for name in client.list_tables()["TableNames"]:
        yield name, [page["Items"] for page in client.get_paginator("scan").paginate(TableName=name)]


def _queues(account: Account) -> Iterator[tuple[str, object]]:
    for url in account.client("sqs").list_queues()["QueueUrls"]:
        yield url, [[one.body, dict(one.attributes)] for one in queued(account, url)]


def _executions(account: Account) -> Iterator[tuple[str, object]]:
    client = account.client("stepfunctions")
    for one in client.list_state_machines()["stateMachines"]:
        yield one["name"], client.describe_state_machine(stateMachineArn=one["stateMachineArn"])
    yield from executions(account, _machines(account))


def _stacks(account: Account) -> Iterator[tuple[str, object]]:
    client = account.client("cloudformation")
    for stack in client.describe_stacks()["Stacks"]:
        name = stack["StackName"]
        pages = client.get_paginator("describe_stack_events").paginate(StackName=name)
        yield name, [stack, client.get_template(StackName=name), [page["StackEvents"] for page in pages]]


def _objects(account: Account) -> Iterator[tuple[str, object]]:
    client = account.client("s3")
    for bucket in (one["Name"] for one in client.list_buckets()["Buckets"]):
        for one in client.list_objects_v2(Bucket=bucket).get("Contents", []):
            yield one["Key"], client.get_object(Bucket=bucket, Key=one["Key"])["Body"].read().decode(errors="replace")


def _of(service: str, operation: str) -> Callable[[Account], Iterator[tuple[str, object]]]:
    """A reader of what one call lists."""

    def read(account: Account) -> Iterator[tuple[str, object]]:
        yield operation, getattr(account.client(service), operation)()

    return read


def _logs(account: Account) -> Iterator[tuple[str, object]]:
    yield from (("a line", line) for line in logs(account))


_READERS: Final[Mapping[str, Callable[[Account], Iterator[tuple[str, object]]]]] = {
    "CloudFormation": _stacks,
    "CloudWatch": _of("cloudwatch", "list_metrics"),
    "DynamoDB": _tables,
    "Events": _of("events", "list_rules"),
    "IAM": _of("iam", "get_account_authorization_details"),
    "KMS": _of("kms", "list_keys"),
    "Lambda": _of("lambda", "list_functions"),
    "Logs": _logs,
    "S3": _objects,
    "SNS": _of("sns", "list_subscriptions"),
    "SQS": _queues,
    "SSM": _of("ssm", "describe_parameters"),
    "SecretsManager": _of("secretsmanager", "list_secrets"),
    "StepFunctions": _executions,
}

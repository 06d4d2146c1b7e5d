"""Deploys the lab's machine: its table, topic, queues and functions, as its template has them."""

import io
import json
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from tests.conftest import ROOT
from wild_rydes_saga.deployed.account import Account

NAME: Final = "the-lab"
_MACHINE: Final = ROOT / "tests" / "sagalint" / "examples" / "lab" / "machine.asl.json"
_CODE: Final = Path(__file__).with_name("functions.py")
_FUNCTIONS: Final = ("charge", "credit", "refund")
_ROLE: Final = "arn:aws:iam::000000000000:role/the-lab"
_QUEUES: Final = {"success": "true", "failure": "false"}


@dataclass(frozen=True)
class LabMachine:
    """The lab's machine where it is deployed."""

    account: Account
    machine_arn: str

    def start(self, given: dict[str, str]) -> str:
        """Starts an execution and returns its ARN."""
        client = self.account.client("stepfunctions")
        return str(client.start_execution(stateMachineArn=self.machine_arn, input=json.dumps(given))["executionArn"])


def deploy_lab(account: Account) -> LabMachine:
    """Creates everything that the lab's machine uses, and the machine."""
    account.client("dynamodb").create_table(
        TableName=NAME,
        AttributeDefinitions=[{"AttributeName": "fareId", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "fareId", "KeyType": "HASH"}],
        BillingMode="PAY_PER_REQUEST",
    )
    topic = _topic_with_queues(account)
    functions = _functions(account)
    definition = json.loads(_MACHINE.read_text(encoding="utf-8"))
    for state in definition["States"].values():
        given = state.get("Parameters", {})
        if "TableName" in given:
            given["TableName"] = NAME
        if "TopicArn" in given:
            given["TopicArn"] = topic
        if "FunctionName" in given:
            given["FunctionName"] = functions[given["FunctionName"].rpartition(":")[2]]
    made = account.client("stepfunctions").create_state_machine(
        name=f"{NAME}-completed", definition=json.dumps(definition), roleArn=_ROLE
    )
    return LabMachine(account, made["stateMachineArn"])


def _topic_with_queues(account: Account) -> str:
    sns, sqs = account.client("sns"), account.client("sqs")
    topic: str = sns.create_topic(Name=NAME)["TopicArn"]
    for queue, outcome in _QUEUES.items():
        url = sqs.create_queue(QueueName=f"{NAME}-{queue}")["QueueUrl"]
        arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        policy = _policy(arn)
        sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": json.dumps(policy)})
        wanted = {"RawMessageDelivery": "true", "FilterPolicy": json.dumps({"IsSuccessful": [outcome]})}
        sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn, Attributes=wanted)
    return topic


def _policy(queue_arn: str) -> dict[str, Any]:
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "sns.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": queue_arn,
    }
    return {"Version": "2012-10-17", "Statement": [statement]}


def _functions(account: Account) -> dict[str, str]:
    """By name, the ARN of each of the lab's functions; they have SAM's smallest memory, and no layer."""
    package = io.BytesIO()
    with zipfile.ZipFile(package, "w") as archive:
        archive.writestr("functions.py", _CODE.read_text(encoding="utf-8"))
    client = account.client("lambda")
    return {
        name: client.create_function(
            FunctionName=f"{NAME}-{name}",
            Runtime="python3.14",
            Handler=f"functions.{name}",
            Role=_ROLE,
            Code={"ZipFile": package.getvalue()},
            MemorySize=128,
        )["FunctionArn"]
        for name in _FUNCTIONS
    }

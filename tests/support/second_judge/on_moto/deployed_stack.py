"""What is deployed in the local cloud, read and written down, so that it can be made once more on moto."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

from moto.core.models import DEFAULT_ACCOUNT_ID

from tests.support.faults.cloud import MACHINES, FaultyCloud
from wild_rydes_saga.deployed.account import LOCAL_ACCOUNT_ID
from wild_rydes_saga.emulator.access_key import REGION

QUEUES: Final = f"https://sqs.{REGION}.amazonaws.com/{DEFAULT_ACCOUNT_ID}"
"""How the addresses of moto's queues begin."""
EXPRESS_MACHINE: Final = "ExpressSagaArn"
"""The output that names the Express machine."""
_OF_A_TABLE: Final = ("TableName", "AttributeDefinitions", "KeySchema")
_OF_AN_INDEX: Final = ("IndexName", "KeySchema", "Projection")
_OF_A_SUBSCRIPTION: Final = ("FilterPolicy", "RawMessageDelivery")


@dataclass(frozen=True)
class DeployedStack:
    """A deployed stack, with moto's account and addresses.

    Attributes:
        outputs: Its outputs.
        tables: Its tables, as CreateTable takes them.
        queues: The names of its queues.
        subscriptions: Those of its topic, as Subscribe takes them.
        functions: By name, the handler and the variables of each function.
        definitions: By output, the definition of each machine.
    """

    outputs: Mapping[str, str]
    tables: Sequence[Mapping[str, Any]]
    queues: Sequence[str]
    subscriptions: Sequence[Mapping[str, Any]]
    functions: Mapping[str, Mapping[str, Any]]
    definitions: Mapping[str, str]


def read_stack(cloud: FaultyCloud) -> DeployedStack:
    """Reads what is deployed."""
    found = DeployedStack(
        dict(cloud.outputs), _tables(cloud), _queues(cloud), _subscriptions(cloud), _functions(cloud), {}
    )
    here = f"{cloud.account.endpoint_url}/{LOCAL_ACCOUNT_ID}"
    definitions = {machine: json.dumps(cloud.rides.definition(machine)) for machine in (*MACHINES, EXPRESS_MACHINE)}
    text = json.dumps({**asdict(found), "definitions": definitions})
    moved = text.replace(here, QUEUES).replace(LOCAL_ACCOUNT_ID, DEFAULT_ACCOUNT_ID)
    return DeployedStack(**json.loads(moved))


def _tables(cloud: FaultyCloud) -> list[dict[str, Any]]:
    client = cloud.account.client("dynamodb")
    names = [name for output, name in cloud.outputs.items() if output.endswith("TableName")]
    found = [client.describe_table(TableName=name)["Table"] for name in names]
    return [
        {
            **{name: table[name] for name in _OF_A_TABLE},
            **(
                {"GlobalSecondaryIndexes": [{name: index[name] for name in _OF_AN_INDEX} for index in indexes]}
                if (indexes := table.get("GlobalSecondaryIndexes"))
                else {}
            ),
        }
        for table in found
    ]


def _queues(cloud: FaultyCloud) -> list[str]:
    urls = cloud.account.client("sqs").list_queues()["QueueUrls"]
    return [str(url).rpartition("/")[2] for url in urls]


def _subscriptions(cloud: FaultyCloud) -> list[dict[str, Any]]:
    client = cloud.account.client("sns")
    topic = cloud.outputs["NotificationsTopicArn"]
    found = client.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"]
    made = []
    for one in found:
        attributes = client.get_subscription_attributes(SubscriptionArn=one["SubscriptionArn"])["Attributes"]
        kept = {name: attributes[name] for name in _OF_A_SUBSCRIPTION}
        made.append({"TopicArn": topic, "Protocol": "sqs", "Endpoint": one["Endpoint"], "Attributes": kept})
    return made


def _functions(cloud: FaultyCloud) -> dict[str, dict[str, Any]]:
    pages = cloud.account.client("lambda").get_paginator("list_functions").paginate()
    return {
        one["FunctionName"]: {"handler": one["Handler"], "variables": one.get("Environment", {}).get("Variables", {})}
        for page in pages
        for one in page["Functions"]
    }

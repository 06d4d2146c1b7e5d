"""The demo on AWS waits until SNS applies the filters of a new stack: here they are wrong at first."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace

import pytest

from wild_rydes_saga.deployed.errors import OperatorError
from wild_rydes_saga.deployed.first_messages import wait_for_first_messages
from wild_rydes_saga.deployed.rides import LAB_RIDES, Rides

NOT_YET = {"IsSuccessful": ["not yet"]}
WRONG = {"IsSuccessful": ["true", "false"]}


@dataclass(frozen=True)
class Filters:
    """The filter policies of the two queues' subscriptions, as deployed."""

    rides: Rides
    deployed: dict[str, str]

    def set(self, policy: dict[str, list[str]]) -> None:
        for arn in self.deployed:
            self._set(arn, json.dumps(policy))

    def restore(self) -> None:
        for arn, policy in self.deployed.items():
            self._set(arn, policy)

    def _set(self, arn: str, policy: str) -> None:
        client = self.rides.account.client("sns")
        client.set_subscription_attributes(SubscriptionArn=arn, AttributeName="FilterPolicy", AttributeValue=policy)


@pytest.fixture
def mine(rides: Rides) -> Rides:
    """The stack's rides, with an inbox of the test's own."""
    return replace(rides)


@pytest.fixture
def filters(rides: Rides) -> Iterator[Filters]:
    client, deployed = rides.account.client("sns"), {}
    topic = rides.outputs["NotificationsTopicArn"]
    for one in client.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"]:
        policy = client.get_subscription_attributes(SubscriptionArn=one["SubscriptionArn"])["Attributes"][
            "FilterPolicy"
        ]
        deployed[one["SubscriptionArn"]] = policy
    assert len(deployed) >= 2
    found = Filters(rides, deployed)
    yield found
    found.restore()


@pytest.mark.parametrize("policy", [NOT_YET, WRONG], ids=["no queue gets a message", "both get every message"])
def test_it_rides_again_until_each_queue_gets_its_own(
    policy: dict[str, list[str]], mine: Rides, filters: Filters
) -> None:
    filters.set(policy)
    shown: list[str] = []

    def progress(line: str) -> None:
        shown.append(line)
        filters.restore()

    wait_for_first_messages(mine, progress=progress, between_rides_seconds=2)
    if policy is NOT_YET:
        assert shown == ["no message in the failure queue after 0 minutes (of 20 minutes)"]
    for ride in LAB_RIDES[:2]:
        assert mine.message(mine.start(ride.payload))[0] == ride.expected.queue


def test_it_does_not_wait_for_ever(mine: Rides, filters: Filters) -> None:
    filters.set(NOT_YET)
    with pytest.raises(OperatorError, match=r"no message arrived in the failure queue within 0 minutes and 1 rides\. "):
        wait_for_first_messages(mine, progress=pytest.fail, patience_seconds=0, between_rides_seconds=0.5)

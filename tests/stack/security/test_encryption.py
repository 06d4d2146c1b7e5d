"""Everything is kept under the one key, everything travels by TLS, and the key's policy lets in just what needs it."""

import json
import re
from typing import Any, Final

import pytest
from aws_cdk.assertions import Template

from tests.support.template.iam import listed, resolved
from tests.support.template.resources import arn_of, named, plain, properties
from wild_rydes_saga.settings import DEFAULT_STACK_NAME

pytestmark = pytest.mark.usefixtures("workshop")

KEY: Final = "EncryptionKey"
UNDER_KEY: Final = {
    "AWS::DynamoDB::Table": {"SSESpecification": {"KMSMasterKeyId": arn_of(KEY)}},
    "AWS::SQS::Queue": {"KmsMasterKeyId": arn_of(KEY)},
    "AWS::SNS::Topic": {"KmsMasterKeyId": arn_of(KEY)},
    "AWS::Logs::LogGroup": {"KmsKeyId": arn_of(KEY)},
    "AWS::StepFunctions::StateMachine": {"EncryptionConfiguration": {"KmsKeyId": arn_of(KEY)}},
}
HERE: Final = "AWS::Region:AWS::AccountId"
OURS: Final = {"StringEquals": {"aws:SourceAccount": "AWS::AccountId"}}
SENDS: Final = {"kms:Decrypt", "kms:GenerateDataKey"}


@pytest.mark.parametrize("stage", ["template", "production"])
@pytest.mark.parametrize("kind", UNDER_KEY)
def test_all_that_holds_data_is_under_the_one_key(stage: str, kind: str, request: pytest.FixtureRequest) -> None:
    template = request.getfixturevalue(stage)
    template.all_resources_properties(kind, UNDER_KEY[kind])
    template.resource_count_is("AWS::KMS::Key", 1)


def test_the_key_is_changed_every_year_and_can_be_had_back_for_a_week(template: Template) -> None:
    template.all_resources_properties("AWS::KMS::Key", {"EnableKeyRotation": True, "PendingWindowInDays": 7})


def ours(service: str, resource: str) -> dict[str, Any]:
    """The condition that a service acts for a resource of this stack."""
    return {**OURS, "ArnLike": {"aws:SourceArn": f"arn:AWS::Partition:{service}:{HERE}:{resource}"}}


def test_the_key_admits_the_account_and_five_services_for_this_stack(template: Template) -> None:
    [key] = properties(template, "AWS::KMS::Key")
    account, *services = key["KeyPolicy"]["Statement"]
    assert plain(account["Principal"]["AWS"]) == "arn:AWS::Partition:iam::AWS::AccountId:root"
    assert (account["Action"], "Condition" in account) == ("kms:*", False)
    told = {
        plain(one["Principal"]["Service"]): (set(listed(one["Action"])), resolved(one["Condition"])) for one in services
    }
    name = DEFAULT_STACK_NAME
    logged = [
        f"arn:AWS::Partition:logs:{HERE}:log-group:{group}-*" for group in (f"/aws/vendedlogs/states/{name}", name)
    ]
    assert told == {
        "logs.AWS::Region.AWS::URLSuffix": (
            {"kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey*", "kms:ReEncrypt*"},
            {"ArnLike": {"kms:EncryptionContext:aws:logs:arn": logged}},
        ),
        "delivery.logs.amazonaws.com": (
            {"kms:Decrypt"},
            {"StringEquals": {"kms:EncryptionContext:SourceArn": f"arn:AWS::Partition:logs:{HERE}:*"}},
        ),
        "sns.amazonaws.com": (SENDS, ours("sns", f"{name}-*")),
        "events.amazonaws.com": (SENDS, ours("events", "rule/*")),
        "cloudwatch.amazonaws.com": (SENDS, ours("cloudwatch", f"alarm:{name}-*")),
    }
    assert {one["Effect"] for one in services} == {"Allow"}


def test_whatever_the_policy_names_by_its_beginning_is_so_called(template: Template) -> None:
    """Names that CloudFormation makes begin with the stack's; those that are given do too."""
    for kind, name in (
        ("AWS::SNS::Topic", "TopicName"),
        ("AWS::Events::Rule", "Name"),
        ("AWS::Logs::LogGroup", "LogGroupName"),
        ("AWS::CloudWatch::Alarm", "AlarmName"),
    ):
        for one in properties(template, kind):
            given = plain(one[name]) if isinstance(one.get(name), str) else text_of(one.get(name))
            assert given is None or given.removeprefix("/aws/vendedlogs/states/").startswith(f"{DEFAULT_STACK_NAME}-")


def text_of(value: Any) -> str | None:
    """The text that a joined value begins with."""
    return None if value is None else str(value["Fn::Join"][1][0])


@pytest.mark.parametrize(("kind", "of"), [("AWS::SQS::QueuePolicy", "Queues"), ("AWS::SNS::TopicPolicy", "Topics")])
def test_queues_and_topics_refuse_whoever_comes_without_tls(template: Template, kind: str, of: str) -> None:
    kept = set()
    for policy in properties(template, kind):
        denied = [one for one in policy["PolicyDocument"]["Statement"] if one["Effect"] == "Deny"]
        assert [one["Condition"] for one in denied] == [{"Bool": {"aws:SecureTransport": "false"}}]
        assert denied[0]["Principal"] in ({"AWS": "*"}, "*")
        kept |= {plain(one) for one in policy[of]}
    holders = {"Queues": "AWS::SQS::Queue", "Topics": "AWS::SNS::Topic"}[of]
    assert kept == set(named(template, holders))


def test_what_is_delivered_may_be_delivered_under_the_key(template: Template) -> None:
    """SNS and EventBridge to queues and dead letters, CloudWatch to the alarms' topic."""
    senders = set()
    policies = [*properties(template, "AWS::SQS::QueuePolicy"), *properties(template, "AWS::SNS::TopicPolicy")]
    for policy in policies:
        of = [plain(one) for one in policy.get("Queues") or policy["Topics"]]
        for one in policy["PolicyDocument"]["Statement"]:
            if one["Effect"] == "Allow":
                assert re.search("SourceArn", json.dumps(one["Condition"]))
                senders |= {(one["Principal"]["Service"], name) for name in of}
    assert senders == {
        *(("sns.amazonaws.com", f"Notifications{name}") for name in ("SuccessQueue", "FailureQueue")),
        *(("sns.amazonaws.com", f"Notifications{name}DeadLetters") for name in ("Success", "Failure")),
        *(("events.amazonaws.com", f"Recovery{name}") for name in ("EndedQueue", "UndeliveredQueue")),
        *(("sns.amazonaws.com", f"Recovery{name}") for name in ("OutcomesQueue", "UndeliveredQueue")),
        ("cloudwatch.amazonaws.com", "MonitoringAlarms"),
    }

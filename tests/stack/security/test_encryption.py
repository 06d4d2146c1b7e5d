"""Everything is kept under the one key, everything travels by TLS, and the key's policy lets in just what needs it."""

import json
import re
from typing import Any, Final

import pytest

from tests.stack.app.test_template import of_type, properties
from tests.support.template.iam import listed, plain, resolved
from wild_rydes_saga.settings import DEFAULT_STACK_NAME

pytestmark = pytest.mark.usefixtures("workshop")

KEY: Final = "EncryptionKey"
UNDER_KEY: Final = {
    "AWS::DynamoDB::Table": lambda one: one["SSESpecification"]["KMSMasterKeyId"],
    "AWS::SQS::Queue": lambda one: one["KmsMasterKeyId"],
    "AWS::SNS::Topic": lambda one: one["KmsMasterKeyId"],
    "AWS::Logs::LogGroup": lambda one: one["KmsKeyId"],
    "AWS::StepFunctions::StateMachine": lambda one: one["EncryptionConfiguration"]["KmsKeyId"],
}
HERE: Final = "AWS::Region:AWS::AccountId"
OURS: Final = {"StringEquals": {"aws:SourceAccount": "AWS::AccountId"}}
SENDS: Final = {"kms:Decrypt", "kms:GenerateDataKey"}


@pytest.mark.parametrize("stage", ["template", "production"])
@pytest.mark.parametrize("kind", UNDER_KEY)
def test_all_that_holds_data_is_under_the_one_key(stage: str, kind: str, request: pytest.FixtureRequest) -> None:
    template = request.getfixturevalue(stage)
    keys = {plain(UNDER_KEY[kind](one)) for one in properties(template, kind)}
    assert keys == {KEY}
    assert len(properties(template, "AWS::KMS::Key")) == 1


def test_the_key_is_changed_every_year_and_can_be_had_back_for_a_week(template: dict[str, Any]) -> None:
    [key] = properties(template, "AWS::KMS::Key")
    assert (key["EnableKeyRotation"], key["PendingWindowInDays"]) == (True, 7)


def ours(service: str, resource: str) -> dict[str, Any]:
    """The condition that a service acts for a resource of this stack."""
    return {**OURS, "ArnLike": {"aws:SourceArn": f"arn:AWS::Partition:{service}:{HERE}:{resource}"}}


def test_the_keys_policy_lets_in_the_accounts_own_policies_and_five_services_each_for_this_stack(
    template: dict[str, Any],
) -> None:
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
        "logs.AWS::Region.amazonaws.com": (
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


def test_whatever_the_policy_names_by_its_beginning_is_so_called(template: dict[str, Any]) -> None:
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
def test_queues_and_topics_refuse_whoever_comes_without_tls(template: dict[str, Any], kind: str, of: str) -> None:
    kept = set()
    for policy in properties(template, kind):
        denied = [one for one in policy["PolicyDocument"]["Statement"] if one["Effect"] == "Deny"]
        assert [one["Condition"] for one in denied] == [{"Bool": {"aws:SecureTransport": "false"}}]
        assert denied[0]["Principal"] in ({"AWS": "*"}, "*")
        kept |= {plain(one) for one in policy[of]}
    holders = {"Queues": "AWS::SQS::Queue", "Topics": "AWS::SNS::Topic"}[of]
    names = {plain({"Ref": name}) for name, one in template["Resources"].items() if one["Type"] == holders}
    assert kept == names


def test_what_is_delivered_may_be_delivered_under_the_key(template: dict[str, Any]) -> None:
    """SNS to the queues and dead letters, EventBridge to its dead letters, CloudWatch to the alarms' topic."""
    senders = set()
    policies = [*of_type(template, "AWS::SQS::QueuePolicy"), *of_type(template, "AWS::SNS::TopicPolicy")]
    for policy in policies:
        of = [plain(one) for one in policy["Properties"].get("Queues") or policy["Properties"]["Topics"]]
        for one in policy["Properties"]["PolicyDocument"]["Statement"]:
            if one["Effect"] == "Allow":
                assert re.search("SourceArn", json.dumps(one["Condition"]))
                senders |= {(one["Principal"]["Service"], name) for name in of}
    assert senders == {
        *(("sns.amazonaws.com", f"Notifications{name}") for name in ("SuccessQueue", "FailureQueue")),
        *(("sns.amazonaws.com", f"Notifications{name}DeadLetters") for name in ("Success", "Failure")),
        ("events.amazonaws.com", "RecoveryUndeliveredQueue"),
        ("cloudwatch.amazonaws.com", "MonitoringAlarms"),
    }

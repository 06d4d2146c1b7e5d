"""The policies in docs/production.md, evaluated: they allow what each person does, and refuse what is near it."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, Final

import pytest
from ministack.core.iam_evaluator import parse_policy_document

from tests.conftest import ROOT
from tests.support.documents import policies
from tests.support.second_judge.concrete import ACCOUNT, REGION, Concrete
from tests.support.second_judge.iam import is_allowed
from wild_rydes_saga.settings import DEFAULT_STACK_NAME

KEY_ID: Final = "1234abcd-12ab-34cd-56ef-1234567890ab"
KEY: Final = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/{KEY_ID}"
MACHINE: Final = f"arn:aws:states:{REGION}:{ACCOUNT}:stateMachine:{DEFAULT_STACK_NAME}"
EXECUTION: Final = f"arn:aws:states:{REGION}:{ACCOUNT}:execution:{DEFAULT_STACK_NAME}"
STACK: Final = f"arn:aws:cloudformation:{REGION}:{ACCOUNT}:stack/{DEFAULT_STACK_NAME}/1"
CONTEXT: Final = "kms:EncryptionContext:aws:states:stateMachineArn"
QUALIFIER: Final = "states:StateMachineQualifier"
VIA: Final = "kms:ViaService"
LIVE: Final = {QUALIFIER: ["live"]}
LOGGED: Final = (
    f"{DEFAULT_STACK_NAME}-RecoverySweepFaresFunctionLogs",
    f"/aws/vendedlogs/states/{DEFAULT_STACK_NAME}-completed",
)
PEOPLE: Final = ("caller", "express", "reader", "operator", "deployer")


@dataclass(frozen=True)
class Wanted:
    """A call, as IAM is asked about it."""

    action: str
    resource: str
    keys: tuple[tuple[str, str | tuple[str, ...]], ...] = ()


def wanted(action: str, resource: str, **keys: Any) -> Wanted:
    """A call as IAM is asked about it, with the values of its condition keys."""
    listed = ((name, tuple(one) if isinstance(one, list) else one) for name, one in keys.items())
    return Wanted(action, resource, tuple(listed))


def allowed(person: str, one: Wanted) -> bool:
    """Whether a person's policy allows a call, with the placeholders filled in as the page says."""
    text = json.dumps(policies(ROOT / "docs" / "production.md")[person])
    for placeholder, value in (("REGION", REGION), ("ACCOUNT", ACCOUNT), ("KEY-ID", KEY_ID)):
        text = text.replace(placeholder, value)
    policy = parse_policy_document(json.loads(text))
    return is_allowed([policy], one.action, one.resource, one.keys, principal=f"user/{person}")


@pytest.fixture(scope="module")
def concrete(deployed: dict[str, Any]) -> Concrete:
    return Concrete(deployed)


class Named:
    """The ARNs that CloudFormation gives to the template's resources: stack's name, logical id, an end of its own."""

    def __init__(self, concrete: Concrete) -> None:
        self._concrete = concrete

    def arn(self, kind: str, begins: str) -> str:
        """The ARN of the one resource of a kind whose logical id is a name and a hash."""
        ids = [name for name, _ in self._concrete.of_type(f"AWS::{kind}") if name[:-8] == begins]
        [logical_id] = ids
        arn = self._concrete.arn(logical_id)
        return arn.replace(logical_id, f"{DEFAULT_STACK_NAME}-{logical_id}-1A2B3C4D5E6F")

    def all(self, kind: str) -> list[str]:
        """The ARNs of all resources of a kind."""
        return [self.arn(kind, name[:-8]) for name, _ in self._concrete.of_type(f"AWS::{kind}")]


@pytest.fixture(scope="module")
def stack(concrete: Concrete) -> Named:
    return Named(concrete)


def of_executions(*machines: str) -> Iterator[Wanted]:
    """The uses of the key for executions that were started by the machine, a version, or the alias."""
    for machine in machines:
        for form in ("", ":live", ":7"):
            yield wanted("kms:Decrypt", KEY, **{CONTEXT: f"{MACHINE}-{machine}{form}"})


def through(service: str, action: str = "kms:Decrypt") -> Wanted:
    """A use of the key that a service makes for a person."""
    return wanted(action, KEY, **{VIA: f"{service}.{REGION}.amazonaws.com"})


def done_on_express(stack: Named) -> list[Wanted]:
    """What a caller on Express must be able to do."""
    rides_queue = stack.arn("SQS::Queue", "ExpressRidesRidesQueue")
    starts = ("StartSyncExecution", "StartExecution")
    return [
        *(wanted(f"states:{one}", f"{MACHINE}-express", **LIVE) for one in starts),
        *(wanted(f"sqs:{one}", rides_queue) for one in ("SendMessage", "GetQueueUrl")),
        wanted("lambda:InvokeFunction", stack.arn("Lambda::Function", "PaymentsTokeniseFunction")),
        *of_executions("express"),
        *(replace(one, action="kms:GenerateDataKey") for one in of_executions("express")),
        through("sqs"),
        through("sqs", "kms:GenerateDataKey"),
    ]


def done_by(person: str, stack: Named) -> list[Wanted]:
    """What a person must be able to do."""
    queues = {name: stack.arn("SQS::Queue", name) for name in ("RecoveryParkedQueue", "RecoveryUndeliveredQueue")}
    fares = stack.arn("DynamoDB::Table", "FaresTable")
    tables = [stack.arn("DynamoDB::Table", name) for name in ("PaymentsLedger", "PaymentsGateway", "AccountsLedger")]
    outcomes = [stack.arn("SQS::Queue", f"Notifications{one}Queue") for one in ("Success", "Failure")]
    reads = ("ReceiveMessage", "DeleteMessage", "ChangeMessageVisibility", "GetQueueAttributes")
    logged = [f"{one}-1" for one in LOGGED]
    deploy = f"arn:aws:iam::{ACCOUNT}:role/cdk-hnb659fds-deploy-role-{ACCOUNT}-{REGION}"
    via = {name: through(name) for name in ("sqs", "dynamodb")}
    return {
        "caller": [
            wanted("states:StartExecution", f"{MACHINE}-completed", **LIVE),
            wanted("lambda:InvokeFunction", stack.arn("Lambda::Function", "PaymentsTokeniseFunction")),
            wanted("states:DescribeExecution", f"{EXECUTION}-completed:ride"),
            *of_executions("completed"),
        ],
        "express": done_on_express(stack),
        "reader": [*(wanted(f"sqs:{one}", queue) for one in reads for queue in outcomes), via["sqs"]],
        "operator": [
            wanted("cloudformation:DescribeStacks", STACK),
            *(wanted("states:DescribeStateMachine", f"{MACHINE}-{one}") for one in ("completed", "recovery")),
            *(
                wanted(f"states:{action}", f"{EXECUTION}-{one}:ride")
                for action in ("DescribeExecution", "GetExecutionHistory")
                for one in ("completed", "start-here", "recovery")
            ),
            *(wanted(f"dynamodb:{one}", table) for one in ("GetItem", "Query", "Scan") for table in (fares, *tables)),
            wanted("dynamodb:Scan", f"{fares}/index/Unsettled"),
            *(wanted(f"sqs:{one}", queue) for one in (*reads[:3], "PurgeQueue") for queue in queues.values()),
            wanted("states:StartExecution", f"{MACHINE}-recovery", **LIVE),
            wanted("states:StopExecution", f"{EXECUTION}-completed:ride"),
            wanted("states:UpdateStateMachineAlias", f"{MACHINE}-completed:live"),
            wanted("dynamodb:UpdateItem", fares),
            *(wanted("logs:FilterLogEvents", f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:{one}:*") for one in logged),
            *via.values(),
            *of_executions("completed", "start-here", "recovery"),
        ],
        "deployer": [wanted("sts:AssumeRole", deploy)],
    }[person]


def never(stack: Named) -> list[Wanted]:
    """What no one of these people may do."""
    machine, others = f"{MACHINE}-completed", ("completed-2", "completed-2:live", "express-2", "other")
    machines, tables = ("completed", "start-here", "recovery", "express"), stack.all("DynamoDB::Table")
    return [
        *(wanted("states:UpdateStateMachine", f"{MACHINE}-{one}") for one in machines),
        *(
            wanted("states:StartExecution", f"{MACHINE}-{one}")
            for one in ("completed", "start-here", "recovery", "express")
        ),
        wanted("states:StartSyncExecution", f"{MACHINE}-express"),
        wanted("states:StartSyncExecution", f"{MACHINE}-express", **{QUALIFIER: ["7"]}),
        wanted("states:StartExecution", f"{MACHINE}-start-here", **LIVE),
        wanted("states:StartExecution", f"{MACHINE}-completed", **{QUALIFIER: ["7"]}),
        wanted("lambda:InvokeFunction", stack.arn("Lambda::Function", "PaymentsChargeFareFunction")),
        *(wanted("sns:Publish", topic) for topic in stack.all("SNS::Topic")),
        *(wanted("sqs:SendMessage", queue) for queue in stack.all("SQS::Queue") if "RidesRidesQueue" not in queue),
        *(wanted("sqs:ReceiveMessage", queue) for queue in stack.all("SQS::Queue") if "Rides" in queue),
        *(wanted(f"dynamodb:{one}", table) for one in ("PutItem", "DeleteTable") for table in tables),
        wanted("dynamodb:GetItem", stack.arn("DynamoDB::Table", "PaymentsCards")),
        wanted("kms:Decrypt", KEY),
        *(wanted(f"kms:{one}", KEY, **{CONTEXT: machine}) for one in ("Encrypt", "GenerateDataKey", "PutKeyPolicy")),
        *(wanted("kms:Decrypt", KEY, **{CONTEXT: f"{MACHINE}-{one}"}) for one in others),
        wanted("kms:Decrypt", KEY, **{"kms:EncryptionContext:purpose": "card"}),
        wanted("iam:PassRole", f"arn:aws:iam::{ACCOUNT}:role/any"),
    ]


@pytest.mark.parametrize("person", PEOPLE)
def test_a_person_may_do_all_that_the_page_says(person: str, stack: Named) -> None:
    assert [one for one in done_by(person, stack) if not allowed(person, one)] == []


@pytest.mark.parametrize("person", PEOPLE)
def test_no_person_may_do_what_only_the_stack_does(person: str, stack: Named) -> None:
    assert [one for one in never(stack) if allowed(person, one)] == []


@pytest.mark.parametrize("person", PEOPLE)
def test_a_person_may_do_nothing_near_what_the_page_says(person: str, stack: Named) -> None:
    """Not in another account, not in another region, and not what only another person does."""
    asked = done_by(person, stack)
    elsewhere = [replace(one, resource=one.resource.replace(ACCOUNT, "999999999999")) for one in asked]
    elsewhere += [replace(one, resource=one.resource.replace(REGION, "us-east-2")) for one in asked]
    others = {one for other in PEOPLE for one in done_by(other, stack)} - set(asked)
    may_too = {"operator": {"states:DescribeExecution", "kms:Decrypt"}}.get(person, set())
    near = [one for one in (*elsewhere, *others) if one.action not in may_too or one in elsewhere]
    assert [one for one in near if allowed(person, one)] == []

"""Each role's policies, evaluated: they allow every call that is made, and refuse what is near it."""

import json
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any, Final

import pytest
from ministack.core.iam_evaluator import ParsedStatement, parse_policy_document

from tests.conftest import REPORTED
from tests.stack.security.test_privileges import TASKS
from tests.support.second_judge.concrete import ACCOUNT, REGION, Concrete
from tests.support.second_judge.iam import is_allowed
from tests.support.template.calls import calls_of
from wild_rydes_saga.settings import DEFAULT_STACK_NAME

MACHINE_CONTEXT: Final = "kms:EncryptionContext:aws:states:stateMachineArn"
UNRELATED: Final = ("iam:PassRole", "dynamodb:DeleteTable", "states:DeleteStateMachine", "kms:ScheduleKeyDeletion")
OTHER_ACCOUNT: Final = "999999999999"
Policies = dict[str, list[list[ParsedStatement]]]


@dataclass(frozen=True)
class Asked:
    """A call as IAM is asked about it: a role, an action, a resource, and the values of condition keys."""

    role: str
    action: str
    resource: str
    keys: tuple[tuple[str, str | tuple[str, ...]], ...] = ()


def policies(concrete: Concrete) -> Policies:
    """By role, its policies."""
    found: Policies = {name: [] for name, _ in concrete.of_type("AWS::IAM::Role")}
    for _, policy in concrete.of_type("AWS::IAM::ManagedPolicy"):
        for role in policy["Roles"]:
            found[role].append(parse_policy_document(policy["PolicyDocument"]))
    return found


def allowed(granted: Policies, asked: Asked) -> bool:
    """Whether a role's policies allow a call."""
    session = f"assumed-role/{asked.role}/session"
    return is_allowed(
        granted[asked.role], asked.action, asked.resource, asked.keys, principal=session, kind="AssumedRole"
    )


def role_of(arn: str) -> str:
    return arn.rpartition("/")[2]


def of_machines(concrete: Concrete) -> Iterator[Asked]:
    """The calls of the machines' tasks, as their definitions have them."""
    for _, machine in concrete.of_type("AWS::StepFunctions::StateMachine"):
        for state in json.loads(machine["DefinitionString"])["States"].values():
            if state["Type"] == "Task":
                action, named = TASKS[re.sub(r"^arn:.*:states:::", "", state["Resource"])]
                yield Asked(role_of(machine["RoleArn"]), action, as_arn(action, state["Arguments"][named]))


def as_arn(action: str, named: str) -> str:
    """The ARN of what a task names: a table by name, a queue by URL, anything else by ARN."""
    if named.startswith("arn:"):
        return named
    if action.startswith("sqs:"):
        return f"arn:aws:sqs:{REGION}:{ACCOUNT}:{named.rpartition('/')[2]}"
    return f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/{named}"


def of_handlers(concrete: Concrete) -> Iterator[Asked]:
    """The calls of the handlers, as they were recorded."""
    for _, function in concrete.of_type("AWS::Lambda::Function"):
        module = function["Handler"].removeprefix("lambda_src.").removesuffix(".handler")
        variables, role = function["Environment"]["Variables"], role_of(function["Role"])
        for call in calls_of(module):
            yield _of_handler(role, call.action, call.resource, variables)


def _of_handler(role: str, action: str, resource: str, variables: dict[str, str]) -> Asked:
    service = action.partition(":")[0]
    if service == "kms":
        [key] = {value for value in variables.values() if ":kms:" in value}
        return Asked(role, action, key, (("kms:EncryptionContext:purpose", resource),))
    if action in ("states:StartExecution", "states:StartSyncExecution"):
        # Of an alias, IAM is asked about the machine, and the alias is a condition key.
        machine, _, alias = variables[resource].rpartition(":")
        return Asked(role, action, machine, (("states:StateMachineQualifier", (alias,)),))
    if action == "states:ListExecutions":
        return Asked(role, action, f"arn:aws:states:{REGION}:{ACCOUNT}:stateMachine:{DEFAULT_STACK_NAME}-{resource}")
    if service == "states":
        name = f"{DEFAULT_STACK_NAME}-{resource}"
        return Asked(role, action, f"arn:aws:states:{REGION}:{ACCOUNT}:execution:{name}:ride")
    name, _, index = resource.partition("/")
    return Asked(role, action, as_arn(action, variables[name]) + (f"/{index}" if index else ""))


def made(concrete: Concrete) -> list[Asked]:
    """Every call that is made."""
    calls = {*of_machines(concrete), *of_handlers(concrete), *of_pollers(concrete), *of_executions(concrete)}
    return sorted(calls, key=repr)


def of_executions(concrete: Concrete) -> Iterator[Asked]:
    """The uses of the key for executions, which may have been started by a version or the alias.

    A machine encrypts and decrypts its own; describing one decrypts it ("Data at rest encryption in Step Functions").
    """
    [key] = [concrete.arn(name) for name, _ in concrete.of_type("AWS::KMS::Key")]
    machines = f"arn:aws:states:{REGION}:{ACCOUNT}:stateMachine:"
    own = [
        (role_of(one["RoleArn"]), action, one["StateMachineName"])
        for _, one in concrete.of_type("AWS::StepFunctions::StateMachine")
        for action in ("kms:Decrypt", "kms:GenerateDataKey")
    ]
    described = [
        (one.role, "kms:Decrypt", one.resource.split(":")[6])
        for one in of_handlers(concrete)
        if one.action == "states:DescribeExecution"
    ]
    for role, action, name in (*own, *described):
        for form in ("", ":live", ":1"):
            yield Asked(role, action, key, ((MACHINE_CONTEXT, f"{machines}{name}{form}"),))


def of_pollers(concrete: Concrete) -> Iterator[Asked]:
    """The calls by which Lambda takes a function's messages, in its role ("Using Lambda with Amazon SQS")."""
    roles = {one["Handler"]: role_of(one["Role"]) for _, one in concrete.of_type("AWS::Lambda::Function")}
    functions = {concrete.arn(name): one["Handler"] for name, one in concrete.of_type("AWS::Lambda::Function")}
    for _, mapping in concrete.of_type("AWS::Lambda::EventSourceMapping"):
        named = mapping["FunctionName"]
        [handler] = [handler for arn, handler in functions.items() if named in (arn, arn.rpartition(":")[2])]
        for action in ("ReceiveMessage", "DeleteMessage", "ChangeMessageVisibility", "GetQueueAttributes"):
            yield Asked(roles[handler], f"sqs:{action}", mapping["EventSourceArn"])


def near(one: Asked) -> Iterator[Asked]:
    """Calls near one that is made: of another thing, another account, and under another key."""
    yield replace(one, resource=f"{one.resource}-2")
    yield replace(one, resource=one.resource.replace(ACCOUNT, OTHER_ACCOUNT))
    for action in UNRELATED:
        yield replace(one, action=action)
    if one.keys:
        yield replace(one, keys=tuple((name, ("another",)) for name, _ in one.keys))
        yield replace(one, keys=())


@pytest.fixture(scope="module")
def concrete(deployed: dict[str, Any]) -> Concrete:
    return Concrete(deployed)


@pytest.mark.long
def test_every_call_that_is_made_is_allowed(concrete: Concrete, record_property: Callable[[str, object], None]) -> None:
    started, calls = time.monotonic(), made(concrete)
    granted = policies(concrete)
    assert {one.role for one in calls} <= granted.keys()
    assert [one for one in calls if not allowed(granted, one)] == []
    record_property(REPORTED, f"policies: {len(calls)} calls allowed in {time.monotonic() - started:.1f} s")


def test_calls_near_those_that_are_made_are_refused(
    concrete: Concrete, record_property: Callable[[str, object], None]
) -> None:
    started, calls = time.monotonic(), made(concrete)
    # An execution's resource ends in what its starter chose, so another name is the same permission.
    asked = {
        other
        for one in calls
        for other in near(one)
        if not (":execution:" in other.resource and other.resource == f"{one.resource}-2")
    }
    everything = {(one.action, one.resource) for one in calls}
    roles = {one.role for one in calls}
    by_others = {Asked(role, action, resource) for role in roles for action, resource in everything}
    asked |= by_others - {replace(one, keys=()) for one in calls}
    granted = policies(concrete)
    assert sorted((one for one in asked if allowed(granted, one)), key=repr) == []
    record_property(REPORTED, f"policies: {len(asked)} calls refused in {time.monotonic() - started:.1f} s")

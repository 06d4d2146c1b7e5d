"""Least privilege, exactly: every role may do what its machine or handler does, nothing more and nothing less.

What a machine does is read from its definition, what a handler does is recorded while it runs.
"""

import json
import re
from collections.abc import Iterator
from typing import Any, Final

import pytest
from aws_cdk.assertions import Match, Template

from lambda_src.payments.gateways import SIMULATED, STRIPE
from tests.support.template.calls import SCENARIOS, calls_of
from tests.support.template.iam import ANY, Permission, granted, when
from tests.support.template.recorder import Call
from tests.support.template.resources import plain, properties
from wild_rydes_saga.settings import DEFAULT_STACK_NAME

pytestmark = pytest.mark.usefixtures("workshop")

STACKS: Final = ("template", "production", "stripe")
"""The fixtures with a template."""
KEY: Final = "EncryptionKey"
PARTS: Final = "AWS::Region:AWS::AccountId"
MACHINE_ARN: Final = f"arn:AWS::Partition:states:{PARTS}:stateMachine:"
EXECUTIONS: Final = f"arn:AWS::Partition:states:{PARTS}:execution:"

TASKS: Final = {
    "dynamodb:getItem": ("dynamodb:GetItem", "TableName"),
    "dynamodb:putItem": ("dynamodb:PutItem", "TableName"),
    "dynamodb:updateItem": ("dynamodb:UpdateItem", "TableName"),
    "lambda:invoke": ("lambda:InvokeFunction", "FunctionName"),
    "sns:publish": ("sns:Publish", "TopicArn"),
    "sqs:sendMessage": ("sqs:SendMessage", "QueueUrl"),
}
"""By integration: the action that it needs, and the argument that names on what."""

LOG_DELIVERY: Final = {
    Permission(f"logs:{action}", ANY)
    for action in (
        "CreateLogDelivery",
        "DeleteLogDelivery",
        "DescribeLogGroups",
        "DescribeResourcePolicies",
        "GetLogDelivery",
        "ListLogDeliveries",
        "PutResourcePolicy",
        "UpdateLogDelivery",
    )
}
"""AWS, "Using CloudWatch Logs to log execution history": on `*`, for log deliveries have no resources."""
TRACING: Final = {Permission("xray:PutTraceSegments", ANY), Permission("xray:PutTelemetryRecords", ANY)}
SAMPLING: Final = {Permission("xray:GetSamplingRules", ANY), Permission("xray:GetSamplingTargets", ANY)}
"""AWS, "Trace Step Functions request data in X-Ray": on `*`, for traces have no resources."""


def under_key(service: str) -> set[Permission]:
    """What the use of a table, a topic or a queue under the key needs of it."""
    condition = when(StringEquals={"kms:ViaService": f"{service}.AWS::Region.AWS::URLSuffix"})
    actions = {"dynamodb": ("kms:Decrypt", "kms:DescribeKey"), "secretsmanager": ("kms:Decrypt",)}
    sending = ("kms:Decrypt", "kms:GenerateDataKey")
    return {Permission(action, KEY, condition) for action in actions.get(service, sending)}


def tasks_of(machine: dict[str, Any]) -> Iterator[Permission]:
    """What the tasks of a machine need, by its definition as it is deployed."""
    for state in json.loads(plain(machine["DefinitionString"]))["States"].values():
        if state["Type"] == "Task":
            action, named = TASKS[re.sub(r"^arn:.*:states:::", "", state["Resource"])]
            yield Permission(action, state["Arguments"][named])


def needed_by(machine: dict[str, Any]) -> set[Permission]:
    """All that a machine needs: for its tasks, for what they use, and for itself."""
    arn = MACHINE_ARN + machine["StateMachineName"]
    tasks = set(tasks_of(machine))
    services = {one.action.partition(":")[0] for one in tasks} & {"dynamodb", "sns", "sqs"}
    needed = tasks.union(*(under_key(service) for service in services))
    assert machine["TracingConfiguration"] == {"Enabled": True}
    assert machine["LoggingConfiguration"]["Level"] != "OFF"
    assert machine["EncryptionConfiguration"]["Type"] == "CUSTOMER_MANAGED_KMS_KEY"
    its_own = when(StringEquals={"kms:EncryptionContext:aws:states:stateMachineArn": arn})
    its_versions = when(ArnLike={"kms:EncryptionContext:aws:states:stateMachineArn": [arn, f"{arn}:*"]})
    its_log = when(StringEquals={"kms:EncryptionContext:SourceArn": f"arn:AWS::Partition:logs:{PARTS}:*"})
    return {
        *needed,
        *(
            Permission(action, KEY, condition)
            for action in ("kms:Decrypt", "kms:GenerateDataKey")
            for condition in (its_own, its_versions)
        ),
        Permission("kms:GenerateDataKey", KEY, its_log),
        *LOG_DELIVERY,
        *TRACING,
        *SAMPLING,
    }


@pytest.mark.parametrize("stage", STACKS)
def test_each_machines_role_may_do_what_its_machines_do_and_nothing_else(
    stage: str, request: pytest.FixtureRequest
) -> None:
    template = request.getfixturevalue(stage)
    needed: dict[str, set[Permission]] = {}
    for machine in properties(template, "AWS::StepFunctions::StateMachine"):
        needed.setdefault(plain(machine["RoleArn"]), set()).update(needed_by(machine))
    allowed = granted(template)
    assert set(needed) == {"FareSagaRole", "ExpressSagaRole", "RecoveryRole"}, (
        "the learner's machine has the finished one's role"
    )
    assert {role: allowed[role] for role in needed} == needed


HANDLERS: Final = [f"lambda_src.{module}.handler" for module in SCENARIOS]


def test_every_function_of_the_stack_has_its_calls_recorded(template: Template) -> None:
    deployed = {one["Handler"] for one in properties(template, "AWS::Lambda::Function")}
    assert deployed == set(HANDLERS), "run the handler in every way: add a scenario to tests/support/template/calls.py"


def needed_for(call: Call, variables: dict[str, Any]) -> Permission:
    """What one recorded call needs: its resource is what the function's own variable of that name refers to."""
    if call.action.startswith("kms:"):
        return Permission(call.action, KEY, when(StringEquals={"kms:EncryptionContext:purpose": call.resource}))
    if call.action in ("states:StartExecution", "states:StartSyncExecution"):
        machine = plain(variables[call.resource]).removesuffix(":live").removesuffix("Alias")
        condition = when(**{"ForAnyValue:StringEquals": {"states:StateMachineQualifier": ["live"]}})
        return Permission(call.action, machine, condition)
    if call.action == "states:ListExecutions":
        return Permission(
            call.action, {"completed": "FareSagaMachine", "start-here": "StartHereMachine"}[call.resource]
        )
    if call.action.startswith("states:"):
        return Permission(call.action, f"{EXECUTIONS}{DEFAULT_STACK_NAME}-{call.resource}:*")
    table, _, index = call.resource.partition("/")
    return Permission(call.action, plain(variables[table]) + (f"/{index}" if index else ""))


def reading(template: Template, function: str) -> set[Permission]:
    """What a function needs whose queue Lambda reads for it (AWS, "Using Lambda with Amazon SQS")."""
    mappings = properties(template, "AWS::Lambda::EventSourceMapping")
    queues = [plain(one["EventSourceArn"]) for one in mappings if plain(one["FunctionName"]) == function]
    actions = ("ReceiveMessage", "DeleteMessage", "ChangeMessageVisibility", "GetQueueAttributes")
    received = when(StringEquals={"kms:ViaService": "sqs.AWS::Region.AWS::URLSuffix"})
    key = {Permission("kms:Decrypt", KEY, received)} if queues else set()
    return {Permission(f"sqs:{action}", queue) for queue in queues for action in actions} | key


@pytest.mark.parametrize("stage", STACKS)
@pytest.mark.parametrize("handler", HANDLERS)
def test_each_handlers_role_may_do_what_the_handler_does_and_nothing_else(
    stage: str, handler: str, request: pytest.FixtureRequest
) -> None:
    template = request.getfixturevalue(stage)
    [function] = properties(template, "AWS::Lambda::Function", {"Handler": handler})
    variables = function["Environment"]["Variables"]
    gateway = STRIPE if stage == "stripe" else SIMULATED
    calls = calls_of(handler.removeprefix("lambda_src.").removesuffix(".handler"), gateway)
    needed = {needed_for(call, variables) for call in calls}
    if any(one.action.startswith("dynamodb:") for one in needed):
        needed |= under_key("dynamodb")
    if any(one.action.startswith("secretsmanager:") for one in needed):
        needed |= under_key("secretsmanager")
    if any(one.action == "sqs:SendMessage" for one in needed):
        needed |= under_key("sqs")
    needed |= reading(template, plain(function["Role"]).removesuffix("Role"))
    described = {call.resource for call in calls if call.action == "states:DescribeExecution"}
    if described:
        machines = sorted(f"{MACHINE_ARN}{DEFAULT_STACK_NAME}-{name}" for name in described)
        forms = sorted(form for machine in machines for form in (machine, f"{machine}:*"))
        read = when(ArnLike={"kms:EncryptionContext:aws:states:stateMachineArn": forms})
        needed.add(Permission("kms:Decrypt", KEY, read))
    log_group = plain(function["LoggingConfig"]["LogGroup"])
    needed |= {Permission(action, log_group) for action in ("logs:CreateLogStream", "logs:PutLogEvents")}
    assert function["TracingConfig"] == {"Mode": "Active"}
    assert granted(template)[plain(function["Role"])] == needed | TRACING


def test_every_role_is_a_machines_or_a_handlers(template: Template) -> None:
    used = {plain(one["RoleArn"]) for one in properties(template, "AWS::StepFunctions::StateMachine")}
    used |= {plain(one["Role"]) for one in properties(template, "AWS::Lambda::Function")}
    assert set(granted(template)) == used
    targets = [one for rule in properties(template, "AWS::Events::Rule") for one in rule["Targets"]]
    assert not [one for one in targets if "RoleArn" in one]


def test_no_role_has_more_than_its_one_policy(template: Template) -> None:
    template.all_resources_properties(
        "AWS::IAM::Role",
        {
            "ManagedPolicyArns": Match.absent(),
            "Policies": Match.absent(),
            "AssumeRolePolicyDocument": {"Statement": [{"Action": "sts:AssumeRole"}]},
        },
    )
    template.resource_count_is("AWS::IAM::Policy", 0)


def test_a_wildcard_stands_only_where_aws_leaves_no_choice(template: Template) -> None:
    for role, allowed in granted(template).items():
        for one in allowed:
            assert "*" not in one.action, role
            if "*" in one.resource:
                an_execution = rf"{EXECUTIONS}{DEFAULT_STACK_NAME}-(completed|start-here|recovery):\*"
                assert one in LOG_DELIVERY | TRACING | SAMPLING or re.fullmatch(an_execution, one.resource), role


LONGEST_POLICY: Final = 6144
"""Characters of a managed policy, spaces aside (AWS, "IAM and AWS STS quotas")."""
LONGEST_NAME: Final = 170
"""For whatever only a deployment knows: no ARN or name of the stack is longer."""


def as_long(value: Any) -> Any:
    """A policy as long as it can be once it is deployed."""
    if isinstance(value, list):
        return [as_long(one) for one in value]
    if not isinstance(value, dict):
        return value
    if set(value) == {"Fn::Join"}:
        return "".join(as_long(part) for part in value["Fn::Join"][1])
    if set(value) <= {"Ref", "Fn::GetAtt"}:
        return "x" * (14 if str(value.get("Ref", "")).startswith("AWS::") else LONGEST_NAME)
    return {key: as_long(one) for key, one in value.items()}


def test_no_policy_is_longer_than_iam_takes(template: Template) -> None:
    for policy in properties(template, "AWS::IAM::ManagedPolicy"):
        deployed = json.dumps(as_long(policy["PolicyDocument"]), separators=(",", ":"))
        assert len(deployed) < LONGEST_POLICY, plain(policy["Roles"][0])

"""A state machine as every saga's are deployed: JSONata, traced, versioned, and logged without its data."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from aws_cdk import Aws, CfnResource, Duration, Fn, RemovalPolicy
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from wild_rydes_saga.saga.step import SagaTask

ALIAS: Final = "live"
"""Name of the alias that callers start."""


@dataclass(frozen=True, kw_only=True)
class Deployment:
    """How a machine is deployed.

    Attributes:
        name: The machine's name.
        role: What it runs as; its tasks' grants are added. One of CDK's own if None.
        key: The key under which its definition, its executions and its log are kept; AWS's own if None.
        log_retention: How long its log is kept.
        removal_policy: What becomes of its log when the stack goes.
        log_level: Which of its events go to its log. Errors and causes do at any level but OFF.
    """

    name: str
    log_retention: logs.RetentionDays
    removal_policy: RemovalPolicy
    role: iam.IRole | None = None
    key: kms.IKey | None = None
    log_level: sfn.LogLevel = sfn.LogLevel.ALL


@dataclass(frozen=True)
class DeployedMachine:
    """A machine, and the alias that callers start."""

    state_machine: sfn.StateMachine
    alias_arn: str


def deployed_machine(
    scope: Construct, deployment: Deployment, *, start: sfn.IChainable, tasks: Iterable[SagaTask], timeout_seconds: int
) -> DeployedMachine:
    """A machine as `logged_machine` makes it, with versions, and an alias of its own.

    Guarantee: an execution ends on the definition and the functions' code that it began
    with. Each deployment that changes the machine publishes a version, which callers reach by the
    alias; versions of the machine and of its functions stay, and stay callable, when
    newer ones come (aws/aws-cdk#17515).
    """
    machine = logged_machine(scope, deployment, start=start, timeout_seconds=timeout_seconds)
    for task in tasks:
        if task.version is not None:
            _keep_callable(scope, task.name, task.version, machine.role)
    return DeployedMachine(machine, _alias(scope, machine))


def logged_machine(
    scope: Construct, deployment: Deployment, *, start: sfn.IChainable, timeout_seconds: int
) -> sfn.StateMachine:
    """A Standard machine that starts at the given state, with a log group of its own."""
    log_group = logs.LogGroup(
        scope,
        "Logs",
        log_group_name=f"/aws/vendedlogs/states/{deployment.name}-{_stack_instance()}",
        encryption_key=deployment.key,
        retention=deployment.log_retention,
        removal_policy=deployment.removal_policy,
    )
    return sfn.StateMachine(
        scope,
        "Machine",
        state_machine_name=deployment.name,
        query_language=sfn.QueryLanguage.JSONATA,
        definition_body=sfn.DefinitionBody.from_chainable(start),
        timeout=Duration.seconds(timeout_seconds),
        role=deployment.role,
        encryption_configuration=sfn.CustomerManagedEncryptionConfiguration(deployment.key) if deployment.key else None,
        tracing_enabled=True,
        # Execution data would carry the input: it stays out of the log. Errors and their causes are in it even so.
        logs=sfn.LogOptions(destination=log_group, level=deployment.log_level, include_execution_data=False),
    )


def _alias(scope: Construct, machine: sfn.StateMachine) -> str:
    """Publishes a version whenever the machine has changed, and points the alias to it."""
    version = sfn.CfnStateMachineVersion(
        scope,
        "Version",
        state_machine_arn=machine.state_machine_arn,
        state_machine_revision_id=machine.state_machine_revision_id,
    )
    _keep(version)
    alias = sfn.CfnStateMachineAlias(
        scope,
        "Alias",
        name=ALIAS,
        routing_configuration=[
            sfn.CfnStateMachineAlias.RoutingConfigurationVersionProperty(
                state_machine_version_arn=version.attr_arn, weight=100
            )
        ],
    )
    return alias.attr_arn


def _keep_callable(scope: Construct, task: str, version: lambda_.IVersion, role: iam.IRole) -> None:
    """Lets the version itself say that the role may call it, also when the role names only a newer one."""
    _keep(
        lambda_.CfnPermission(
            scope,
            f"{task}Callable",
            action="lambda:InvokeFunction",
            function_name=version.function_arn,
            principal=role.role_arn,
        )
    )


def _keep(resource: CfnResource) -> None:
    """Leaves a resource when another takes its place, or the stack goes: what it belongs to takes it along."""
    resource.apply_removal_policy(RemovalPolicy.RETAIN)


def _stack_instance() -> str:
    """An id that a stack gets when it is created: a log group that outlived an earlier one is not in the way."""
    return Fn.select(2, Fn.split("/", Aws.STACK_ID))

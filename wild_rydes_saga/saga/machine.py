"""Deploys a saga's state machine: JSONata, traced, versioned, and logged without its data."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from aws_cdk import ArnFormat, Aws, CfnResource, Duration, Fn, RemovalPolicy, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct, IConstruct

from wild_rydes_saga.saga.step import SagaTask

ALIAS: Final = "live"
"""Name of the alias that callers start."""
MACHINE_CONTEXT: Final = "kms:EncryptionContext:aws:states:stateMachineArn"
"""Condition key: the machine that a call of KMS is for."""


@dataclass(frozen=True, kw_only=True)
class Deployment:
    """How a machine is deployed.

    Attributes:
        name: The machine's name.
        role: Its role; the grants of its tasks are added. CDK makes a role if None.
        key: The key that encrypts its definition, executions and log; AWS's own if None.
        log_retention: How long its log is kept.
        removal_policy: Whether its log is kept when the stack is deleted.
        log_level: Which of its events go to its log. Errors and causes do at any level but OFF.
        express: Whether it is an Express machine.
    """

    name: str
    log_retention: logs.RetentionDays
    removal_policy: RemovalPolicy
    role: iam.IRole | None = None
    key: kms.IKey | None = None
    log_level: sfn.LogLevel = sfn.LogLevel.ALL
    express: bool = False


@dataclass(frozen=True)
class DeployedMachine:
    """A machine, and the alias that callers start."""

    state_machine: sfn.StateMachine
    alias: sfn.CfnStateMachineAlias

    @property
    def beneath_alias(self) -> Sequence[IConstruct]:
        """Everything that is deployed with the machine but its alias."""
        scope = self.alias.node.scope
        return [one for one in scope.node.children if one is not self.alias] if scope else []

    @property
    def alias_arn(self) -> str:
        """What callers start: it leads to the version deployed last."""
        return self.alias.attr_arn


def deployed_machine(
    scope: Construct, deployment: Deployment, *, start: sfn.IChainable, tasks: Iterable[SagaTask], timeout_seconds: int
) -> DeployedMachine:
    """Makes a machine as `logged_machine` does, with versions and an alias.

    Guarantee: an execution ends on the definition and the functions' code that it began
    with. Each deployment that changes the machine publishes a version, which callers reach by the
    alias. Versions of the machine and of its functions stay callable when newer ones
    are deployed (aws/aws-cdk#17515).
    """
    machine = logged_machine(scope, deployment, start=start, timeout_seconds=timeout_seconds)
    alias = _alias(scope, machine)
    for task in tasks:
        if task.version is not None:
            alias.add_resource_dependency(_keep_callable(scope, task.name, task.version, machine.role))
    return DeployedMachine(machine, alias)


def logged_machine(
    scope: Construct, deployment: Deployment, *, start: sfn.IChainable, timeout_seconds: int
) -> sfn.StateMachine:
    """Makes a machine that starts at the given state, with its own log group."""
    log_group = logs.LogGroup(
        scope,
        "Logs",
        log_group_name=f"/aws/vendedlogs/states/{deployment.name}-{_stack_instance()}",
        encryption_key=deployment.key,
        retention=deployment.log_retention,
        removal_policy=deployment.removal_policy,
    )
    machine = sfn.StateMachine(
        scope,
        "Machine",
        state_machine_name=deployment.name,
        state_machine_type=sfn.StateMachineType.EXPRESS if deployment.express else None,
        query_language=sfn.QueryLanguage.JSONATA,
        definition_body=sfn.DefinitionBody.from_chainable(start),
        timeout=Duration.seconds(timeout_seconds),
        role=deployment.role,
        encryption_configuration=sfn.CustomerManagedEncryptionConfiguration(deployment.key) if deployment.key else None,
        tracing_enabled=True,
        # Execution data would put the input, and a card, into the log. Errors and causes are in it in any case.
        logs=sfn.LogOptions(destination=log_group, level=deployment.log_level, include_execution_data=False),
    )
    if deployment.key:
        _allow_qualified(machine, deployment)
    return machine


def qualified_or_not(machine_arn: str) -> list[str]:
    """Patterns for a machine's ARN: alone, and with a version or an alias."""
    return [machine_arn, f"{machine_arn}:*"]


def _allow_qualified(machine: sfn.StateMachine, deployment: Deployment) -> None:
    """Lets the machine use its key for executions of its versions and aliases: the CDK grants it its bare ARN only."""
    # By its name: the role's policy is made before the machine.
    arn = Stack.of(machine).format_arn(
        service="states",
        resource="stateMachine",
        resource_name=deployment.name,
        arn_format=ArnFormat.COLON_RESOURCE_NAME,
    )
    machine.add_to_role_policy(
        iam.PolicyStatement(
            actions=["kms:Decrypt", "kms:GenerateDataKey"],
            resources=[deployment.key.key_arn] if deployment.key else [],
            conditions={"ArnLike": {MACHINE_CONTEXT: qualified_or_not(arn)}},
        )
    )


def _alias(scope: Construct, machine: sfn.StateMachine) -> sfn.CfnStateMachineAlias:
    """Publishes a version whenever the machine has changed, and points the alias to it."""
    version = sfn.CfnStateMachineVersion(
        scope,
        "Version",
        state_machine_arn=machine.state_machine_arn,
        state_machine_revision_id=machine.state_machine_revision_id,
    )
    _keep(version)
    return sfn.CfnStateMachineAlias(
        scope,
        "Alias",
        name=ALIAS,
        routing_configuration=[
            sfn.CfnStateMachineAlias.RoutingConfigurationVersionProperty(
                state_machine_version_arn=version.attr_arn, weight=100
            )
        ],
    )


def _keep_callable(scope: Construct, task: str, version: lambda_.IVersion, role: iam.IRole) -> lambda_.CfnPermission:
    """Adds the permission to the version itself: later the role names only a newer version."""
    permission = lambda_.CfnPermission(
        scope,
        f"{task}Callable",
        action="lambda:InvokeFunction",
        function_name=version.function_arn,
        principal=role.role_arn,
    )
    _keep(permission)
    return permission


def _keep(resource: CfnResource) -> None:
    """Keeps a resource when another replaces it or the stack is deleted: it is deleted with its machine or function.

    A rollback of the deployment that created it deletes it: nothing was started by it.
    """
    resource.apply_removal_policy(RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE)


def _stack_instance() -> str:
    """An id that is new for each stack: the name of a log group that an earlier stack kept is not used again."""
    return Fn.select(2, Fn.split("/", Aws.STACK_ID))

"""State machines as the stack deploys them: what they run as, and under which key they keep their data."""

from collections.abc import Sequence

from aws_cdk import ArnFormat, Stack
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from wild_rydes_saga.foundation.nag_rules import ANY_RESOURCE, NOT_EVERY_EVENT, acknowledge
from wild_rydes_saga.foundation.roles import ExactRole
from wild_rydes_saga.foundation.shared import Shared
from wild_rydes_saga.saga import Deployment
from wild_rydes_saga.settings import Settings


def deployment(
    scope: Construct, construct_id: str, *, name: str, shared: Shared, sends_by: Sequence[str]
) -> Deployment:
    """How a machine is deployed that uses the tables, and sends by the services named (`sns`, `sqs`)."""
    role = ExactRole(scope, f"{construct_id}Role", service="states.amazonaws.com", description=f"Runs {name}")
    shared.encryption.allow_tables(role)
    for service in sends_by:
        shared.encryption.allow_sending(role, service)
    acknowledge(
        role,
        ANY_RESOURCE,
        "X-Ray has no resources that a policy could name, nor has the delivery of logs, which a state machine"
        " sets up for itself (AWS, Logging in CloudWatch Logs)",
    )
    return Deployment(
        name=name,
        role=role,
        key=shared.encryption.key,
        log_retention=shared.settings.log_retention,
        removal_policy=shared.settings.removal_policy,
        log_level=shared.settings.machine_log_level,
    )


def acknowledge_log_level(machine: sfn.StateMachine, settings: Settings) -> None:
    """Says why a machine's log need not have every event, where it has not."""
    if settings.machine_log_level != sfn.LogLevel.ALL:
        acknowledge(
            machine,
            NOT_EVERY_EVENT,
            "Its history has every event of an execution for 90 days, and operators read that. The log has what went"
            " wrong, for longer; the rest would cost more than the handlers' logs",
        )


def machine_named(scope: Construct, name: str) -> str:
    """The ARN of a machine of the stack."""
    return Stack.of(scope).format_arn(
        service="states", resource="stateMachine", resource_name=name, arn_format=ArnFormat.COLON_RESOURCE_NAME
    )


def executions_of(scope: Construct, machine_name: str) -> str:
    """The ARN of all executions of a machine of the stack."""
    return Stack.of(scope).format_arn(
        service="states",
        resource="execution",
        resource_name=f"{machine_name}:*",
        arn_format=ArnFormat.COLON_RESOURCE_NAME,
    )

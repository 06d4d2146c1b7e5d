"""A state machine as every saga's are deployed: JSONata, traced, and logged without the data that passes through."""

from aws_cdk import Aws, Duration, Fn, RemovalPolicy
from aws_cdk import aws_logs as logs
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct


def logged_machine(
    scope: Construct,
    *,
    name: str,
    start: sfn.IChainable,
    timeout_seconds: int,
    log_retention: logs.RetentionDays,
    removal_policy: RemovalPolicy,
) -> sfn.StateMachine:
    """A Standard machine that starts at the given state, with a log group of its own."""
    log_group = logs.LogGroup(
        scope,
        "Logs",
        log_group_name=f"/aws/vendedlogs/states/{name}-{_stack_instance()}",
        retention=log_retention,
        removal_policy=removal_policy,
    )
    return sfn.StateMachine(
        scope,
        "Machine",
        state_machine_name=name,
        query_language=sfn.QueryLanguage.JSONATA,
        definition_body=sfn.DefinitionBody.from_chainable(start),
        timeout=Duration.seconds(timeout_seconds),
        tracing_enabled=True,
        # Execution data would carry the input: it stays out of the log.
        logs=sfn.LogOptions(destination=log_group, level=sfn.LogLevel.ALL, include_execution_data=False),
    )


def _stack_instance() -> str:
    """An id that a stack gets when it is created: a log group that outlived an earlier one is not in the way."""
    return Fn.select(2, Fn.split("/", Aws.STACK_ID))

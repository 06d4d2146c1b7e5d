"""DynamoDB tables as every service keeps them: one string key, paid by the request, under the stack's key."""

from typing import Any

from aws_cdk import RemovalPolicy
from aws_cdk import aws_dynamodb as dynamodb
from constructs import Construct

from wild_rydes_saga.foundation.nag_rules import NO_POINT_IN_TIME, acknowledge
from wild_rydes_saga.foundation.shared import Shared
from wild_rydes_saga.settings import Settings


def keyed_table(
    scope: Construct, construct_id: str, key: str, shared: Shared, *, lasting: bool = True, **more: Any
) -> dynamodb.Table:
    """A table with the given partition key.

    Args:
        scope: Where the table goes.
        construct_id: Its construct id.
        key: Its partition key.
        shared: Its stage, which says how well its rows are kept, and its key.
        lasting: Whether its rows are to outlive anything at all; if not, no stage protects them.
        more: Arguments of `dynamodb.Table`.
    """
    settings = shared.settings
    recoverable = lasting and settings.point_in_time_recovery
    table = dynamodb.Table(
        scope,
        construct_id,
        partition_key=dynamodb.Attribute(name=key, type=dynamodb.AttributeType.STRING),
        billing_mode=dynamodb.BillingMode.PAY_PER_REQUEST,
        encryption=dynamodb.TableEncryption.CUSTOMER_MANAGED,
        encryption_key=shared.encryption.key,
        point_in_time_recovery_specification=dynamodb.PointInTimeRecoverySpecification(
            point_in_time_recovery_enabled=recoverable
        ),
        deletion_protection=lasting and settings.deletion_protection,
        removal_policy=_removal_policy(settings) if lasting else RemovalPolicy.DESTROY,
        warm_throughput=warm_throughput(settings),
        **more,
    )
    if lasting and not recoverable:
        acknowledge(table, NO_POINT_IN_TIME, f"In the stage {settings.stage} nothing is kept: tables go with the stack")
    return table


def warm_throughput(settings: Settings) -> dynamodb.WarmThroughput | None:
    """What a table or an index can serve from the first second on, if the settings say so."""
    warm = settings.warm_throughput
    if warm is None:
        return None
    return dynamodb.WarmThroughput(read_units_per_second=warm.reads, write_units_per_second=warm.writes)


def _removal_policy(settings: Settings) -> RemovalPolicy:
    """A protected table is kept even if the very deployment fails that made it: it would refuse to be deleted."""
    return RemovalPolicy.RETAIN if settings.deletion_protection else settings.removal_policy

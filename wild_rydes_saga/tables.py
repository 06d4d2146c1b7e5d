"""DynamoDB tables as every service keeps them: one string key, paid by the request."""

from aws_cdk import aws_dynamodb as dynamodb
from constructs import Construct

from wild_rydes_saga.settings import Settings


def keyed_table(scope: Construct, construct_id: str, key: str, settings: Settings) -> dynamodb.Table:
    """A table with the given partition key."""
    return dynamodb.Table(
        scope,
        construct_id,
        partition_key=dynamodb.Attribute(name=key, type=dynamodb.AttributeType.STRING),
        billing_mode=dynamodb.BillingMode.PAY_PER_REQUEST,
        removal_policy=settings.removal_policy,
    )

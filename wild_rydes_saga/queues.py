"""Queues as every service keeps them: encrypted in transit, kept for as long as SQS can."""

from typing import Any, Final

from aws_cdk import Duration
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from wild_rydes_saga.settings import Settings

_RETENTION: Final = Duration.days(14)


def queue(scope: Construct, construct_id: str, settings: Settings, **more: Any) -> sqs.Queue:
    """A queue; `more` are arguments of `sqs.Queue`."""
    return sqs.Queue(
        scope,
        construct_id,
        enforce_ssl=True,
        retention_period=_RETENTION,
        removal_policy=settings.removal_policy,
        **more,
    )

"""Queues as every service keeps them: under the stack's key, encrypted in transit, kept for as long as SQS can."""

from typing import Any, Final

from aws_cdk import Duration
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from wild_rydes_saga.foundation.shared import Shared

_RETENTION: Final = Duration.days(14)
_DATA_KEY_REUSE: Final = Duration.hours(1)
"""A call of KMS an hour and sender instead of one every five minutes."""


def queue(scope: Construct, construct_id: str, shared: Shared, **more: Any) -> sqs.Queue:
    """A queue; `more` are arguments of `sqs.Queue`."""
    return sqs.Queue(
        scope,
        construct_id,
        encryption=sqs.QueueEncryption.KMS,
        encryption_master_key=shared.encryption.key,
        data_key_reuse=_DATA_KEY_REUSE,
        enforce_ssl=True,
        retention_period=_RETENTION,
        removal_policy=shared.settings.removal_policy,
        **more,
    )

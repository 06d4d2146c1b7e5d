"""AWS's prices that a ride meets, as data: the list prices of one region, each with its page.

Few of the figures could be read on AWS's own pages: most are in tables there that only a browser fills.
"""

from dataclasses import dataclass
from typing import Final

REGION: Final = "us-east-1"
DATED: Final = "November 2026"
"""When the list was last compared; see each price's source, and where its figure was read."""
AWS: Final = "AWS"
"""The figure was read in the text of AWS's page."""
OTHERS: Final = "others"
"""The figure was read on others' pages of 2025 and 2026: AWS's page has it in a table that only a browser fills."""


@dataclass(frozen=True, kw_only=True)
class Price:
    """A list price, without free tiers and discounts for volume.

    Attributes:
        dollars: For one unit.
        unit: What is counted.
        source: AWS's page.
        read: Where the figure was read: `AWS` or `OTHERS`.
    """

    dollars: float
    unit: str
    source: str
    read: str = OTHERS


_STATES: Final = "https://aws.amazon.com/step-functions/pricing/"
_LAMBDA: Final = "https://aws.amazon.com/lambda/pricing/"
_DYNAMODB: Final = "https://aws.amazon.com/dynamodb/pricing/on-demand/"
_CLOUDWATCH: Final = "https://aws.amazon.com/cloudwatch/pricing/"
_GIB: Final = 1024**3

TRANSITION: Final = Price(dollars=0.025 / 1000, unit="state transition", source=_STATES, read=AWS)
EXPRESS_REQUEST: Final = Price(dollars=1.00e-6, unit="Express request", source=_STATES)
EXPRESS_GB_SECOND: Final = Price(dollars=0.00001667, unit="GB-second of Express", source=_STATES)
LAMBDA_REQUEST: Final = Price(dollars=0.20e-6, unit="invocation", source=_LAMBDA)
LAMBDA_GB_SECOND: Final = Price(dollars=0.0000133334, unit="GB-second of Lambda on arm64", source=_LAMBDA)
LAMBDA_GB_SECOND_X86: Final = Price(dollars=0.0000166667, unit="GB-second of Lambda on x86", source=_LAMBDA)
WRITE_UNIT: Final = Price(dollars=0.625e-6, unit="write request unit", source=_DYNAMODB)
READ_UNIT: Final = Price(dollars=0.125e-6, unit="read request unit", source=_DYNAMODB)
LOG_BYTE: Final = Price(dollars=0.50 / _GIB, unit="byte of logs taken in", source=_CLOUDWATCH)
TRACE: Final = Price(dollars=5.00e-6, unit="trace recorded", source="https://aws.amazon.com/xray/pricing/", read=AWS)
SNS_PUBLISH: Final = Price(dollars=0.50e-6, unit="publish", source="https://aws.amazon.com/sns/pricing/")
SQS_REQUEST: Final = Price(dollars=0.40e-6, unit="request of a queue", source="https://aws.amazon.com/sqs/pricing/")
KMS_REQUEST: Final = Price(
    dollars=0.03 / 10_000, unit="request of the key", source="https://aws.amazon.com/kms/pricing/"
)
KMS_KEY_MONTH: Final = Price(
    dollars=1.00, unit="key for a month", source="https://aws.amazon.com/kms/pricing/", read=AWS
)
"""Of a new key. Each yearly rotation adds a dollar a month."""
ALARM_MONTH: Final = Price(dollars=0.10, unit="alarm for a month", source=_CLOUDWATCH)
METRIC_MONTH: Final = Price(dollars=0.30, unit="metric of one's own for a month", source=_CLOUDWATCH)
DASHBOARD_MONTH: Final = Price(dollars=3.00, unit="dashboard for a month", source=_CLOUDWATCH)

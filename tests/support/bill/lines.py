"""The lines of the bill: what each is counted in, and what it costs."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from tests.support.bill.usage import Usage
from tools import prices

RIDES: Final = 1_000_000
"""The bill is for so many rides of a kind."""


@dataclass(frozen=True)
class Line:
    """A line of the bill, in dollars for one ride.

    Attributes:
        name: What it is called.
        dollars: What a ride's usage costs.
        known: How far the local cloud knows it: `counted`, `computed`, or `timed` on this machine.
    """

    name: str
    dollars: Callable[[Usage], float]
    known: str = "counted"


ORCHESTRATION: Final = "Step Functions"
BOOK: Final = "The simulated gateway's book"
LINES: Final = (
    Line(
        ORCHESTRATION,
        lambda used: (
            used.transitions * prices.TRANSITION.dollars
            + used.express_requests * prices.EXPRESS_REQUEST.dollars
            + used.express_gb_seconds * prices.EXPRESS_GB_SECOND.dollars
        ),
    ),
    Line("Lambda, invocations", lambda used: used.lambda_requests * prices.LAMBDA_REQUEST.dollars),
    Line("Lambda, time", lambda used: used.lambda_gb_seconds * prices.LAMBDA_GB_SECOND.dollars, "timed"),
    Line(
        "DynamoDB",
        lambda used: used.write_units * prices.WRITE_UNIT.dollars + used.read_units * prices.READ_UNIT.dollars,
    ),
    Line(
        "Logs",
        lambda used: (used.log_bytes + used.machine_log_bytes) * prices.LOG_BYTE.dollars,
        "computed",
    ),
    Line(
        "SNS and SQS",
        lambda used: used.publishes * prices.SNS_PUBLISH.dollars + used.queue_requests * prices.SQS_REQUEST.dollars,
    ),
    Line("X-Ray", lambda used: used.traces * prices.TRACE.dollars, "computed"),
    Line(
        BOOK,
        lambda used: (
            used.book_write_units * prices.WRITE_UNIT.dollars + used.book_read_units * prices.READ_UNIT.dollars
        ),
    ),
)


def dollars(used: Usage) -> dict[str, float]:
    """By line, what a million rides cost."""
    return {line.name: line.dollars(used) * RIDES for line in LINES}


def total(used: Usage, *, book: bool) -> float:
    """What a million rides cost, with or without the simulated gateway's book."""
    return sum(cost for name, cost in dollars(used).items() if book or name != BOOK)

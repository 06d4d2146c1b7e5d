"""AWS's quotas that rides meet, as data, and the page that says which rate of rides each allows.

Source: AWS, "Step Functions service quotas", November 2026. Of one account and region; new accounts have less.
The four APIs were compared with that page's text as AWS published it on GitHub in 2021, and are the same. Transitions
were 1,500 a second then (500 elsewhere).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

TRANSITIONS: Final = "StateTransition"


@dataclass(frozen=True, kw_only=True)
class Quota:
    """How many calls of an API an account may make: `bucket` at once, and `refill` a second for as long as it likes.

    Attributes:
        api: The call as AWS names it; `StateTransition` is not a call.
        bucket: In us-east-1, us-west-2 and eu-west-1.
        refill: There.
        elsewhere: The refill in any other region.
    """

    api: str
    bucket: int
    refill: int
    elsewhere: int


QUOTAS: Final = (
    Quota(api="StartExecution", bucket=1300, refill=300, elsewhere=150),
    Quota(api=TRANSITIONS, bucket=5000, refill=5000, elsewhere=800),
    Quota(api="DescribeExecution", bucket=300, refill=15, elsewhere=10),
    Quota(api="GetExecutionHistory", bucket=400, refill=20, elsewhere=20),
    Quota(api="ListExecutions", bucket=200, refill=5, elsewhere=2),
)


def rides_a_second(quota: Quota, calls: float, *, refill: int | None = None) -> float | None:
    """How many rides a second a quota allows if each makes so many calls; None if it sets no limit."""
    return (quota.refill if refill is None else refill) / calls if calls else None


def table(calls: Mapping[str, Mapping[str, int]]) -> str:
    """The rows of the page, by kind of ride and API how many calls a ride makes."""
    lines = [
        f"| A ride that | {' | '.join(quota.api for quota in QUOTAS)} | First limit | Rides per second | Elsewhere |",
        f"|---|{'---|' * (len(QUOTAS) + 3)}",
    ]
    return "\n".join([*lines, *(_row(kind, made) for kind, made in calls.items())]) + "\n"


def _row(kind: str, made: Mapping[str, int]) -> str:
    first = min(_limited(made), key=lambda quota: quota.refill / made[quota.api])
    here, there = (rides_a_second(first, made[first.api], refill=one) or 0 for one in (first.refill, first.elsewhere))
    counted = " | ".join(str(made.get(quota.api, 0)) for quota in QUOTAS)
    return f"| {kind} | {counted} | {first.api} | {here:.0f} | {there:.0f} |"


def _limited(made: Mapping[str, int]) -> Sequence[Quota]:
    return [quota for quota in QUOTAS if made.get(quota.api)]

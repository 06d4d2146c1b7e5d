"""From 1 to 100,000 rides a second: the quota that is met first, who raises it, and what the rides cost, as data.

Where the figures were read, November 2026:

* DynamoDB: AWS, "Quotas in Amazon DynamoDB" and "On-demand table throttling" (a table, a new table, a partition).
* Step Functions: see `tools.quotas`. How many executions StartSyncExecution runs at once: 1,000 to 3,700, by region, in
  AWS's text of 2021. A newer figure was not found, so the lowest counts.
* Lambda: 1,000 at once, in a transcript of AWS, "Lambda quotas".
* SNS: from memory; the page with its 30,000 could not be read.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from tools.quotas import QUOTAS, TRANSITIONS

RATES: Final = (1, 10, 100, 1_000, 10_000, 100_000)
"""Rides a second."""
_A_MONTH: Final = 30 * 24 * 3600
LAMBDA_SECONDS: Final = 0.1
"""How long a function is busy with a ride's step; see the bill."""
EXPRESS_SECONDS: Final = 0.3
"""How long a ride on Express takes: on a laptop 0.2 s, without the emulator's sleep."""


@dataclass(frozen=True, kw_only=True)
class Limit:
    """What a rate of rides meets.

    Attributes:
        name: The quota.
        allows: How many of it there are a second, or at once.
        a_ride: How many a ride uses of it.
        raised_by: What to do about it.
    """

    name: str
    allows: float
    a_ride: float
    raised_by: str

    @property
    def rides(self) -> float:
        """Rides a second that it allows."""
        return self.allows / self.a_ride


_BY_API: Final = {quota.api: quota for quota in QUOTAS}
_AWS: Final = "AWS, on request (Service Quotas)"
_WARM: Final = "the setting `warm_throughput`; AWS doubles it by itself within half an hour of such a load"
_TABLE: Final = "AWS, on request: 40,000 units for a table"
_SYNC: Final = "AWS, on request; `StartExecution` has no such limit"


def limits(*, express: bool, table_units: float, invocations: float) -> list[Limit]:
    """Every limit of a machine, the first that is met first. Quotas are AWS's defaults of us-east-1.

    Args:
        express: Whether the machine is the Express one.
        table_units: Write units of a ride in the table that takes most of them.
        invocations: Of functions, for a ride.
    """
    start = _BY_API["StartExecution"]
    machine = [
        Limit(name="StartExecution, Express", allows=6_000, a_ride=1, raised_by=_AWS)
        if express
        else Limit(name="StartExecution, Standard", allows=start.refill, a_ride=1, raised_by=_AWS)
    ]
    if express:
        machine.append(Limit(name="StartSyncExecution, at once", allows=1_000, a_ride=EXPRESS_SECONDS, raised_by=_SYNC))
    else:
        transitions = _BY_API[TRANSITIONS]
        machine.append(Limit(name="StateTransition", allows=transitions.refill, a_ride=5, raised_by=_AWS))
    return sorted(
        [
            *machine,
            Limit(name="Lambda, at once", allows=1_000, a_ride=invocations * LAMBDA_SECONDS, raised_by=_AWS),
            Limit(name="publishes of SNS", allows=30_000, a_ride=1, raised_by=_AWS),
            Limit(name="a new table's writes", allows=4_000, a_ride=table_units, raised_by=_WARM),
            Limit(name="a table's writes", allows=40_000, a_ride=table_units, raised_by=_TABLE),
        ],
        key=lambda limit: limit.rides,
    )


def one_customer() -> Limit:
    """What one customer's rides meet: a partition takes 1,000 write units a second, and a transaction costs double."""
    return Limit(name="one customer's balance row", allows=1_000, a_ride=2, raised_by="the setting `balance_shards`")


def page(found: Mapping[str, Sequence[Limit]], dollars: Mapping[str, float]) -> str:
    """The table of the page.

    Args:
        found: By machine, its limits.
        dollars: By machine, what a million rides cost.
    """
    heads = [f"{machine}: to raise, in this order" for machine in found]
    costs = [f"{machine}, $ a month" for machine in found]
    lines = [
        f"| Rides per second | {' | '.join([*heads, *costs])} |",
        f"|---:|{'---|' * len(heads)}{'---:|' * len(costs)}",
    ]
    for rate in RATES:
        to_raise = ["; ".join(one.name for one in limits if one.rides < rate) or "nothing" for limits in found.values()]
        monthly = [f"{rate * _A_MONTH / 1e6 * dollars[machine]:,.0f}" for machine in found]
        lines.append(f"| {rate:,} | {' | '.join([*to_raise, *monthly])} |")
    return "\n".join([*lines, "", *_notes(found)]) + "\n"


def _notes(found: Mapping[str, Sequence[Limit]]) -> list[str]:
    """Each limit once: the rate that it allows, and who raises it."""
    lines = ["| Limit | Rides per second | Raised by |", "|---|---:|---|"]
    for machine, limits in found.items():
        lines += [f"| {machine}: {one.name} | {one.rides:,.0f} | {one.raised_by} |" for one in limits]
    hot = one_customer()
    return [*lines, f"| any machine: {hot.name} | {hot.rides:,.0f} | {hot.raised_by} |"]

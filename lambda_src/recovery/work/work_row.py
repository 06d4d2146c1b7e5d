"""The names in the row of a ride to recover, and which ends lead to one. A synthesis needs them too, with no client."""

from typing import Final

WORK: Final = "work"
"""Attribute: what is left to do. The key of the sparse index, whose sort key is `NEXT_AT`."""
NEXT_AT: Final = "nextAt"
"""Attribute: when to start a recovery, or to inspect the one that was started. ISO 8601."""
DUE: Final = "due"
RECOVERING: Final = "recovering"
WAITING: Final = "waiting"
"""Recovering too, but asleep until a refund arrives, for days: it does not count among those that run at a time."""
PARKED: Final = "parked"

KEPT_DAYS: Final = 60
"""How long a row is kept: AWS lets the execution's name return after 90 days, and that is another saga."""
INDEXED: Final = ("attempts", "foundBy", "foundAt", "fareId", "recoveryArn", "parkedAt")
"""What the index has of a row, beside its keys: all of `Work`, and what an operator's list shows."""

ENDED_BADLY: Final = ("TIMED_OUT", "ABORTED", "FAILED")
"""How executions end that may leave a ride to recover, the rare first: a storm of failures keeps none of these from
being listed."""

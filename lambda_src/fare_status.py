"""What a fare's row says of its saga: written by the machines, read by the recovery's functions."""

from typing import Final

PENDING: Final = "pending"
"""Being ridden: the fare is its saga's alone."""
RECOVERING: Final = "recovering"
"""Claimed by a recovery: its saga can do no more than be undone."""
COMPLETED: Final = "completed"
FAILED: Final = "failed"
UNSETTLED: Final = (PENDING, RECOVERING)

"""What the state of an execution calls for; the recovery's machine chooses its way by these words."""

from typing import Final

NOTHING: Final = "nothing"
"""It completed or was rolled back, and its fare is settled."""
COMPLETED: Final = "completed"
"""The fare was completed: notify of it again."""
SETTLED: Final = "settled"
"""Nothing was done, or all of it was undone: notify of the failure again."""
UNSETTLED: Final = "unsettled"
"""Claim the fare, and undo the ride."""
SUPERSEDED: Final = "superseded"
"""Undo the ride; the fare belongs to another saga by now."""
UNCLEAR: Final = "unclear"
"""A person must decide: what is known contradicts itself, or is gone."""

"""What the state of an execution calls for; the recovery's machine chooses its way by these words."""

from typing import Final

NOTHING: Final = "nothing"
"""It ended whole, and its fare is settled."""
COMPLETED: Final = "completed"
"""The fare was completed: tell so again."""
SETTLED: Final = "settled"
"""Nothing was done, or all of it was undone: tell of the failure again."""
UNSETTLED: Final = "unsettled"
"""Claim the fare, and undo the ride."""
SUPERSEDED: Final = "superseded"
"""Undo the ride; the fare is another saga's by now."""
UNCLEAR: Final = "unclear"
"""A person must look: what is known contradicts itself, or is gone."""

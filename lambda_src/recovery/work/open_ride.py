"""The names in the row of an Express ride in the outcomes table: whether it is open, how it ended, who finishes it."""

from typing import Final

INVALID: Final = ":invalid"
"""Ends the saga's id of an input that is wrong: the name may be used again, for the corrected one."""

OPEN_SINCE: Final = "openSince"
"""Attribute: since when the ride is open. The key of the sparse index of open rides. ISO 8601."""
DELIVERY: Final = "deliveryId"
"""Attribute: the delivery of the execution that goes forward."""
HANDED_OVER_AT: Final = "handedOverAt"
"""Attribute: when the execution handed the ride to the recovery. It has done nothing since."""
SETTLED_AT: Final = "settledAt"
"""Attribute: when the rollback was complete."""
OUTCOME: Final = "outcome"
"""Attribute: the outcome that the message of the failure reports, or would report."""
STEP: Final = "failedStep"
ERROR: Final = "failedError"
CAUSE: Final = "failedCause"
FAILURE: Final = (STEP, ERROR, CAUSE)
HANDED_OVER: Final = "handed over"
"""Who put it on the list of work: its own execution."""

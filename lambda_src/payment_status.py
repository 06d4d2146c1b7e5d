"""What a payment's row says, as far as the recovery's functions read it: written by the payments service."""

from typing import Final

CAPTURED: Final = "captured"
REFUND_PENDING: Final = "refund_pending"
"""The gateway has accepted the refund, and says later whether the money arrived. No charge passes any more."""

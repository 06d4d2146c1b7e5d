"""What the rows of a fare, its payment and its credit say of their saga, as far as recoveries read them."""

from typing import Final

PENDING: Final = "pending"
"""Being ridden: the fare is its saga's alone."""
RECOVERING: Final = "recovering"
"""Claimed by a recovery: its saga can do no more than be undone."""
COMPLETED: Final = "completed"
FAILED: Final = "failed"
UNSETTLED: Final = (PENDING, RECOVERING)
CAPTURED: Final = "captured"
"""Of the payment: the money is taken."""
REFUND_PENDING: Final = "refund_pending"
"""Of the payment: the gateway has accepted the refund, and says later whether the money arrived."""
CREDITED: Final = "credited"
"""Of the account's row: the credit is in the customer's balance."""

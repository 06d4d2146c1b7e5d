"""Failures that a learner can force by the customerId's suffix. Off unless the stage turns them on."""

import os
from typing import Final

from lambda_src import environment

FAIL_AUTH: Final = "fail_auth"
FAIL_CHARGE: Final = "fail_charge"
FAIL_CREDIT: Final = "fail_credit"
FAIL_REFUND: Final = "fail_refund"
"""Fails the credit, to cause a refund, and then every refund."""
LIFTED_AT: Final = "failureLiftedAt"
"""Attribute of a payment's row: a person has lifted the ride's forced failure (`make lift`), and refunds succeed."""

FORCED: Final = "forced by the customerId"
"""What the cause of a forced failure says."""

_SUFFIXES: Final = (FAIL_AUTH, FAIL_CHARGE, FAIL_CREDIT, FAIL_REFUND)


def forced_failure(customer_id: str) -> str | None:
    """Returns the failure that the customerId's suffix asks for, or None."""
    if os.environ.get(environment.FORCED_FAILURES) != "on":
        return None
    return next((suffix for suffix in _SUFFIXES if customer_id.endswith(suffix)), None)

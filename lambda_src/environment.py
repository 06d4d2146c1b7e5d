"""The names of the environment variables the handlers read, written once; the stack sets them."""

import os

from lambda_src.errors import MissingSetting

FARES_TABLE = "FARES_TABLE"
PAYMENTS_TABLE = "PAYMENTS_TABLE"
GATEWAY_TABLE = "GATEWAY_TABLE"
ACCOUNTS_TABLE = "ACCOUNTS_TABLE"
CARDS_TABLE = "CARDS_TABLE"
CARDS_KEY = "CARDS_KEY"
"""ARN of the key under which the cards are kept."""
UNSETTLED_INDEX = "UNSETTLED_INDEX"
UNSETTLED_AFTER_SECONDS = "UNSETTLED_AFTER_SECONDS"
"""How long a fare may be unsettled before the sweep takes it: as long as its saga may run."""
RECOVERY_ARN = "RECOVERY_ARN"
RECOVERY_PERIOD_SECONDS = "RECOVERY_PERIOD_SECONDS"
"""How long a recovery may run: the sweep starts no second one for a ride within it."""
FORCED_FAILURES = "FORCED_FAILURES"
"""`on` lets a customerId's suffix force a failure; anything else, or nothing, does not."""


def required(name: str) -> str:
    """Returns a variable's value; raises `MissingSetting` naming it when it is missing or empty."""
    value = os.environ.get(name)
    if not value:
        raise MissingSetting(f"environment variable {name} is not set: deploy the function with this stack")
    return value

"""The names of the environment variables the handlers read, written once; the stack sets them."""

import os

from lambda_src.errors import MissingSetting

FARES_TABLE = "FARES_TABLE"
PAYMENTS_TABLE = "PAYMENTS_TABLE"
GATEWAY = "GATEWAY"
"""The payment gateway, by its name in `lambda_src.payments.gateways`; the simulated one if it is not set."""
GATEWAY_TABLE = "GATEWAY_TABLE"
GATEWAY_KEY_SECRET = "GATEWAY_KEY_SECRET"  # noqa: S105  # a variable's name
"""ARN of the secret with the gateway's key."""
GATEWAY_URL = "GATEWAY_URL"
CURRENCY = "CURRENCY"
ACCOUNTS_TABLE = "ACCOUNTS_TABLE"
CARDS_TABLE = "CARDS_TABLE"
CARDS_KEY = "CARDS_KEY"
"""ARN of the key under which the cards are kept."""
UNSETTLED_INDEX = "UNSETTLED_INDEX"
UNSETTLED_AFTER_SECONDS = "UNSETTLED_AFTER_SECONDS"
"""How long a fare may be unsettled before the sweep takes it: longer than its saga can run."""
LONGEST_EXECUTION_SECONDS = "LONGEST_EXECUTION_SECONDS"
"""The longest timeout of the machines whose executions are recovered."""
MACHINE_ARNS = "MACHINE_ARNS"
"""ARNs of the machines whose executions are recovered, with commas between them."""
OUTCOMES_TABLE = "OUTCOMES_TABLE"
OUTCOMES_QUEUE_URL = "OUTCOMES_QUEUE_URL"
PARKED_QUEUE_URL = "PARKED_QUEUE_URL"
WORK_INDEX = "WORK_INDEX"
RECOVERY_ARN = "RECOVERY_ARN"
"""ARN of the alias by which recoveries are started."""
RECOVERY_GRACE_SECONDS = "RECOVERY_GRACE_SECONDS"
"""How long after the event of a bad end a recovery waits for the record that the ride's message was sent."""
RECOVERY_LEASE_SECONDS = "RECOVERY_LEASE_SECONDS"
"""A recovery that has not finished by then is asked whether it still runs."""
RECOVERY_REPEAT_SECONDS = "RECOVERY_REPEAT_SECONDS"
"""How long a ride waits whose recovery could not be started, or ended without having finished it."""
RECOVERIES_AT_ONCE = "RECOVERIES_AT_ONCE"
"""How many recoveries run at the same time, whatever the load."""
FORCED_FAILURES = "FORCED_FAILURES"
"""`on` lets a customerId's suffix force a failure; anything else, or nothing, does not."""


def required(name: str) -> str:
    """Returns a variable's value; raises `MissingSetting` naming it when it is missing or empty."""
    value = os.environ.get(name)
    if not value:
        raise MissingSetting(f"environment variable {name} is not set: deploy the function with this stack")
    return value

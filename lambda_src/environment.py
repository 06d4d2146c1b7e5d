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
BALANCE_SHARDS = "BALANCE_SHARDS"
"""In how many rows each customer's balance is kept; one if it is not set."""
CARDS_TABLE = "CARDS_TABLE"
CARDS_KEY = "CARDS_KEY"
"""ARN of the key under which the cards are kept."""
UNSETTLED_INDEX = "UNSETTLED_INDEX"
UNSETTLED_AFTER_SECONDS = "UNSETTLED_AFTER_SECONDS"
"""How long a fare may be unsettled before the sweep lists it: longer than its saga can run."""
OPEN_INDEX = "OPEN_INDEX"
OPEN_FOR_SECONDS = "OPEN_FOR_SECONDS"
"""How long an Express ride may be open: longer than its execution, and any call of it, can run."""
LONGEST_EXECUTION_SECONDS = "LONGEST_EXECUTION_SECONDS"
"""The longest timeout of the machines whose executions are recovered."""
MACHINE_ARNS = "MACHINE_ARNS"
"""ARNs of the machines whose executions are recovered, with commas between them."""
OUTCOMES_TABLE = "OUTCOMES_TABLE"
OUTCOMES_QUEUE_URL = "OUTCOMES_QUEUE_URL"
PARKED_QUEUE_URL = "PARKED_QUEUE_URL"
WORK_INDEX = "WORK_INDEX"
EXPRESS_ARN = "EXPRESS_ARN"
"""ARN of the alias by which Express rides are started."""
RECOVERY_ARN = "RECOVERY_ARN"
"""ARN of the alias by which recoveries are started."""
RECOVERY_GRACE_SECONDS = "RECOVERY_GRACE_SECONDS"
"""How long a recovery waits, after the event that an execution failed, for the record of the ride's message."""
RECOVERY_LEASE_SECONDS = "RECOVERY_LEASE_SECONDS"
"""After this time the status of a recovery that has not finished is read."""
RECOVERY_REPEAT_SECONDS = "RECOVERY_REPEAT_SECONDS"
"""How long a ride waits after a recovery that could not be started or did not finish the ride."""
RECOVERIES_AT_ONCE = "RECOVERIES_AT_ONCE"
"""How many recoveries run at the same time at most."""
FORCED_FAILURES = "FORCED_FAILURES"
"""`on` lets a customerId's suffix force a failure; anything else, or nothing, does not."""


def required(name: str) -> str:
    """Returns a variable's value; raises `MissingSetting` naming it when it is missing or empty."""
    value = os.environ.get(name)
    if not value:
        raise MissingSetting(f"environment variable {name} is not set: deploy the function with this stack")
    return value

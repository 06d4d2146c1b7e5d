"""Puts the accounts service together from its environment, at the first call."""

import os

from lambda_src import environment
from lambda_src.accounts.ledger import AccountsLedger


def accounts_ledger() -> AccountsLedger:
    """The ledger in the service's own table."""
    shards = int(os.environ.get(environment.BALANCE_SHARDS) or 1)
    return AccountsLedger(environment.required(environment.ACCOUNTS_TABLE), shards)

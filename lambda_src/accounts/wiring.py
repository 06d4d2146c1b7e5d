"""Puts the accounts service together from its environment, at the first call."""

from lambda_src import environment
from lambda_src.accounts.ledger import AccountsLedger


def accounts_ledger() -> AccountsLedger:
    """The ledger in the service's own table."""
    return AccountsLedger(environment.required(environment.ACCOUNTS_TABLE))

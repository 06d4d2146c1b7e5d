"""A balance in several rows: for a customer whose rides would be too many for one row."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambda_src import environment
from lambda_src.accounts import credit_customer_account, reverse_account_credit
from lambda_src.accounts.ledger import balance_keys
from tests.support.faults.judges.accounts import ACCOUNTS as OUTPUT
from tests.support.faults.judges.accounts import balances
from tests.support.handlers.audit import audit
from tests.support.handlers.rides import CONTEXT, FARE, event
from tests.support.handlers.stepping import Stepper
from tests.support.handlers.tables import ACCOUNTS, Tables

SHARDS = 4
SAGAS = 24


@pytest.fixture
def sharded(tables: Tables, stepper: Stepper, monkeypatch: pytest.MonkeyPatch) -> Tables:
    monkeypatch.setenv(environment.BALANCE_SHARDS, str(SHARDS))
    return tables


def ride(handler: Callable[..., object], number: int) -> None:
    handler(event(sagaId=f"saga-{number}"), CONTEXT)


def balance_rows(tables: Tables) -> dict[str, int]:
    return {str(row["accountKey"]): int(row["balanceMinor"]) for row in tables.rows(ACCOUNTS) if "balanceMinor" in row}


def test_credits_spread_over_the_rows_and_add_up(sharded: Tables) -> None:
    for number in range(SAGAS):
        ride(credit_customer_account.handler, number)
        ride(credit_customer_account.handler, number)
    rows = balance_rows(sharded)
    assert set(rows) == set(balance_keys(event()["customerId"], SHARDS))
    assert sum(rows.values()) == SAGAS * FARE
    assert audit(sharded) == []
    assert list(balances({OUTPUT: sharded.rows(ACCOUNTS)})) == []


def test_a_reversal_meets_its_credit_in_the_same_row(sharded: Tables) -> None:
    for number in range(SAGAS):
        ride(credit_customer_account.handler, number)
    for number in range(SAGAS):
        ride(reverse_account_credit.handler, number)
    assert set(balance_rows(sharded).values()) == {0}
    assert audit(sharded) == []


def test_the_sum_stays_right_when_the_number_of_rows_changes(sharded: Tables, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(SAGAS):
        ride(credit_customer_account.handler, number)
    monkeypatch.setenv(environment.BALANCE_SHARDS, "1")
    for number in range(SAGAS - 1):
        ride(reverse_account_credit.handler, number)
    assert sharded.balance() == FARE
    assert audit(sharded) == []


@pytest.mark.usefixtures("stepper")
def test_by_default_a_balance_is_one_row_under_the_customers_key(tables: Tables) -> None:
    for number in range(3):
        ride(credit_customer_account.handler, number)
    assert balance_rows(tables) == {f"customer#{event()['customerId']}": 3 * FARE}


@given(st.text(max_size=20), st.text(max_size=20))
def test_no_row_is_of_two_customers_or_a_saga(one: str, other: str) -> None:
    mine, theirs = set(balance_keys(one, SHARDS)), set(balance_keys(other, SHARDS))
    assert len(mine) == SHARDS
    assert one == other or not mine & theirs
    assert not any(key.startswith("saga#") for key in mine)

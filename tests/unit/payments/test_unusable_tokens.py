"""A token that cannot pay is a clean failure, which says what to do."""

from collections.abc import Callable

import pytest

from lambda_src.errors import PaymentAuthException
from tests.support.handlers.audit import audit
from tests.support.handlers.rides import CARD
from tests.support.handlers.stepping import Stepper
from tests.support.handlers.steps import is_clean
from tests.support.handlers.tables import Tables
from tests.support.handlers.token_steps import asks_for_a_new_token, charging
from tests.support.handlers.vaults import (
    ANOTHER_CUSTOMER,
    ANOTHER_RIDE,
    LIFE,
    UNKNOWN,
    Cards,
)


def no_token(cards: Cards) -> str:
    return UNKNOWN


def expired(cards: Cards) -> str:
    token = cards.keep()
    cards.now += LIFE
    return token


def deleted(cards: Cards) -> str:
    token = cards.keep()
    cards.delete()
    return token


def of_another_ride(cards: Cards) -> str:
    token = cards.keep()
    cards.vault.take(token, ANOTHER_RIDE)
    return token


def of_another_customer(cards: Cards) -> str:
    token, _ = cards.vault.keep(CARD, ANOTHER_CUSTOMER.customer_id)
    return token


@pytest.mark.parametrize(
    "useless",
    [no_token, expired, deleted, of_another_ride, of_another_customer],
)
def test_an_unusable_token_is_a_clean_failure_that_says_what_to_do(
    useless: Callable[[Cards], str], cards: Cards, tables: Tables, stepper: Stepper
) -> None:
    token = useless(cards)
    before = cards.rows()
    outcome = stepper.run(charging(cards, token))
    assert asks_for_a_new_token(outcome)
    assert is_clean(outcome)
    assert token not in str(outcome.error)
    assert tables.payment()["status"] == "declined"
    assert tables.operations() == []
    assert cards.rows() == before
    assert isinstance(stepper.run(charging(cards, cards.keep(), name="repeat")).error, PaymentAuthException)
    assert tables.operations() == []
    assert audit(tables) == []

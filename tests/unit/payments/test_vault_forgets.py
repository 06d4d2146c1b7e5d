"""The vault forgets a card that was used, and never one that was not."""

from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError, ReadTimeoutError

from lambda_src.errors import UnknownToken
from lambda_src.fare import Ride
from lambda_src.payments import vault
from lambda_src.payments.encryption import PURPOSE
from lambda_src.payments.vault import TokenisedCard
from lambda_src.sdk import ATTEMPTS, CONNECT_TIMEOUT_SECONDS, READ_TIMEOUT_SECONDS
from tests.support.handlers.rides import CARD, RIDE
from tests.support.handlers.stepping import Stepper
from tests.support.handlers.tables import REGION
from tests.support.handlers.vaults import (
    LIFE,
    NOW,
    OTHERS,
    UNKNOWN,
    Cards,
    ciphertext,
    gives_the_card,
    refusal,
)

RIDES = [pytest.param(ride, id=name) for name, ride in OTHERS.items()]


def test_a_card_that_kms_did_not_encrypt_is_not_kept(cards: Cards) -> None:
    cards.kms.failure = refusal("Encrypt")
    with pytest.raises(ClientError):
        cards.keep()
    assert cards.rows() == []


def test_a_used_card_is_forgotten_and_may_be_forgotten_again(cards: Cards) -> None:
    token = cards.keep()
    cards.vault.take(token, RIDE)
    cards.vault.forget(token, RIDE)
    assert cards.rows() == []
    cards.vault.forget(token, RIDE)
    with pytest.raises(UnknownToken):
        cards.vault.take(token, RIDE)
    assert cards.rows() == []


def test_a_card_that_nobody_has_taken_is_not_forgotten(cards: Cards) -> None:
    token = cards.keep()
    cards.vault.forget(token, RIDE)
    assert gives_the_card(cards, token)


@pytest.mark.parametrize("other", RIDES[1:])
def test_a_card_that_a_ride_has_taken_is_not_forgotten_by(other: Ride, cards: Cards) -> None:
    token = cards.keep()
    cards.vault.take(token, RIDE)
    cards.vault.forget(token, other)
    assert gives_the_card(cards, token)


def test_forgetting_a_card_forgets_no_other(cards: Cards) -> None:
    first, second = cards.keep(), cards.keep()
    for token in (first, second):
        cards.vault.take(token, RIDE)
    cards.vault.forget(first, RIDE)
    assert gives_the_card(cards, second)


@pytest.mark.parametrize(
    "error",
    [
        refusal("DeleteItem", code="ProvisionedThroughputExceededException"),
        refusal("DeleteItem", code="ConditionalCheckFailedException"),
        ReadTimeoutError(endpoint_url="u"),
        EndpointConnectionError(endpoint_url="u"),
    ],
    ids=["throttled", "another-rides", "no-answer", "no-connection"],
)
def test_a_card_that_cannot_be_deleted_now_is_left_to_its_time(
    error: Exception, cards: Cards, stepper: Stepper, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = cards.keep()
    cards.vault.take(token, RIDE)

    def refuse(**_: Any) -> None:
        raise error

    with monkeypatch.context() as refusing:
        refusing.setattr(stepper, "delete_item", refuse, raising=False)
        cards.vault.forget(token, RIDE)
    assert cards.row()["expiresAt"] == NOW + LIFE


def test_a_tokenised_card_gives_its_card_and_forgets_it(cards: Cards) -> None:
    card = TokenisedCard(cards.keep(), RIDE, cards.vault)
    is_the_card = card.reveal() == CARD
    assert is_the_card
    card.forget()
    assert cards.rows() == []


def test_a_tokenised_card_shows_nothing_of_itself(cards: Cards) -> None:
    card = TokenisedCard(UNKNOWN, RIDE, cards.vault)
    assert repr(card) == str(card) == f"{card}" == "TokenisedCard()"


def test_a_call_of_kms_gives_up_as_soon_as_one_of_dynamodb(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
    vault.kms.cache_clear()
    config = vault.kms().meta.config
    vault.kms.cache_clear()
    assert (config.connect_timeout, config.read_timeout, config.retries) == (
        CONNECT_TIMEOUT_SECONDS,
        READ_TIMEOUT_SECONDS,
        {"total_max_attempts": ATTEMPTS, "mode": "standard"},
    )


def test_row_and_key_do_not_suffice_to_read_a_card_without_its_token(cards: Cards) -> None:
    cards.keep()
    known = {"purpose": PURPOSE, "token": str(cards.row()["tokenDigest"])}
    with pytest.raises(ClientError, match="InvalidCiphertextException"):
        cards.kms.decrypt(CiphertextBlob=ciphertext(cards), EncryptionContext=known)

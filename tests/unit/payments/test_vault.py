"""The card vault: what it keeps, whom it gives a card to, and what it forgets."""

import base64
import dataclasses
import hashlib
import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from lambda_src import dynamodb
from lambda_src.errors import UnknownToken, VaultBusy
from lambda_src.fare import TOKEN_RULE, Card, Ride
from lambda_src.payments import vault
from lambda_src.payments.vault import CARD_LIFE_SECONDS, PURPOSE, TokenisedCard
from lambda_src.sdk import ATTEMPTS, CONNECT_TIMEOUT_SECONDS, READ_TIMEOUT_SECONDS
from tests.support.handlers.rides import CARD, RIDE
from tests.support.handlers.stepping import Attempt, Stepper
from tests.support.handlers.tables import REGION
from tests.support.handlers.vaults import (
    ANOTHER_CUSTOMER,
    ANOTHER_RIDE,
    CARDS,
    LIFE,
    NOW,
    OTHERS,
    UNKNOWN,
    Cards,
    refusal,
)

ANOTHER_CARD = Card(number="5555341244441115", expiry="12/41", code="3141")
RIDES = [pytest.param(ride, id=name) for name, ride in OTHERS.items()]


def context(token: str) -> dict[str, str]:
    """The encryption context that a token's card is to have."""
    return {"purpose": PURPOSE, "token": digest(f"context of {token}")}


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def ciphertext(cards: Cards) -> bytes:
    """The only card's."""
    return base64.b64decode(str(cards.row()["card"]))


def taking(cards: Cards, token: str, ride: Ride = RIDE) -> Attempt:
    """A ride that takes the token's card."""
    return Attempt(ride.saga_id, lambda: cards.vault.take(token, ride))


def gives_the_card(cards: Cards, token: str, ride: Ride = RIDE) -> bool:
    """Tells whether the ride gets the card that was kept; a comparison would print it."""
    return cards.vault.take(token, ride) == CARD


def test_a_card_is_kept_under_a_token_that_a_fare_may_have(cards: Cards) -> None:
    token, expires_at = cards.vault.keep(CARD, RIDE.customer_id)
    assert TOKEN_RULE.accepts(token)
    assert expires_at == NOW + LIFE == NOW + CARD_LIFE_SECONDS
    assert cards.row()["expiresAt"] == expires_at


def test_each_card_kept_has_a_token_and_a_row_of_its_own(cards: Cards) -> None:
    assert cards.keep() != cards.keep()
    assert len(cards.rows()) == 2


def test_the_row_shows_neither_card_nor_token(cards: Cards) -> None:
    token = cards.keep()
    row = cards.row()
    sealed = base64.b64decode(str(row.pop("card")))
    assert row == {
        "tokenDigest": digest(token),
        "customerId": RIDE.customer_id,
        "expiresAt": NOW + LIFE,
    }
    secret = [CARD.number, CARD.expiry, CARD.code, token, token.removeprefix("tok_")]
    found = [position for position, text in enumerate(secret) if text.encode() in sealed]
    assert found == []


def test_a_card_is_encrypted_for_its_purpose_and_its_token(cards: Cards) -> None:
    token = cards.keep()
    opened = cards.kms.decrypt(CiphertextBlob=ciphertext(cards), EncryptionContext=context(token))
    is_the_card = json.loads(opened["Plaintext"]) == dataclasses.asdict(CARD)
    del opened
    assert is_the_card


@pytest.mark.parametrize(
    "wrong",
    [
        pytest.param(context(UNKNOWN), id="another-token"),
        pytest.param({"purpose": PURPOSE}, id="no-token"),
        pytest.param({}, id="nothing"),
    ],
)
def test_a_card_is_not_to_be_decrypted_in_another_context(wrong: dict[str, str], cards: Cards) -> None:
    cards.keep()
    with pytest.raises(ClientError, match="InvalidCiphertextException"):
        cards.kms.decrypt(CiphertextBlob=ciphertext(cards), EncryptionContext=wrong)


def test_a_card_put_into_another_tokens_row_is_not_given(cards: Cards) -> None:
    cards.keep()
    [stolen] = cards.rows()
    cards.delete()
    mine = cards.keep(ANOTHER_CARD)
    row = {**cards.row(), "card": stolen["card"]}
    dynamodb.put(TableName=CARDS, Item=dynamodb.typed(row))
    with pytest.raises(ClientError, match="InvalidCiphertextException"):
        cards.vault.take(mine, RIDE)


def test_each_token_gives_its_own_card(cards: Cards) -> None:
    first, second = cards.keep(), cards.keep(ANOTHER_CARD)
    given = [cards.vault.take(second, RIDE) == ANOTHER_CARD, cards.vault.take(first, RIDE) == CARD]
    assert given == [True, True]


@pytest.mark.parametrize(
    "card",
    [
        pytest.param(Card(number="0" * 12, expiry="01/00", code="000"), id="shortest"),
        pytest.param(Card(number="9" * 19, expiry="12/99", code="9999"), id="longest"),
    ],
)
def test_a_card_comes_out_as_it_went_in(card: Card, cards: Cards) -> None:
    token = cards.keep(card)
    is_the_same = cards.vault.take(token, RIDE) == card
    assert is_the_same


def test_a_ride_is_given_its_card_again_and_again_also_after_its_time(cards: Cards) -> None:
    token = cards.keep()
    given = [gives_the_card(cards, token), gives_the_card(cards, token)]
    cards.now += LIFE * 100
    given.append(gives_the_card(cards, token))
    assert given == [True, True, True]


def test_a_card_can_be_taken_until_its_time_is_over(cards: Cards) -> None:
    early, late = cards.keep(), cards.keep()
    cards.now += LIFE - 1
    in_time = gives_the_card(cards, early)
    cards.now += 1
    assert in_time
    with pytest.raises(UnknownToken):
        cards.vault.take(late, RIDE)


def test_taking_a_card_does_not_prolong_its_time(cards: Cards) -> None:
    token = cards.keep()
    cards.now += LIFE - 1
    gives_the_card(cards, token)
    assert cards.row()["expiresAt"] == NOW + LIFE


def test_an_unknown_token_is_refused_and_leaves_no_row(cards: Cards) -> None:
    with pytest.raises(UnknownToken, match="tokenise the card"):
        cards.vault.take(UNKNOWN, RIDE)
    assert cards.rows() == []


def test_another_customer_is_refused_the_card_and_changes_nothing(cards: Cards) -> None:
    token = cards.keep()
    before = cards.row()
    with pytest.raises(UnknownToken, match="tokenise the card"):
        cards.vault.take(token, ANOTHER_CUSTOMER)
    assert cards.row() == before
    assert gives_the_card(cards, token)


@pytest.mark.parametrize("other", RIDES)
@pytest.mark.parametrize("later", [pytest.param(0, id="at-once"), pytest.param(LIFE, id="after-its-time")])
def test_a_card_that_a_ride_has_taken_is_refused_to(other: Ride, later: int, cards: Cards) -> None:
    token = cards.keep()
    cards.vault.take(token, RIDE)
    before = cards.row()
    cards.now += later
    with pytest.raises(UnknownToken, match="tokenise the card"):
        cards.vault.take(token, other)
    assert cards.row() == before
    assert gives_the_card(cards, token)


def test_a_refusal_quotes_no_token(cards: Cards) -> None:
    with pytest.raises(UnknownToken) as unknown:
        cards.vault.take(UNKNOWN, RIDE)
    assert UNKNOWN not in str(unknown.value)


def test_of_two_rides_that_race_for_a_token_one_gets_the_card(cards: Cards, stepper: Stepper) -> None:
    token = cards.keep()
    winners = set()
    for mine, others in stepper.every_end(taking(cards, token), taking(cards, token, ANOTHER_RIDE)):
        winner, loser = (mine, others) if mine.error is None else (others, mine)
        is_the_card = winner.answer == CARD
        assert is_the_card
        assert isinstance(loser.error, UnknownToken)
        winners.add(cards.row()["sagaId"])
    assert winners == {RIDE.saga_id, ANOTHER_RIDE.saga_id}


@pytest.mark.parametrize("arrives", [pytest.param(True, id="answer-lost"), pytest.param(False, id="call-lost")])
def test_a_take_whose_call_was_lost_can_be_repeated(arrives: bool, cards: Cards, stepper: Stepper) -> None:
    token = cards.keep()
    lost = stepper.run_with_lost_call(taking(cards, token), 1, arrives=arrives)
    assert lost is not None
    assert lost.error is not None
    assert gives_the_card(cards, token)


def test_a_take_that_kms_failed_can_be_repeated_by_the_same_ride(cards: Cards) -> None:
    token = cards.keep()
    cards.kms.failure = refusal("Decrypt", code="ThrottlingException")
    with pytest.raises(VaultBusy):
        cards.vault.take(token, RIDE)
    cards.kms.failure = None
    assert gives_the_card(cards, token)


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


def test_a_card_that_cannot_be_deleted_now_is_left_to_its_time(
    cards: Cards, stepper: Stepper, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = cards.keep()
    cards.vault.take(token, RIDE)

    def refuse(**_: Any) -> None:
        raise refusal("DeleteItem", code="ProvisionedThroughputExceededException")

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

"""The card vault: what it keeps, whom it gives a card to, and what it forgets."""

import base64
import dataclasses
import json

import pytest
from botocore.exceptions import ClientError

from lambda_src import dynamodb
from lambda_src.errors import UnknownToken, VaultBusy
from lambda_src.fare import TOKEN_RULE, Card, Ride
from lambda_src.payments.encryption import PURPOSE
from lambda_src.payments.vault import CARD_LIFE_SECONDS
from tests.support.handlers.rides import CARD, RIDE
from tests.support.handlers.stepping import Stepper
from tests.support.handlers.vaults import (
    ANOTHER_CUSTOMER,
    ANOTHER_RIDE,
    CARDS,
    LIFE,
    NOW,
    OTHERS,
    UNKNOWN,
    Cards,
    ciphertext,
    context,
    digest,
    gives_the_card,
    refusal,
    taking,
)

ANOTHER_CARD = Card(number="5555341244441115", expiry="12/41", code="3141")
RIDES = [pytest.param(ride, id=name) for name, ride in OTHERS.items()]


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


@pytest.mark.parametrize("code", ["ThrottlingException", "KMSInternalException", "DependencyTimeoutException"])
def test_a_take_that_kms_failed_can_be_repeated_by_the_same_ride(code: str, cards: Cards) -> None:
    token = cards.keep()
    cards.kms.failure = refusal("Decrypt", code=code)
    with pytest.raises(VaultBusy):
        cards.vault.take(token, RIDE)
    cards.kms.failure = None
    assert gives_the_card(cards, token)

"""The front door for cards: what it accepts, what it answers, and that nothing of a card comes out of it."""

from datetime import datetime
from typing import Any

import pytest

from lambda_src import environment
from lambda_src.errors import InvalidCard, MissingSetting, PaymentAuthException
from lambda_src.fare import CARD_FIELDS, FARE_FIELDS, TOKEN_RULE
from lambda_src.payments import charge_fare, tokenise
from tests.support.handlers.audit import audit
from tests.support.handlers.rides import CARD, CONTEXT, RIDE, Event, card_fields_in
from tests.support.handlers.tables import Tables
from tests.support.handlers.vaults import LIFE, NOW, Cards, card_event, event_with_token, tokenise_shown

Printed = pytest.CaptureFixture[str]

pytestmark = pytest.mark.usefixtures("logs")

FIELDS = ("customerId", *CARD_FIELDS)
RULES = {"customerId": FARE_FIELDS["customerId"], **CARD_FIELDS}
MISSING = object()
WRONG = [
    *(
        pytest.param(field, value, id=f"{field}-{kind}")
        for field in FIELDS
        for kind, value in {
            "missing": MISSING,
            "empty": "",
            "null": None,
            "number": 4271828,
            "boolean": True,
            "list": ["zebra"],
            "object": {"zebra": "zebra"},
            "bytes": b"zebra",
        }.items()
    ),
    pytest.param("customerId", "zebra" * 26, id="customerId-too-long"),
    pytest.param("cc", "7" * 20, id="cc-too-long"),
    pytest.param("cc", "7" * 11, id="cc-too-short"),
    pytest.param("cc", "zebra" * 3, id="cc-letters"),
    pytest.param("cc", "\uff17" * 16, id="cc-unicode-digits"),
    pytest.param("cc", f"{'7' * 16}\n", id="cc-line-feed"),
    pytest.param("cc", f"{'7' * 8}\n{'7' * 8}", id="cc-line-feed-within"),
    pytest.param("cc", f"{'7' * 8}\u00a0{'7' * 8}", id="cc-unicode-space"),
    pytest.param("expiryDate", "12/2077", id="expiryDate-too-long"),
    pytest.param("expiryDate", "13/77", id="expiryDate-month-13"),
    pytest.param("expiryDate", "\uff11\uff12/\uff17\uff17", id="expiryDate-unicode-digits"),
    pytest.param("expiryDate", "12/77\n", id="expiryDate-line-feed"),
    pytest.param("cvv", "77777", id="cvv-too-long"),
    pytest.param("cvv", "\u0667\u0667\u0667", id="cvv-unicode-digits"),
    pytest.param("cvv", "777\n", id="cvv-line-feed"),
]
NO_EVENTS = [
    pytest.param(None, id="null"),
    pytest.param([], id="list"),
    pytest.param([card_event()], id="list-of-an-event"),
    pytest.param("zebra", id="string"),
    pytest.param(20, id="number"),
    pytest.param({}, id="empty-object"),
]


def with_wrong(field: str, value: object) -> Event:
    """The event with one wrong field, or without it."""
    return Event({name: given for name, given in card_event(**{field: value}).items() if given is not MISSING})


def causes(*fields: str) -> str:
    """What is to be said about wrong fields."""
    return "; ".join(f"{field} must be {RULES[field].must_be}" for field in fields)


def test_a_card_is_kept_and_its_token_and_its_time_are_returned(cards: Cards) -> None:
    answer = tokenise.handler(card_event(), CONTEXT)
    assert sorted(answer) == ["expiresAt", "paymentToken"]
    assert TOKEN_RULE.accepts(answer["paymentToken"])
    expires = datetime.fromisoformat(answer["expiresAt"])
    assert expires.timestamp() == cards.row()["expiresAt"] == NOW + LIFE
    assert expires.utcoffset() is not None
    is_the_card = cards.vault.take(answer["paymentToken"], RIDE) == CARD
    assert is_the_card


def test_the_returned_token_pays_for_a_ride_of_that_customer(cards: Cards, tables: Tables) -> None:
    token = tokenise.handler(card_event(), CONTEXT)["paymentToken"]
    charge_fare.handler(event_with_token(token), CONTEXT)
    assert tables.payment()["status"] == "captured"
    assert audit(tables) == []


def test_nobody_else_can_use_the_token(cards: Cards, tables: Tables) -> None:
    token = tokenise.handler(card_event(customerId="customer-2"), CONTEXT)["paymentToken"]
    with pytest.raises(PaymentAuthException, match="tokenise the card"):
        charge_fare.handler(event_with_token(token), CONTEXT)
    assert tables.operations() == []


@pytest.mark.parametrize(("field", "value"), WRONG)
def test_a_wrong_field_is_named_with_what_it_must_be_and_nothing_is_kept(
    field: str, value: object, cards: Cards
) -> None:
    with pytest.raises(InvalidCard) as invalid:
        tokenise.handler(with_wrong(field, value), CONTEXT)
    assert str(invalid.value) == causes(field)
    assert cards.rows() == []


def test_every_wrong_field_is_named_at_once(cards: Cards) -> None:
    with pytest.raises(InvalidCard) as invalid:
        tokenise.handler(card_event(customerId="", cc="7", cvv=None), CONTEXT)
    assert str(invalid.value) == causes("customerId", "cc", "cvv")
    assert cards.rows() == []


@pytest.mark.parametrize("no_event", NO_EVENTS)
def test_an_invalid_event_names_every_field(no_event: Any, cards: Cards) -> None:
    with pytest.raises(InvalidCard) as invalid:
        tokenise.handler(no_event, CONTEXT)
    assert str(invalid.value) == causes(*FIELDS)
    assert cards.rows() == []


@pytest.mark.parametrize(("field", "value"), WRONG)
def test_a_wrong_card_leaves_nothing_in_the_logs(field: str, value: object, cards: Cards, logs: Printed) -> None:
    text, name = tokenise_shown(with_wrong(field, value), logs)
    found = card_fields_in(text)
    assert found == []
    assert name == "InvalidCard"
    assert "zebra" not in text
    assert '"TokeniseRefused":[1.0]' in text


def test_extra_fields_are_ignored_and_kept_nowhere(cards: Cards, logs: Printed) -> None:
    tokenise.handler(card_event(fareId="zebra", fareAmount=["zebra"], zebra={"zebra": "zebra"}), CONTEXT)
    printed = logs.readouterr()
    assert sorted(cards.row()) == ["card", "customerId", "expiresAt", "tokenDigest"]
    assert "zebra" not in str(cards.row()) + printed.out + printed.err


@pytest.mark.parametrize("variable", [environment.CARDS_TABLE, environment.CARDS_KEY])
@pytest.mark.parametrize(
    ("handler", "fare"),
    [
        pytest.param(tokenise.handler, card_event(), id="Tokenise"),
        pytest.param(charge_fare.handler, event_with_token("tok_" + "0" * 32), id="ChargeFare"),
    ],
)
def test_a_missing_setting_is_named(
    handler: Any, fare: Event, variable: str, cards: Cards, tables: Tables, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, "")
    with pytest.raises(MissingSetting, match=variable):
        handler(fare, CONTEXT)
    assert tables.operations() == []


def test_a_ride_that_brings_its_card_needs_none_of_the_vaults_settings(
    cards: Cards, tables: Tables, monkeypatch: pytest.MonkeyPatch
) -> None:
    for variable in (environment.CARDS_TABLE, environment.CARDS_KEY):
        monkeypatch.delenv(variable)
    charge_fare.handler(event_with_token("", cc=CARD.number, expiryDate=CARD.expiry, cvv=CARD.code), CONTEXT)
    assert tables.payment()["status"] == "captured"

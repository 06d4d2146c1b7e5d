"""The front door for cards: what it accepts, what it answers, and that nothing of a card comes out of it."""

import base64
import json
import logging
import traceback
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from lambda_src import environment
from lambda_src.errors import InvalidCard, MissingSetting, PaymentAuthException
from lambda_src.fare import CARD_FIELDS, FARE_FIELDS, TOKEN_RULE
from lambda_src.payments import charge_fare, tokenise
from tests.support.handlers.audit import audit
from tests.support.handlers.rides import CARD, CARD_NUMBER_SPACED, CONTEXT, RIDE, Event, card_fields_in
from tests.support.handlers.stepping import Stepper
from tests.support.handlers.tables import Tables
from tests.support.handlers.vaults import LIFE, NOW, Cards, card_event, event_with_token, log_kept_back, refusal

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
IN_WHAT_FORM = [
    pytest.param(str, id="as-it-is"),
    pytest.param(lambda text: repr(text.encode()), id="as-bytes"),
]


def with_wrong(field: str, value: object) -> Event:
    """The event with one wrong field, or without it."""
    return Event({name: given for name, given in card_event(**{field: value}).items() if given is not MISSING})


def causes(*fields: str) -> str:
    """What is to be said about wrong fields."""
    return "; ".join(f"{field} must be {RULES[field].must_be}" for field in fields)


def plaintext() -> str:
    """What KMS is given."""
    return json.dumps({"number": CARD.number, "expiry": CARD.expiry, "code": CARD.code})


def shown(fare: Event, logs: Printed) -> tuple[str, str]:
    """All that a call lets anybody see, and the name of its error, if any."""
    error: Exception | None = None
    with log_kept_back() as log:
        try:
            tokenise.handler(fare, CONTEXT)
        except Exception as raised:
            error = raised
    printed = logs.readouterr()
    told = traceback.format_exception(error) if error else []
    return "".join([*told, printed.out, printed.err, log.getvalue()]), type(error).__name__


def test_a_card_is_kept_and_its_token_and_its_time_are_told(cards: Cards) -> None:
    answer = tokenise.handler(card_event(), CONTEXT)
    assert sorted(answer) == ["expiresAt", "paymentToken"]
    assert TOKEN_RULE.accepts(answer["paymentToken"])
    expires = datetime.fromisoformat(answer["expiresAt"])
    assert expires.timestamp() == cards.row()["expiresAt"] == NOW + LIFE
    assert expires.utcoffset() is not None
    is_the_card = cards.vault.take(answer["paymentToken"], RIDE) == CARD
    assert is_the_card


def test_the_token_told_pays_for_a_ride_of_that_customer(cards: Cards, tables: Tables) -> None:
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
def test_what_is_no_event_names_every_field(no_event: Any, cards: Cards) -> None:
    with pytest.raises(InvalidCard) as invalid:
        tokenise.handler(no_event, CONTEXT)
    assert str(invalid.value) == causes(*FIELDS)
    assert cards.rows() == []


@pytest.mark.parametrize(("field", "value"), WRONG)
def test_a_wrong_card_leaves_nothing_in_the_logs(field: str, value: object, cards: Cards, logs: Printed) -> None:
    text, name = shown(with_wrong(field, value), logs)
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


def test_keeping_a_card_leaves_no_trace_of_it_in_logs_and_metrics(cards: Cards, logs: Printed) -> None:
    with log_kept_back() as log:
        token = tokenise.handler(card_event(), CONTEXT)["paymentToken"]
    printed = logs.readouterr()
    text = printed.out + printed.err + log.getvalue()
    found = card_fields_in(text)
    assert found == []
    assert token.removeprefix("tok_") not in text
    assert '"TokeniseDone":[1.0]' in text


def test_no_card_or_token_is_printed_even_if_events_are_logged(
    cards: Cards, logs: Printed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("POWERTOOLS_LOGGER_LOG_EVENT", "true")
    token = tokenise.handler(card_event(), CONTEXT)["paymentToken"]
    charge_fare.handler(event_with_token(token), CONTEXT)
    printed = logs.readouterr()
    found = card_fields_in(printed.out + printed.err)
    assert found == []
    assert token.removeprefix("tok_") not in printed.out + printed.err


def test_no_number_or_token_is_in_the_log_at_its_lowest_level(cards: Cards, logs: Printed) -> None:
    with log_kept_back(logging.DEBUG) as log:
        token = tokenise.handler(card_event(), CONTEXT)["paymentToken"]
        charge_fare.handler(event_with_token(token), CONTEXT)
    assert "Adding metric" in log.getvalue()
    assert "PutItem" not in log.getvalue(), "botocore logs what it sends: for a key, that is the card"
    secrets = {"token": token.removeprefix("tok_"), "number": CARD.number, "number as given": CARD_NUMBER_SPACED}
    found = [name for name, secret in secrets.items() if secret in log.getvalue()]
    assert found == []


@pytest.mark.parametrize("form", IN_WHAT_FORM)
def test_an_error_of_kms_that_quotes_the_card_is_raised_without_it(
    form: Callable[[str], str], cards: Cards, logs: Printed
) -> None:
    cards.kms.failure = refusal("Encrypt", form(plaintext()))
    text, name = shown(card_event(), logs)
    found = card_fields_in(text)
    assert found == []
    assert name == "ClientError"
    assert '"TokeniseError":[1.0]' in text
    assert cards.rows() == []


@pytest.mark.parametrize("form", IN_WHAT_FORM)
def test_an_error_of_dynamodb_that_quotes_the_card_is_raised_without_it(
    form: Callable[[str], str], cards: Cards, stepper: Stepper, logs: Printed, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(**_: Any) -> None:
        raise refusal("PutItem", form(plaintext()))

    monkeypatch.setattr(stepper, "put_item", refuse, raising=False)
    text, name = shown(card_event(), logs)
    found = card_fields_in(text)
    assert found == []
    assert name == "ClientError"
    assert cards.rows() == []


def test_what_dynamodb_is_asked_holds_neither_card_nor_token(
    cards: Cards, stepper: Stepper, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    put_item = stepper.put_item

    def note(**arguments: Any) -> Any:
        asked.append(json.dumps({**arguments, "Item": {**arguments["Item"], "card": "", "tokenDigest": ""}}))
        asked.append(base64.b64decode(arguments["Item"]["card"]["S"]).decode(errors="replace"))
        return put_item(**arguments)

    monkeypatch.setattr(stepper, "put_item", note, raising=False)
    token = tokenise.handler(card_event(), CONTEXT)["paymentToken"]
    found = card_fields_in(" ".join(asked))
    assert len(asked) == 2
    assert found == []
    assert token.removeprefix("tok_") not in " ".join(asked)


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

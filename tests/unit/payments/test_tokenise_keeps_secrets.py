"""Neither the card nor its token is in a log, a metric, an error or a request."""

import base64
import json
import logging
from collections.abc import Callable
from typing import Any

import pytest

from lambda_src.payments import charge_fare, tokenise
from tests.support.handlers.rides import CARD, CARD_NUMBER_SPACED, CONTEXT, card_fields_in
from tests.support.handlers.stepping import Stepper
from tests.support.handlers.vaults import (
    Cards,
    card_event,
    card_plaintext,
    event_with_token,
    log_kept_back,
    refusal,
    tokenise_shown,
)

Printed = pytest.CaptureFixture[str]

pytestmark = pytest.mark.usefixtures("logs")

IN_WHAT_FORM = [
    pytest.param(str, id="as-it-is"),
    pytest.param(lambda text: repr(text.encode()), id="as-bytes"),
]


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
    cards.kms.failure = refusal("Encrypt", form(card_plaintext()))
    text, name = tokenise_shown(card_event(), logs)
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
        raise refusal("PutItem", form(card_plaintext()))

    monkeypatch.setattr(stepper, "put_item", refuse, raising=False)
    text, name = tokenise_shown(card_event(), logs)
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

"""No card in whatever the console shows: in fields, in texts, in JSON inside of JSON, however its digits are spaced."""

import json
from typing import Any

import pytest

from lambda_src.fare import CARD_FIELDS, TOKEN
from tests.support.card import CARD, card_traces
from wild_rydes_saga.console.facts.redaction import redacted

ACCOUNT = "123456789012"
NUMBER = CARD["cc"]
DIGITS = NUMBER.replace(" ", "")
SPACED = (
    NUMBER,
    DIGITS,
    NUMBER.replace(" ", "-"),
    " ".join(DIGITS),
    NUMBER.replace(" ", "  "),
    NUMBER.replace(" ", "\t"),
)
WHOLE = {"customerId": "3", "fareId": "wr_1", "fareAmount": "$20.00", **CARD}


def nested(value: object, depth: int) -> str:
    """JSON as a text in JSON, so many times."""
    text = json.dumps(value)
    return text if depth == 0 else nested({"Input": text}, depth - 1)


@pytest.mark.parametrize("depth", range(6))
def test_an_input_is_clean_at_every_depth_of_texts(depth: int) -> None:
    shown = redacted(nested(WHOLE, depth), ACCOUNT)
    assert card_traces(shown) == []
    assert DIGITS not in shown
    assert "wr_1" in shown


@pytest.mark.parametrize("name", [*CARD_FIELDS, TOKEN, "CC", "CVV", "ExpiryDate"])
@pytest.mark.parametrize("value", ["8642", 8642, ["8642"], {"inner": "8642"}])
def test_a_secret_field_is_hidden_whatever_its_value(name: str, value: object) -> None:
    for shown in (redacted({"a": [{name: value}]}, ACCOUNT), redacted(json.dumps({name: value}), ACCOUNT)):
        assert "8642" not in json.dumps(shown)


@pytest.mark.parametrize("text", SPACED)
@pytest.mark.parametrize("around", ["{}", "x{}", "{}x", "a {} b", "wr_{}", "#{}#", "<b>{}</b>", "arn:aws:x:{}:y"])
def test_a_number_is_hidden_in_any_text_and_in_any_name(text: str, around: str) -> None:
    shown = json.dumps([redacted(around.format(text), ACCOUNT), redacted({around.format(text): 1}, ACCOUNT)])
    assert card_traces(shown) == []
    assert DIGITS[:12] not in shown.replace(" ", "").replace("-", "").replace("\\t", "")


@pytest.mark.parametrize("cut", range(20, len(json.dumps(WHOLE)), 7))
def test_a_text_that_was_cut_off_is_clean(cut: int) -> None:
    for text in (json.dumps(WHOLE)[:cut], json.dumps(json.dumps(WHOLE))[1:cut]):
        assert card_traces(redacted(text, ACCOUNT)) == []


def test_a_number_as_a_number_is_hidden() -> None:
    assert DIGITS not in json.dumps(redacted({"id": int(DIGITS), "list": [int(DIGITS)]}, ACCOUNT))


@pytest.mark.parametrize(
    "kept",
    [
        f"arn:aws:states:us-east-1:{ACCOUNT}:execution:stack-completed:34d0710f-5531-410a-bd5d-8fae1b49bcbc",
        "12345678-1234-1234-1234-12345678901a",
        "75eb4b858c4649779af8f39ab79d490b",
        "2026-11-26T18:48:38.551Z",
        "2026-11-26 18:48:38.551000+00:00",
        "$999999.99",
        f"https://sqs.us-east-1.amazonaws.com/{ACCOUNT}/queue",
        '{"a":  1}',
    ],
)
def test_ids_times_and_amounts_stay_to_the_letter(kept: str) -> None:
    assert redacted(kept, ACCOUNT) == kept


@pytest.mark.parametrize("value", [None, True, 3, 2.5, "", [], {}])
def test_other_values_stay(value: Any) -> None:
    assert redacted(value, ACCOUNT) == value


def test_what_is_nested_without_end_is_hidden() -> None:
    deep: Any = "8642"
    for _ in range(100):
        deep = [deep]
    assert "8642" not in json.dumps(redacted(deep, ACCOUNT))


def test_the_account_is_shown_where_the_page_names_it() -> None:
    place = f"account {ACCOUNT}, us-east-1, stack wild-rydes-async-msg-4"
    assert redacted({"target": place}, ACCOUNT) == {"target": place}
    assert ACCOUNT[1:] not in json.dumps(redacted(place.replace(ACCOUNT, "999956789012"), ACCOUNT))

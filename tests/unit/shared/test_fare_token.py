"""A token in place of a card: when it is accepted, and the cause when it is refused."""

import pytest

from lambda_src.errors import InvalidFare
from lambda_src.fare import CARD_FIELDS, TOKEN, TOKEN_RULE, is_whole_input, parse_charge
from lambda_src.payments import charge_fare
from tests.support.handlers.rides import CARD, CONTEXT, RIDE, Event, event, event_without
from tests.support.handlers.tables import Tables
from tests.unit.shared.test_fare import EMPTY, EXECUTION_FIELDS, WRONG_TYPES, names_in

GOOD_TOKEN = f"tok_{'0a' * 16}"
WITHOUT_CARD = dict.fromkeys(CARD_FIELDS, "")
WRONG_TOKENS = [
    pytest.param(GOOD_TOKEN[:-1], id="31-digits"),
    pytest.param(f"{GOOD_TOKEN}0", id="33-digits"),
    pytest.param(GOOD_TOKEN.replace("a", "A"), id="upper-case"),
    pytest.param(GOOD_TOKEN.replace("tok", "TOK"), id="upper-case-prefix"),
    pytest.param(GOOD_TOKEN.removeprefix("tok_"), id="no-prefix"),
    pytest.param(GOOD_TOKEN.replace("a", "g"), id="not-hexadecimal"),
    pytest.param(GOOD_TOKEN.replace("0", "\uff10"), id="full-width-digits"),
    pytest.param(f"{GOOD_TOKEN}\n", id="line-break"),
    pytest.param(f" {GOOD_TOKEN}", id="space"),
    *WRONG_TYPES[1:],
]
BESIDE = [pytest.param([name], id=name) for name in CARD_FIELDS] + [pytest.param([*CARD_FIELDS], id="full-card")]


def token_cause() -> str:
    """The cause for a wrong token."""
    return f"{TOKEN} must be {TOKEN_RULE.must_be}"


def paid_with(*names: str, **changes: object) -> Event:
    """The ride's event with these of the card's fields, and with some fields changed."""
    others = [name for name in CARD_FIELDS if name not in names]
    return Event(event_without(*others) | changes)


def execution_input(fare: Event) -> Event:
    """The fields of a handler's event that an execution's input has."""
    return Event({name: value for name, value in fare.items() if name not in EXECUTION_FIELDS})


@pytest.mark.parametrize(
    "empty",
    [pytest.param([*CARD_FIELDS], id="all-empty"), pytest.param(["cvv"], id="one-empty"), pytest.param([], id="none")],
)
def test_a_ride_and_a_token_are_read_from_an_event_without_a_card(empty: list[str]) -> None:
    assert parse_charge(paid_with(paymentToken=GOOD_TOKEN, **dict.fromkeys(empty, ""))) == (RIDE, GOOD_TOKEN)


def test_an_empty_token_beside_a_card_counts_as_missing() -> None:
    ride, read = parse_charge(event(paymentToken=""))
    is_the_card = read == CARD
    assert is_the_card
    assert ride == RIDE


@pytest.mark.parametrize("token", WRONG_TOKENS)
@pytest.mark.parametrize("card", [pytest.param(WITHOUT_CARD, id="card-empty"), pytest.param({}, id="card-missing")])
def test_a_wrong_token_is_named_and_not_quoted(token: object, card: dict[str, object], tables: Tables) -> None:
    with pytest.raises(InvalidFare) as invalid:
        charge_fare.handler(paid_with(paymentToken=token, **card), CONTEXT)
    assert str(invalid.value) == token_cause()
    assert tables.everything() == EMPTY


@pytest.mark.parametrize("names", BESIDE)
@pytest.mark.parametrize("token", [GOOD_TOKEN, "zebra", None])
def test_a_token_beside_a_card_is_named_in_any_combination(names: list[str], token: object, tables: Tables) -> None:
    with pytest.raises(InvalidFare) as invalid:
        charge_fare.handler(paid_with(*names, paymentToken=token), CONTEXT)
    assert str(invalid.value) == token_cause()
    assert tables.everything() == EMPTY


@pytest.mark.parametrize("value", WRONG_TYPES[1:])
def test_a_token_beside_an_invalid_card_is_named(value: object, tables: Tables) -> None:
    with pytest.raises(InvalidFare) as invalid:
        charge_fare.handler(paid_with(paymentToken=GOOD_TOKEN, cvv=value), CONTEXT)
    assert names_in(str(invalid.value)) == [TOKEN]
    assert tables.everything() == EMPTY


@pytest.mark.parametrize("token", [pytest.param({"paymentToken": ""}, id="empty"), pytest.param({}, id="missing")])
@pytest.mark.parametrize("card", [pytest.param(WITHOUT_CARD, id="card-empty"), pytest.param({}, id="card-missing")])
def test_a_ride_with_neither_card_nor_token_is_asked_for_the_card(
    token: dict[str, object], card: dict[str, object], tables: Tables
) -> None:
    with pytest.raises(InvalidFare) as invalid:
        charge_fare.handler(paid_with(**token, **card), CONTEXT)
    assert names_in(str(invalid.value)) == [*CARD_FIELDS]
    assert tables.everything() == EMPTY


def test_a_wrong_token_is_named_beside_every_other_wrong_field(tables: Tables) -> None:
    with pytest.raises(InvalidFare) as invalid:
        charge_fare.handler(paid_with(paymentToken="zebra", fareId="", fareAmount="$0.00"), CONTEXT)
    assert names_in(str(invalid.value)) == ["fareId", "fareAmount", TOKEN]
    assert "zebra" not in str(invalid.value)
    assert tables.everything() == EMPTY


@pytest.mark.parametrize(
    ("fare", "complete"),
    [
        pytest.param(event(), True, id="card"),
        pytest.param(paid_with(paymentToken=GOOD_TOKEN), True, id="token"),
        pytest.param(event(extra=["zebra"]), True, id="card-and-unknown-field"),
        pytest.param(paid_with(), False, id="neither"),
        pytest.param(paid_with(paymentToken=""), False, id="empty-token"),
        pytest.param(event(paymentToken=""), False, id="empty-token-beside-card"),
        pytest.param(event(paymentToken=GOOD_TOKEN), False, id="token-beside-card"),
        pytest.param(paid_with("cvv", paymentToken=GOOD_TOKEN), False, id="token-beside-code"),
        pytest.param(paid_with(paymentToken=GOOD_TOKEN, **WITHOUT_CARD), False, id="token-beside-empty-card"),
        pytest.param(paid_with(paymentToken=GOOD_TOKEN, cc=None), False, id="token-beside-null"),
        pytest.param(paid_with("cc", "cvv"), False, id="part-of-a-card"),
        pytest.param(event(cvv=""), False, id="empty-code"),
        pytest.param(event_without("fareId"), False, id="card-without-fare"),
        pytest.param(paid_with(paymentToken=GOOD_TOKEN, fareAmount="$0.00"), False, id="token-with-wrong-fare"),
    ],
)
def test_an_input_is_complete_with_either_a_card_or_a_token(fare: Event, complete: bool) -> None:
    assert is_whole_input(execution_input(fare)) is complete


@pytest.mark.parametrize("token", WRONG_TOKENS)
def test_an_input_with_a_wrong_token_is_not_complete(token: object) -> None:
    assert not is_whole_input(execution_input(paid_with(paymentToken=token)))

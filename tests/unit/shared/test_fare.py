"""The fares that a handler accepts: bad input is named, never quoted, and costs nothing."""

from collections.abc import Callable
from typing import Any

import pytest

from lambda_src.accounts import credit_customer_account, reverse_account_credit
from lambda_src.errors import InvalidFare
from lambda_src.fare import CARD_FIELDS, FARE_FIELDS, parse_charge, parse_ride
from lambda_src.payments import charge_fare, refund_fare
from tests.support.handlers.audit import audit
from tests.support.handlers.rides import CARD, CONTEXT, RIDE, Event, card_fields_in, event, event_without
from tests.support.handlers.tables import Tables

Handler = Callable[[Any, Any], dict[str, str]]

HANDLERS = [
    pytest.param(charge_fare.handler, id="ChargeFare"),
    pytest.param(refund_fare.handler, id="RefundFare"),
    pytest.param(credit_customer_account.handler, id="CustomerAccountCredit"),
    pytest.param(reverse_account_credit.handler, id="ReverseAccountCredit"),
]
EXECUTION_FIELDS = ("sagaId", "startTime")
EMPTY: dict[str, list[object]] = {"Payments": [], "Gateway": [], "Accounts": []}

WRONG_TYPES = [
    pytest.param("", id="empty"),
    pytest.param(None, id="null"),
    pytest.param(2000, id="number"),
    pytest.param(True, id="boolean"),
    pytest.param(["zebra"], id="list"),
    pytest.param({"zebra": "zebra"}, id="object"),
]
WRONG_AMOUNTS = [
    pytest.param("$0.00", id="zero"),
    pytest.param("$000000.00", id="long-zero"),
    pytest.param("$20", id="no-cents"),
    pytest.param("$20.0", id="one-decimal"),
    pytest.param("$20.000", id="three-decimals"),
    pytest.param("20.00", id="no-dollar"),
    pytest.param("$1234567.00", id="seven-digits"),
    pytest.param("$20.00\n", id="line-break"),
    pytest.param(" $20.00", id="space"),
    pytest.param("-$20.00", id="negative"),
    pytest.param("$-20.00", id="negative-digits"),
    pytest.param("$\uff12\uff10.\uff10\uff10", id="full-width-digits"),
    pytest.param("$20,00", id="comma"),
    pytest.param("$.50", id="without-dollars"),
]
WRONG_CARD_FIELDS = [
    pytest.param("cc", "1" * 11, id="11-digits"),
    pytest.param("cc", "1" * 20, id="20-digits"),
    pytest.param("cc", "zebra" * 3, id="letters"),
    pytest.param("cc", "\uff11" * 16, id="full-width-number"),
    pytest.param("cc", "1" * 16 + "\n", id="number-and-line-break"),
    pytest.param("expiryDate", "13/39", id="month-13"),
    pytest.param("expiryDate", "00/39", id="month-0"),
    pytest.param("expiryDate", "11/2039", id="long-year"),
    pytest.param("cvv", "12", id="2-digits"),
    pytest.param("cvv", "12345", id="5-digits"),
]


def names_in(cause: str) -> list[str]:
    """The fields in the cause of an InvalidFare."""
    return [part.split(" must be ")[0] for part in cause.split("; ")]


@pytest.fixture(autouse=True)
def _works_on_tables(request: pytest.FixtureRequest) -> None:
    request.getfixturevalue("stepper")


@pytest.mark.parametrize("handler", HANDLERS)
@pytest.mark.parametrize("field", [*EXECUTION_FIELDS, *FARE_FIELDS])
@pytest.mark.parametrize("value", WRONG_TYPES)
def test_a_field_of_the_wrong_type_is_named(handler: Handler, field: str, value: object, tables: Tables) -> None:
    with pytest.raises(InvalidFare) as invalid:
        handler(event(**{field: value}), CONTEXT)
    assert names_in(str(invalid.value)) == [field]
    assert "zebra" not in str(invalid.value)
    assert tables.everything() == EMPTY


@pytest.mark.parametrize("handler", HANDLERS)
@pytest.mark.parametrize("value", WRONG_AMOUNTS)
def test_a_wrong_amount_is_named_and_not_quoted(handler: Handler, value: str, tables: Tables) -> None:
    with pytest.raises(InvalidFare) as invalid:
        handler(event(fareAmount=value), CONTEXT)
    assert names_in(str(invalid.value)) == ["fareAmount"]
    examples = FARE_FIELDS["fareAmount"].must_be
    assert value not in str(invalid.value).replace(examples, "")
    assert tables.everything() == EMPTY


@pytest.mark.parametrize("field", CARD_FIELDS)
@pytest.mark.parametrize("value", WRONG_TYPES)
def test_a_card_field_of_the_wrong_type_is_named(field: str, value: object, tables: Tables) -> None:
    with pytest.raises(InvalidFare) as invalid:
        charge_fare.handler(event(**{field: value}), CONTEXT)
    assert names_in(str(invalid.value)) == [field]
    assert tables.everything() == EMPTY


@pytest.mark.parametrize(("field", "value"), WRONG_CARD_FIELDS)
def test_a_wrong_card_field_is_named_and_not_quoted(field: str, value: str, tables: Tables) -> None:
    with pytest.raises(InvalidFare) as invalid:
        charge_fare.handler(event(**{field: value}), CONTEXT)
    assert names_in(str(invalid.value)) == [field]
    assert value not in str(invalid.value).replace(CARD_FIELDS[field].must_be, "")
    assert tables.everything() == EMPTY


@pytest.mark.parametrize(
    ("field", "value"),
    [
        pytest.param("cvv", "4", id="a-digit-of-the-rule"),
        pytest.param("expiryDate", "MM/YY", id="the-form-itself"),
        pytest.param("cc", " ", id="a-space"),
    ],
)
def test_a_wrong_card_field_is_named_even_if_it_resembles_the_rule(field: str, value: str) -> None:
    with pytest.raises(InvalidFare) as invalid:
        charge_fare.handler(event(**{field: value}), CONTEXT)
    assert str(invalid.value) == f"{field} must be {CARD_FIELDS[field].must_be}"


@pytest.mark.parametrize("handler", HANDLERS)
@pytest.mark.parametrize("field", [*EXECUTION_FIELDS, *FARE_FIELDS])
def test_a_missing_field_is_named(handler: Handler, field: str, tables: Tables) -> None:
    with pytest.raises(InvalidFare) as invalid:
        handler(event_without(field), CONTEXT)
    assert names_in(str(invalid.value)) == [field]
    assert tables.everything() == EMPTY


def test_each_wrong_field_of_the_ride_and_of_the_card_is_named_at_once(tables: Tables) -> None:
    with pytest.raises(InvalidFare) as invalid:
        charge_fare.handler(event_without("fareId", "cvv"), CONTEXT)
    assert sorted(names_in(str(invalid.value))) == ["cvv", "fareId"]
    assert tables.everything() == EMPTY


@pytest.mark.parametrize("handler", HANDLERS)
@pytest.mark.parametrize(
    "not_an_event",
    [
        pytest.param(None, id="null"),
        pytest.param([], id="list"),
        pytest.param("fare", id="string"),
        pytest.param(20, id="number"),
        pytest.param({}, id="empty-object"),
    ],
)
def test_an_event_that_is_not_an_object_names_every_field(
    handler: Handler, not_an_event: object, tables: Tables
) -> None:
    with pytest.raises(InvalidFare) as invalid:
        handler(not_an_event, CONTEXT)
    assert set(names_in(str(invalid.value))) >= {*EXECUTION_FIELDS, *FARE_FIELDS}
    assert tables.everything() == EMPTY


@pytest.mark.parametrize("field", ["customerId", "fareId"])
@pytest.mark.parametrize(
    "value",
    [
        pytest.param("x", id="1-character"),
        pytest.param("x" * 128, id="128-characters"),
        pytest.param("\U0001f984" * 128, id="128-unicorns"),
        pytest.param("Zo\u00eb \u5c71\u7530\n\u0001", id="unicode-and-control"),
    ],
)
def test_an_identifier_may_be_any_text(field: str, value: str, tables: Tables) -> None:
    charge_fare.handler(event(**{field: value}), CONTEXT)
    credit_customer_account.handler(event(**{field: value}), CONTEXT)
    assert audit(tables) == []


@pytest.mark.parametrize("handler", HANDLERS)
@pytest.mark.parametrize("field", ["customerId", "fareId"])
def test_an_identifier_of_129_characters_is_refused(handler: Handler, field: str, tables: Tables) -> None:
    with pytest.raises(InvalidFare) as invalid:
        handler(event(**{field: "z" * 129}), CONTEXT)
    assert names_in(str(invalid.value)) == [field]
    assert "zz" not in str(invalid.value)
    assert tables.everything() == EMPTY


@pytest.mark.parametrize(
    ("amount", "amount_minor"),
    [("$0.01", 1), ("$20.00", 2000), ("$007.50", 750), ("$999999.99", 99999999)],
)
def test_an_amount_is_read_in_minor_units(amount: str, amount_minor: int) -> None:
    assert parse_ride(event(fareAmount=amount)).amount_minor == amount_minor


@pytest.mark.parametrize("handler", HANDLERS)
def test_unknown_fields_are_ignored_and_never_kept(handler: Handler, tables: Tables) -> None:
    handler(event(extra="zebra", nested={"zebra": ["zebra"]}), CONTEXT)
    assert "zebra" not in str(tables.everything())


def test_a_ride_and_a_card_are_read_from_the_event() -> None:
    assert parse_ride(event()) == RIDE
    _, read = parse_charge(event())
    same = read == CARD
    assert same
    assert card_fields_in(repr(read)) == []
    assert card_fields_in(repr(Event(event()))) == []

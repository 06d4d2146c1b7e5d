"""The rule of an id is what every service on the way carries, for every character that there is."""

import re
import sys

import pytest

from lambda_src import text
from lambda_src.dynamodb import is_key
from lambda_src.errors import InvalidFare
from lambda_src.fare import FARE_FIELDS, parse_ride
from tests.support.characters import carried, refused
from tests.support.handlers.rides import event

IDENTIFIERS = ("customerId", "fareId")


@pytest.mark.parametrize("field", IDENTIFIERS)
def test_an_id_may_have_the_characters_of_a_message_and_no_other(field: str) -> None:
    rule = FARE_FIELDS[field]
    wrong = [code for code in range(sys.maxunicode + 1) if rule.accepts(chr(code)) != carried(code)]
    assert [f"{code:#x}" for code in wrong] == []


@pytest.mark.parametrize("field", IDENTIFIERS)
def test_the_longest_id_is_a_key_of_any_table(field: str) -> None:
    longest = "\U0010ffff" * 128
    assert FARE_FIELDS[field].accepts(longest)
    assert not FARE_FIELDS[field].accepts(f"{longest}x")
    assert is_key(f"customer#{longest}")


@pytest.mark.parametrize("field", ["sagaId", "startTime", *FARE_FIELDS])
def test_a_handler_refuses_what_a_message_cannot_have(field: str) -> None:
    given = event()
    for wrong in refused():
        with pytest.raises(InvalidFare, match=f"^{field} must be "):
            parse_ride({**given, field: f"{given[field]}{wrong}"})


def test_what_is_not_carried_is_all_that_is_refused() -> None:
    found = {code for code in range(sys.maxunicode + 1) if re.fullmatch(text.NOT_CARRIED, chr(code))}
    assert found == {ord(one) for one in refused()}

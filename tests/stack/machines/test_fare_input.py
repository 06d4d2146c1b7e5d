"""The machine and the handlers have the same rules for the input."""

import json
from typing import Any

import jsonata
import pytest

from lambda_src.fare import CARDS, INPUT_FIELDS
from wild_rydes_saga.deployed.rides import LAB_FARE
from wild_rydes_saga.services import fare_input
from wild_rydes_saga.services.fare_input import THIS_EXECUTION

CANDIDATES: list[Any] = [
    *(None, True, 0, 7, -1, 20.5, [], {}, ["3"], {"a": "b"}, "", " ", "3", "x" * 128, "x" * 129, "ü" * 128, "\n"),
    *("$20.00", "$0.00", "$0.01", "$000.00", "$999999.99", "$1000000.00", "$20", "20.00", "$20.0", "$20.000"),
    *("-$20.00", "$-1.00", "$2,000.00", "$20.00\n", "\n$20.00", "$20.00 ", "€20.00", "$２0.00", "$1e3.00", "$ 20.00"),
    *("2" * 11, "2" * 12, "2" * 19, "2" * 20, "2424 2424 2424 2424", "2424-2424-2424-2424", "2424  2424 2424 2424"),
    *(" 242424242424", "242424242424\n", "2424 2424 2424 242a", "٢" * 16),
    *("01/30", "12/22", "13/22", "00/22", "1/22", "12/2022", "12-22", "12/22\n"),
    *("111", "9876", "12", "12345", "12a", "111\n"),
]


def evaluate(body: str, given: Any) -> Any:
    """Evaluates a JSONata expression of the machine for an execution's input."""
    # Outside Step Functions $states is a variable like any other.
    return jsonata.Jsonata(f"($states := context; {body})").evaluate(
        {"context": {"context": {"Execution": {"Input": given}}}}
    )


@pytest.mark.parametrize("field", INPUT_FIELDS)
def test_the_machine_and_the_handlers_agree_on_every_value(field: str) -> None:
    for value in CANDIDATES:
        cause = evaluate(fare_input.wrong_fields_cause(CARDS), {**LAB_FARE, field: value})
        assert (f"{field} must be" not in cause) == INPUT_FIELDS[field].accepts(value), json.dumps(value)
        assert cause.count("must be") <= 1


@pytest.mark.parametrize("given", [None, 3, "fare", True, [], [dict(LAB_FARE)], {}])
def test_an_input_that_is_not_an_object_is_wrong_in_every_field(given: Any) -> None:
    cause = evaluate(fare_input.wrong_fields_cause(CARDS), given)
    assert all(f"{name} must be" in cause for name in INPUT_FIELDS)
    assert evaluate(fare_input.valid_fields(THIS_EXECUTION), given) == {}
    assert evaluate(fare_input.fare_is_named(THIS_EXECUTION), given) is False


def test_only_the_fares_own_valid_fields_are_copied() -> None:
    assert evaluate(fare_input.valid_fields(THIS_EXECUTION), {**LAB_FARE, "fareAmount": 20, "tip": "1"}) == {
        "customerId": "3",
        "fareId": "wr_563",
    }


def test_a_checked_field_fails_when_any_field_is_wrong_and_quotes_no_value() -> None:
    assert evaluate(fare_input.checked("fareId", CARDS), LAB_FARE) == "wr_563"
    with pytest.raises(jsonata.JException) as refused:
        evaluate(fare_input.checked("fareId", CARDS), {**LAB_FARE, "cc": "9876 5432"})
    assert "cc must be" in str(refused.value)
    assert "9876" not in str(refused.value)

"""A Choice in JSONPath after a Catch that puts its error beside the data: the same is found however it asks for it."""

from typing import Any

import pytest

from tests.support.sagalint.small import DONE, FAILED, Definition, rules_in, saga, task

THERE = {"Variable": "$.trouble", "IsPresent": True}
ASKS: list[Any] = [
    pytest.param(THERE, id="whether it is there"),
    pytest.param({"And": [THERE, {"Variable": "$.trouble.Error", "IsString": True}]}, id="and has a name"),
    pytest.param({"And": [THERE, {"Variable": "$.trouble", "IsString": False}]}, id="and is not a text"),
    pytest.param({"And": [THERE, {"Not": {"Variable": "$.trouble", "IsNull": True}}]}, id="and is not null"),
    pytest.param({"And": [THERE, {"Variable": "$.trouble.Cause", "IsNull": False}]}, id="and has a cause"),
    pytest.param({"Or": [THERE, {"Variable": "$.trouble.Error", "StringEquals": "Late"}]}, id="or has this name"),
]


def _asking(asked: Definition, *, yes: str, no: str) -> Definition:
    return saga(
        ReserveDrill=task("ChargeDeposit", "Failed__"),
        ChargeDeposit=task("Failed__", "Failed__"),
        Failed__={"Type": "Choice", "Choices": [{**asked, "Next": yes}], "Default": no},
        Rented=DONE,
        RefundDeposit=task("ReleaseDrill", "NotUndone"),
        ReleaseDrill=task("CalledOff", "NotUndone"),
        CalledOff=FAILED,
        NotUndone={**FAILED, "Error": "RentalStuck"},
    )


@pytest.mark.parametrize("asked", ASKS)
def test_a_right_question_finds_nothing(asked: Definition) -> None:
    assert "ends-in-success" not in rules_in(_asking(asked, yes="RefundDeposit", no="Rented"))
    assert "ends-in-success" not in rules_in(_asking({"Not": asked}, yes="Rented", no="RefundDeposit"))


@pytest.mark.parametrize("asked", ASKS)
def test_a_question_turned_round_is_found(asked: Definition) -> None:
    assert "ends-in-success" in rules_in(_asking(asked, yes="Rented", no="RefundDeposit"))


def test_what_an_error_does_not_settle_goes_both_ways() -> None:
    asked = {"And": [THERE, {"Variable": "$.trouble.Error", "StringEquals": "Late"}]}
    assert "ends-in-success" in rules_in(_asking(asked, yes="RefundDeposit", no="Rented"))

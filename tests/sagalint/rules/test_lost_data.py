"""What is read and was replaced: what stops every saga comes first, and one missing ResultPath is one finding."""

from typing import Any

import pytest

from tests.support.sagalint.small import ALL, DONE, FAILED, Definition, choice, found_in, saga, task

ID: dict[str, Any] = {"Parameters": {"FunctionName": "any", "Payload": {"id.$": "$.rental"}}}
INVOKED: Definition = {"Resource": "arn:aws:states:::lambda:invoke", **ID}
REPLACES: Definition = {**INVOKED, "ResultPath": "$"}
KEEPS: Definition = {**INVOKED, "ResultPath": None}
UNDO = {
    "RefundDeposit": task("ReleaseDrill", **REPLACES),
    "ReleaseDrill": task("CalledOff", **KEEPS),
    "CalledOff": FAILED,
}
BARE = [{"ErrorEquals": [ALL], "Next": "RefundDeposit"}]


def lost(**states: Definition) -> list[tuple[str, ...]]:
    found = found_in(saga(**states))
    return [(one.rule.id, *one.states) for one in found]


def test_what_stops_every_saga_comes_first() -> None:
    first, *others = lost(
        ReserveDrill=task("ChargeDeposit", "ReleaseDrill", **REPLACES),
        ChargeDeposit=task("Rented", "RefundDeposit", **KEEPS),
        Rented=DONE,
        **UNDO,
    )
    assert first[:2] == ("read-undefined", "ReserveDrill")
    assert ("read-undefined", "RefundDeposit", "ReleaseDrill") in others


def test_of_several_the_first_that_is_come_to_is_first() -> None:
    first, *_ = lost(
        ReserveVan=task("ChargeDeposit", "ReleaseDrill", **REPLACES),
        ChargeDeposit=task("AddPoints", "RefundDeposit", **REPLACES),
        AddPoints=task("Rented", "RefundDeposit", **KEEPS),
        Rented=DONE,
        **UNDO,
    )
    assert first[:3] == ("read-undefined", "ReserveVan", "ChargeDeposit")


def test_also_behind_a_choice_that_every_saga_passes() -> None:
    first, *_ = lost(
        CheckRenter=task("Known"),
        Known=choice("CalledOff", CheckRenter="ReserveDrill"),
        ReserveDrill=task("ChargeDeposit", "ReleaseDrill", **REPLACES),
        ChargeDeposit=task("Rented", "RefundDeposit", **KEEPS),
        Rented=DONE,
        **UNDO,
    )
    assert first[:2] == ("read-undefined", "ReserveDrill")


def test_what_only_some_sagas_come_to_does_not() -> None:
    first, *_ = lost(
        ReserveDrill=task("ChargeDeposit", "ReleaseDrill", **KEEPS),
        ChargeDeposit=task("Member", "RefundDeposit", ResultPath="$.deposit"),
        Member=choice("Rented", deposit="GivePoints"),
        GivePoints=task("GiveVoucher", "RefundDeposit", **REPLACES),
        GiveVoucher=task("Rented", "RefundDeposit", **KEEPS),
        Rented=DONE,
        **UNDO,
    )
    assert first == ("read-undefined", "GivePoints", "RefundDeposit", "GiveVoucher")


def test_one_missing_result_path_in_several_catches_is_one_finding() -> None:
    found = found_in(
        saga(
            ReserveDrill=task("ChargeDeposit", Catch=[{**BARE[0], "Next": "ReleaseDrill"}]),
            ChargeDeposit=task("PackDrill", Catch=BARE),
            PackDrill=task("Rented", Catch=BARE),
            Rented=DONE,
            **{**UNDO, "RefundDeposit": task("ReleaseDrill", "ReleaseDrill", **KEEPS)},
        )
    )
    about = [{*one.states} for one in found if one.rule.id == "read-undefined"]
    assert about == [{"ReserveDrill", "ChargeDeposit", "PackDrill", "RefundDeposit", "ReleaseDrill"}]


@pytest.mark.parametrize("beside", ["$.undone", None], ids=["with a result beside the error", "with nothing beside it"])
def test_a_catch_is_blamed_for_what_its_error_replaced(beside: str | None) -> None:
    found = found_in(
        saga(
            ReserveDrill=task("ChargeDeposit", "ReleaseDrill"),
            ChargeDeposit=task("Rented", Catch=[{**BARE[0], "Next": "ReleaseDrill"}]),
            Rented=DONE,
            ReleaseDrill=task("TellRenter", "TellRenter", ResultPath=beside),
            TellRenter=task("CalledOff", **KEEPS),
            CalledOff=FAILED,
        )
    )
    about = [one for one in found if one.rule.id == "read-undefined"]
    assert len(about) == 1
    assert "TellRenter" in about[0].states
    assert "Catch of ChargeDeposit" in about[0].fix

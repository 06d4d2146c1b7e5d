"""A step whose failure goes on as its success does: whether somebody misses what it would have done."""

from typing import Any

import pytest

from sagalint.rules.finding import Level
from tests.support.sagalint.small import DONE, FAILED, Definition, choice, found_in, saga, task


def rental(name: str, step: Definition, **more: Definition) -> Definition:
    """Tools are reserved and a deposit is charged, each undone when it must be, before a step that may be swallowed."""
    return saga(
        ReserveTools=task("ChargeDeposit", "ReleaseTools"),
        ChargeDeposit=task(name, "RefundDeposit"),
        **{name: step},
        **more,
        Rented=DONE,
        RefundDeposit=task("ReleaseTools", "ReleaseTools"),
        ReleaseTools=task("CalledOff", "CalledOff"),
        CalledOff=FAILED,
    )


def found(machine: Definition) -> list[tuple[str, Level, str]]:
    """What is found, but for a rollback that gives up silently."""
    every = [one for one in found_in(machine) if one.rule.id != "wrong-ending"]
    return [(one.rule.id, one.level, one.states[0]) for one in every]


WARNED = [("ends-in-success", Level.WARNING, "Rented")]
MISSED = (
    "ShipTools DispatchParcel DeliverOrder IssueTicket EmitirBilhete TicketAusstellen AllocateServer OpenAccount "
    "RegisterMember DeductStock RentTrailer"
)
SPARED = (
    "AddLoyaltyPoints RecommendTools UpdateRanking LogRental SendReceipt CollectFeedback CaptureSnapshot CheckWeather "
    "RefreshCache RemoveDraft IssueLoyaltyPoints ScoreRenter"
)


@pytest.mark.parametrize("name", MISSED.split())
def test_what_somebody_has_paid_for_is_missed(name: str) -> None:
    assert found(rental(name, task("Rented", "Rented"))) == WARNED


@pytest.mark.parametrize("name", SPARED.split())
def test_what_comes_on_top_may_be_left_out(name: str) -> None:
    assert not found(rental(name, task("Rented", "Rented")))


def caught(**ways: str) -> dict[str, Any]:
    errors = {error.replace("_", "."): then for error, then in ways.items()}
    return {
        "Catch": [{"ErrorEquals": [error], "ResultPath": "$.trouble", "Next": then} for error, then in errors.items()]
    }


TROUBLE: Definition = {
    "Type": "Choice",
    "Choices": [{"Variable": "$.trouble", "IsPresent": True, "Next": "RefundDeposit"}],
    "Default": "Rented",
}


@pytest.mark.parametrize(
    "machine",
    [
        rental("ShipTools", task("Rented", **caught(AlreadyShipped="Rented", States_ALL="RefundDeposit"))),
        rental("ShipTools", task("Trouble", "Trouble"), Trouble=TROUBLE),
        rental("ShipTools", task("FindParcel", "FindParcel"), FindParcel=task("Rented", "RefundDeposit")),
        rental("Heavy", choice("Rented", weight="ShipTools"), ShipTools=task("Rented", "Rented")),
    ],
    ids=["it was done before", "a Choice asks", "it is looked for", "only some want it"],
)
def test_a_failure_that_is_asked_about_is_not_swallowed(machine: Definition) -> None:
    assert not found(machine)


def unpaid(caught: str, **more: Definition) -> Definition:
    """Tools and a trailer are reserved, and the charge comes last."""
    return saga(
        ReserveTools=task("RentTrailer", "ReleaseTools"),
        RentTrailer=task("ChargeDeposit", "ReturnTrailer"),
        ChargeDeposit=task("Rented", caught),
        **more,
        Rented=DONE,
        ReturnTrailer=task("ReleaseTools", "ReleaseTools"),
        ReleaseTools=task("CalledOff", "CalledOff"),
        CalledOff=FAILED,
    )


@pytest.mark.parametrize("caught", ["Rented", "Note"], ids=["straight", "by a note"])
def test_what_a_swallowed_charge_would_have_paid_for_stands(caught: str) -> None:
    note = {"Note": {"Type": "Pass", "Next": "Rented"}} if caught == "Note" else {}
    assert found(unpaid(caught, **note)) == [("doubt-not-compensated", Level.ERROR, "ChargeDeposit"), *WARNED]


def test_a_charge_that_is_undone_leaves_nothing() -> None:
    assert not found(unpaid("RefundDeposit", RefundDeposit=task("ReturnTrailer", "ReturnTrailer")))

"""Faults of a rollback that one change fixes are one finding, as sure as what shows them."""

import pytest

from sagalint.rules.finding import Level
from tests.support.sagalint.small import DONE, FAILED, Definition, each, found_in, message, part, saga, task

KEPT = {**FAILED, "Error": "RentalStuck"}
ENDS: dict[str, Definition] = {"Rented": DONE, "CalledOff": FAILED, "Stuck": KEPT}


def rental(confirm: Definition, **undo: Definition) -> Definition:
    """A drill that is reserved, a deposit that is charged, a confirmation, and how all that is undone."""
    return saga(
        ReserveDrill=task("ChargeDeposit", "ReleaseDrill"),
        ChargeDeposit=task("ConfirmRental", "RefundDeposit"),
        ConfirmRental=confirm,
        **undo,
        **ENDS,
    )


WHOLE = {"RefundDeposit": task("ReleaseDrill", "Alert"), "ReleaseDrill": task("CalledOff", "Stuck")}
ALERT = message("ReleaseDrill", "Office", Catch=task(None, "ReleaseDrill")["Catch"])


def test_a_compensation_that_leads_past_another_is_one_finding() -> None:
    undo = {"RefundDeposit": task("CalledOff", "CalledOff"), "ReleaseDrill": task("CalledOff", "Stuck")}
    (finding,) = found_in(rental(task("Rented", "RefundDeposit"), **undo))
    assert finding.message.startswith("after RefundDeposit, ReserveDrill is done")
    assert finding.fix == "let RefundDeposit lead on to ReleaseDrill, by its Catch too"


def test_a_missing_catch_beside_a_way_past_is_a_fault_of_its_own() -> None:
    undo = {"RefundDeposit": task("CalledOff"), "ReleaseDrill": task("CalledOff", "Stuck")}
    found = [one.rule.id for one in found_in(rental(task("Rented", "RefundDeposit"), **undo))]
    assert found == ["doubt-not-compensated", "rollback-stops"]


@pytest.mark.parametrize("name", ["ConfirmRental", "CompleteRental", "ApproveRental"])
def test_what_leads_into_a_rollback_by_its_own_catch_is_not_the_commit(name: str) -> None:
    machine = rental(task("Rented", "ReleaseDrill"), **WHOLE, Alert=ALERT)
    states = {name if one == "ConfirmRental" else one: state for one, state in machine["States"].items()}
    states["ChargeDeposit"] = {**states["ChargeDeposit"], "Next": name}
    (finding,) = found_in({**machine, "States": states})
    assert finding.states == (name, "ChargeDeposit")
    assert finding.level is Level.ERROR


@pytest.mark.parametrize("then", ["RefundDeposit"])
def test_what_leads_into_the_whole_rollback_is_right(then: str) -> None:
    assert found_in(rental(task("Rented", then), **WHOLE, Alert=ALERT)) == []


def with_items(*, share: int | None, caught: str | None) -> Definition:
    """Tools that are reserved and released one by one, while that share of the releases may fail."""
    release = each(part(ReleaseTool=task()), then="CalledOff", caught=caught)
    tolerant = {} if share is None else {"ToleratedFailurePercentage": share}
    return saga(
        ReserveTools=each(part(ReserveTool=task()), then="ChargeDeposit", caught="ReleaseTools"),
        ChargeDeposit=task("Rented", "RefundDeposit"),
        RefundDeposit=task("ReleaseTools", "Alert"),
        Alert={**ALERT, "Next": "ReleaseTools", "Catch": task(None, "ReleaseTools")["Catch"]},
        ReleaseTools={**release, **tolerant, "ResultPath": None},
        **{name: end for name, end in ENDS.items() if caught or name != "Stuck"},
    )


@pytest.mark.parametrize("caught", ["Stuck", None])
def test_items_that_may_all_fail_stop_nothing_and_show_nothing(caught: str | None) -> None:
    (finding,) = found_in(with_items(share=100, caught=caught))
    assert (finding.rule.id, finding.states[0]) == ("wrong-ending", "ReleaseTool")


@pytest.mark.parametrize("share", [None, 0])
def test_an_item_that_fails_stops_the_others_of_its_map(share: int | None) -> None:
    assert [one.rule.id for one in found_in(with_items(share=share, caught="Stuck"))] == ["rollback-stops"]


def test_items_that_may_fail_on_the_way_forward_end_well() -> None:
    machine = with_items(share=100, caught="Stuck")
    states = machine["States"]
    states["ReserveTools"]["ToleratedFailurePercentage"] = 100
    assert "ends-in-success" not in {one.rule.id for one in found_in(machine)}


@pytest.mark.parametrize("beside", [{}, {"TellYard": task("CalledOff")}], ids=["", "and a message that none leads to"])
def test_a_compensation_that_nothing_leads_to_is_what_its_step_lacks(beside: dict[str, Definition]) -> None:
    """To lead a Catch there corrects both. What else no state leads to is a finding of its own."""
    machine = saga(
        ReserveDrill=task("ChargeDeposit", "ReleaseDrill"),
        ChargeDeposit=task("Rented"),
        RefundDeposit=task("ReleaseDrill"),
        ReleaseDrill=task("CalledOff"),
        **{name: end for name, end in ENDS.items() if name != "Stuck"},
        **beside,
    )
    refused = [one.states for one in found_in(machine) if one.rule.id == "refused-by-aws"]
    assert refused == ([("TellYard",)] if beside else [])

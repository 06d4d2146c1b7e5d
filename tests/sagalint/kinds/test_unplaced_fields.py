"""What only a step that failed, or another Catch, would have placed is not there; the input may have it."""

from typing import Any

import pytest

from sagalint import Finding
from sagalint.guess.plan import guess_plan
from sagalint.rules.finding import Level
from tests.support.sagalint.small import ALL, DONE, FAILED, Definition, choice, each, fork, found_in, part, saga, task


def given(*fields: str) -> Definition:
    """The Parameters of a task that is given some fields by name."""
    return {"Parameters": {f"{field.replace('.', '_')}.$": f"$.{field}" for field in fields}}


def caught(target: str, path: str = "$.trouble") -> Definition:
    return {"Catch": [{"ErrorEquals": [ALL], "ResultPath": path, "Next": target}]}


def undefined(machine: Definition) -> list[Finding]:
    return [one for one in found_in(machine) if one.rule.id == "read-undefined"]


RENTAL = given("rentalId")
END = {"Rented": DONE, "CalledOff": FAILED}
REFUND = task("ReleaseDrill", "ReleaseDrill", **given("ChargeDeposit.id"))
RELEASE = task("CalledOff", "CalledOff", **RENTAL)


def renting(**states: Definition) -> Definition:
    """A drill is reserved, the deposit charged, the drill packed; each by named fields, and each is undone."""
    usual = {
        "ReserveDrill": task("ChargeDeposit", "ReleaseDrill", **RENTAL),
        "ChargeDeposit": task("PackDrill", "RefundDeposit", **RENTAL),
        "PackDrill": task("Rented", "RefundDeposit", **RENTAL),
        "RefundDeposit": REFUND,
        "ReleaseDrill": RELEASE,
        **END,
    }
    return saga(**{**usual, **states})


def test_a_refund_reads_what_the_charge_that_failed_would_have_placed() -> None:
    first, *_ = found_in(renting())
    assert (first.rule.id, first.level) == ("read-undefined", Level.ERROR)
    assert first.states == ("RefundDeposit", "ChargeDeposit")
    assert "when ChargeDeposit fails with States.Timeout" in first.message
    assert "$.ChargeDeposit.id" in first.message
    assert [one.state for one in first.story] == ["ReserveDrill", "ChargeDeposit", "RefundDeposit"]


def test_that_is_a_warning_where_the_input_may_have_it() -> None:
    """An action that is handed everything may read the field of the input."""
    charge = task("PackDrill", "RefundDeposit")
    (finding,) = undefined(renting(ChargeDeposit=charge))
    assert finding.level is Level.WARNING
    assert finding.rests_on == ("the input has no $.ChargeDeposit",)


def test_it_is_also_found_in_the_branches_of_a_rollback() -> None:
    undo = fork(part(RefundDeposit=task(**given("ChargeDeposit.id"))), part(ReleaseDrill=task(**RENTAL)))
    machine = renting(
        ReserveDrill=task("ChargeDeposit", "UndoBoth", **RENTAL),
        ChargeDeposit=task("PackDrill", "UndoBoth", **RENTAL),
        PackDrill=task("Rented", "UndoBoth", **RENTAL),
        UndoBoth={**undo, "Next": "CalledOff"},
    )
    del machine["States"]["UndoBoth"]["End"]
    del machine["States"]["RefundDeposit"]
    del machine["States"]["ReleaseDrill"]
    (finding,) = undefined(machine)
    assert finding.states == ("RefundDeposit", "ReserveDrill")


def test_what_a_parallel_that_failed_would_have_placed_is_missing() -> None:
    machine = saga(
        TakeBoth=fork(
            part(ReserveDrill=task(**RENTAL)), part(ReserveVan=task(**RENTAL)), then="PackDrill", caught="ReleaseDrill"
        ),
        PackDrill=task("Rented", "ReleaseDrill", **RENTAL),
        ReleaseDrill=task("ReleaseVan", "ReleaseVan", Parameters={"id.$": "$.both[0].id"}),
        ReleaseVan=task("CalledOff", "CalledOff", **RENTAL),
        **END,
    )
    (finding,) = undefined(machine)
    assert (finding.level, finding.states) == (Level.ERROR, ("ReleaseDrill", "TakeBoth"))


def test_a_branch_that_undoes_its_own_step_is_checked_too() -> None:
    branch = part(
        ChargeDeposit=task("PrintBill", "RefundDeposit", **RENTAL),
        PrintBill=task(None, "RefundDeposit", **RENTAL),
        RefundDeposit=task("NoDeposit", "NoDeposit", **given("ChargeDeposit.id")),
        NoDeposit=FAILED,
    )
    item = {**each(branch, "Rented", "CalledOff"), "ItemSelector": {"rentalId.$": "$.rentalId"}}
    for around in (fork(branch, part(PackDrill=task()), then="Rented", caught="CalledOff"), item):
        (finding,) = undefined(saga(Around=around, **END))
        assert finding.states == ("RefundDeposit", "ChargeDeposit")


@pytest.mark.parametrize(
    "states",
    [
        {"ReserveDrill": task("ChargeDeposit", "ReleaseDrill", **given("rentalId", "ChargeDeposit"))},
        {"Begin": {"Type": "Pass", "Result": {"id": None}, "ResultPath": "$.ChargeDeposit", "Next": "ReserveDrill"}},
        {
            "RefundDeposit": task(
                "ReleaseDrill", "ReleaseDrill", Parameters={"id.$": "$$.Execution.Input.ChargeDeposit"}
            )
        },
        {"ReserveDrill": task("ChargeDeposit", "ReleaseDrill", ResultPath="$", **RENTAL)},
        {
            "RefundDeposit": {
                "Type": "Choice",
                "Choices": [{"Variable": "$.ChargeDeposit", "IsPresent": True, "Next": "Refund"}],
                "Default": "ReleaseDrill",
            },
            "Refund": REFUND,
        },
        {
            "ChargeDeposit": task("Paid", "NothingCharged", **RENTAL),
            "NothingCharged": {"Type": "Pass", "Result": {"ok": False}, "ResultPath": "$.paid", "Next": "Charged"},
            "Paid": {"Type": "Pass", "Result": {"ok": True}, "ResultPath": "$.paid", "Next": "PackDrill"},
            "PackDrill": task("Rented", "Charged", **RENTAL),
            "ReserveDrill": task("ChargeDeposit", "CalledOff", **RENTAL),
            "Charged": choice("ReleaseDrill", paid="RefundDeposit"),
        },
    ],
    ids=[
        "an earlier state reads it",
        "the first state places it",
        "the execution's input has it",
        "a result has replaced everything",
        "a Choice asks whether it is there",
        "a Choice asks for what is placed with it",
    ],
)
def test_what_may_be_there_is_not_reported(states: dict[str, Any]) -> None:
    first = {name: state for name, state in states.items() if name == "Begin"}
    machine = renting(**states)
    machine["States"] = {**first, **machine["States"]}
    machine["StartAt"] = next(iter(machine["States"]))
    assert not undefined(machine)


NAMED = {"Type": "Fail", "ErrorPath": "$.trouble.Error", "CausePath": "$.trouble.Cause"}


def test_an_error_that_another_catch_places_is_not_there() -> None:
    machine = renting(
        ChargeDeposit={**task("PackDrill", **RENTAL), **caught("RefundDeposit", "$.problem")},
        RefundDeposit=task("ReleaseDrill", **RENTAL),
        ReleaseDrill=task("CalledOff", **RENTAL),
        CalledOff=NAMED,
    )
    (finding,) = undefined(machine)
    assert (finding.level, finding.states) == (Level.ERROR, ("CalledOff", "ChargeDeposit"))
    assert "which only a Catch of" in finding.message


def test_an_error_is_not_there_where_a_choice_leads_to_the_same_end() -> None:
    machine = renting(
        PackDrill=task("Packed", "RefundDeposit", **RENTAL),
        Packed=choice("RefundDeposit", PackDrill="Rented"),
        RefundDeposit=task("ReleaseDrill", **RENTAL),
        ReleaseDrill=task("CalledOff", **RENTAL),
        CalledOff=NAMED,
    )
    (finding,) = undefined(machine)
    assert (finding.level, finding.states) == (Level.ERROR, ("CalledOff",))
    assert "where no error has led there" in finding.message


def test_an_error_that_no_catch_places_is_a_warning() -> None:
    machine = renting(
        RefundDeposit=task("ReleaseDrill", **RENTAL),
        ReleaseDrill=task("CalledOff", **RENTAL),
        CalledOff={"Type": "Fail", "Error": "RentalFailed", "CausePath": "$.problem.Cause"},
    )
    (finding,) = undefined(machine)
    assert (finding.level, finding.states[0]) == (Level.WARNING, "CalledOff")
    assert finding.rests_on == ("the input has no $.problem",)


def test_a_machine_that_is_given_an_error_may_read_it() -> None:
    machine = saga(
        ReportTrouble=task("ReserveDrill", **given("trouble.Cause")),
        ReserveDrill=task("PackDrill", "ReleaseDrill", **given("rentalId", "trouble.Error")),
        PackDrill=task("Rented", "ReleaseDrill", **RENTAL),
        ReleaseDrill=RELEASE,
        **END,
    )
    assert not undefined(machine)


def test_a_guessed_input_has_nothing_that_a_state_places() -> None:
    assert {*(guess_plan(renting()).plan.inputs or ())} == {"rentalId"}


def test_a_rollback_that_a_choice_leads_to_as_well_may_end_as_a_success() -> None:
    """It is none of the ways on which all goes well: what it reads is not what the input must have."""
    over = {"Type": "Pass", "Result": "called off", "End": True}
    machine = renting(
        ReserveDrill=task("Held", "ReleaseDrill", **RENTAL),
        Held=choice("ReleaseDrill", ReserveDrill="ChargeDeposit"),
        ReleaseDrill=task("RefundDeposit", "CalledOff", **RENTAL),
        ChargeDeposit=task("PackDrill", "ReleaseDrill", **RENTAL),
        PackDrill=task("Rented", "ReleaseDrill", **RENTAL),
        RefundDeposit=task("CalledOff", "CalledOff", **given("ChargeDeposit.id")),
        CalledOff=over,
    )
    finding, *_ = undefined(machine)
    assert finding.states[0] == "RefundDeposit"
    assert "$.ChargeDeposit.id, which only ChargeDeposit places" in finding.message

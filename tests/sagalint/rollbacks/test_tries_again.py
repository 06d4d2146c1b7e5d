"""Ways back to a compensation: what bounds them, what they repeat, and what is only a try again."""

from typing import Any

import pytest

from sagalint import check
from sagalint.plan import Plan, PlannedStep
from tests.support.sagalint.small import DONE, FAILED, Definition, choice, fork, found_in, part, rules_in, saga, task

KEPT = {**FAILED, "Error": "RentalStuck"}
COUNT: Definition = {
    "Type": "Pass",
    "Parameters": {"n.$": "States.MathAdd($.tries.n, 1)"},
    "ResultPath": "$.tries",
    "Next": "More",
}
ASK: Definition = {
    "Type": "Task",
    "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken",
    "Parameters": {"QueueUrl": "https://sqs.example/desk", "MessageBody.$": "$$.Task.Token"},
    "ResultPath": "$.answer",
    "TimeoutSeconds": 86400,
}


def compares(variable: str, below: int, then: str, default: str) -> Definition:
    return {
        "Type": "Choice",
        "Choices": [{"Variable": variable, "NumericLessThan": below, "Next": then}],
        "Default": default,
    }


def rental(**undo: Definition) -> Definition:
    return saga(
        Begin={"Type": "Pass", "Result": {"n": 0}, "ResultPath": "$.tries", "Next": "ReserveDrill"},
        ReserveDrill=task("ChargeDeposit", "ReleaseDrill"),
        ChargeDeposit=task("Rented", "RefundDeposit"),
        Rented=DONE,
        **undo,
        CalledOff=FAILED,
        Stuck=KEPT,
    )


RELEASED = {"ReleaseDrill": task("CalledOff", "Stuck")}
COUNTED = rental(
    RefundDeposit=task("ReleaseDrill", "Count"),
    Count=COUNT,
    More=compares("$.tries.n", 5, "RefundDeposit", "ReleaseStuck"),
    ReleaseStuck=task("Stuck", "Stuck", calls="ReleaseDrill"),
    **RELEASED,
)
"""The refund is repeated five times; then the drill alone is released, and the execution says so."""


def test_a_compensation_that_gave_up_and_is_tried_again_runs_once() -> None:
    assert rules_in(COUNTED) == []
    steps = (
        PlannedStep(action="ReserveDrill", compensation="ReleaseDrill", compensations=("ReleaseStuck",)),
        PlannedStep(action="ChargeDeposit", compensation="RefundDeposit"),
    )
    found = [one.rule.id for one in check(COUNTED, Plan(steps)).findings]
    assert "compensated-twice" not in found


def endless(machine: Definition) -> Any:
    return next(one for one in found_in(machine) if one.rule.id == "never-ends")


def test_the_catch_that_leads_back_is_named_and_what_it_repeats() -> None:
    machine = rental(
        RefundDeposit=task("ReleaseDrill", "ReleaseDrill"), ReleaseDrill=task("CalledOff", "RefundDeposit")
    )
    found = endless(machine)
    assert found.states[0] == "ReleaseDrill"
    assert "RefundDeposit runs again each time" in found.message


@pytest.mark.parametrize(("state", "waits"), [(ASK, True), (task(), False)], ids=["a person", "a task"])
def test_who_answers_in_the_ring_is_a_wait(state: Definition, waits: bool) -> None:
    between = {**state, "Next": "RefundDeposit"}
    between.pop("End", None)
    found = endless(rental(RefundDeposit=task("ReleaseDrill", "Desk"), Desk=between, **RELEASED))
    assert ("without a wait" not in found.message) is waits


@pytest.mark.parametrize(
    ("variable", "bounded"), [("$.tries.n", True), ("$.amount", False), ("$$.State.RetryCount", True)]
)
def test_only_what_the_ring_changes_bounds_it(variable: str, bounded: bool) -> None:
    machine = rental(
        RefundDeposit=task("ReleaseDrill", "Count"),
        Count=COUNT if variable == "$.tries.n" else {"Type": "Pass", "Next": "More"},
        More=compares(variable, 5, "RefundDeposit", "Stuck"),
        **RELEASED,
    )
    assert ("never-ends" not in rules_in(machine)) is bounded


def test_a_parallel_that_repeats_itself_is_one_finding() -> None:
    machine = saga(
        ReserveDrill=task("ReserveVan", "UndoBoth"),
        ReserveVan=task("Rented", "UndoBoth"),
        Rented=DONE,
        UndoBoth=fork(part(ReleaseDrill=task()), part(ReleaseVan=task()), then="CalledOff", caught="UndoBoth"),
        CalledOff=FAILED,
    )
    assert rules_in(machine) == ["never-ends"]


@pytest.mark.parametrize(("seconds", "found"), [(None, ["never-ends"]), (900, [])])
def test_a_catch_that_only_repeats_its_task_is_found_in_any_machine(seconds: int | None, found: list[str]) -> None:
    assert rules_in(saga(seconds, LoadPrices=task("Sorted", "LoadPrices"), Sorted=DONE)) == found


def test_a_fix_names_no_state_of_another_scope() -> None:
    machine = saga(
        TakeBoth=fork(
            part(ChargeDeposit=task(None, "RefundDeposit"), RefundDeposit=task("NoDeposit"), NoDeposit=FAILED),
            part(ReserveVan=task(None, "ReleaseVan"), ReleaseVan=task("NoVan"), NoVan=FAILED),
            then="Rented",
            caught="CalledOff",
        ),
        Rented=DONE,
        CalledOff=FAILED,
    )
    fixes = [one.fix for one in found_in(machine) if one.states[0] == "TakeBoth"]
    assert fixes
    assert all("to a state beside TakeBoth that does what" in one for one in fixes if "the Catch of TakeBoth" in one)


def test_a_fail_state_in_a_branch_stops_the_rollback_beside_it() -> None:
    machine = saga(
        ReserveDrill=task("ReserveVan", "UndoBoth"),
        ReserveVan=task("Rented", "UndoBoth"),
        Rented=DONE,
        UndoBoth=fork(
            part(ReleaseDrill=task(None, "DrillStays"), DrillStays=FAILED),
            part(ReleaseVan=task(None, "VanNoted"), VanNoted={"Type": "Pass", "End": True}),
            then="CalledOff",
            caught="Stuck",
        ),
        CalledOff=FAILED,
        Stuck=KEPT,
    )
    stops, silent = found_in(machine)
    assert (stops.rule.id, stops.states[:2]) == ("rollback-stops", ("UndoBoth", "ReleaseDrill"))
    assert (silent.rule.id, silent.states[0]) == ("wrong-ending", "ReleaseVan")


def test_a_refusal_that_is_only_marked_is_one_finding() -> None:
    mark = task(None, Resource="arn:aws:states:::dynamodb:updateItem")
    machine = saga(
        ChargeDeposit=task("CheckRenter", "RefundDeposit"),
        CheckRenter=task("Known", "RefundDeposit"),
        Known=choice("MarkDeclined", CheckRenter="PackDrill"),
        PackDrill=task("Rented", "RefundDeposit"),
        Rented=DONE,
        MarkDeclined=mark,
        RefundDeposit=task("CalledOff", "Stuck"),
        CalledOff=FAILED,
        Stuck=KEPT,
    )
    found = [one for one in found_in(machine) if one.rule.id == "doubt-not-compensated"]
    assert [one.states[0] for one in found] == ["Known"]

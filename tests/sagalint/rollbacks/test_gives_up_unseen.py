"""A compensation that gives up: whether anything shows it, by a task, another end, or an error that says so."""

from typing import Any

import pytest

from sagalint.rules.finding import Finding
from tests.support.sagalint.small import ALL, DONE, FAILED, Definition, fork, found_in, message, part, saga, task

KEPT = {**FAILED, "Error": "RentalStuck"}
OPEN: Definition = {"Type": "Pass", "Result": {"open": True}, "ResultPath": "$.state"}
CLOSED: Definition = {**OPEN, "Result": {"open": False}, "Next": "ReserveDrill"}


def caught(then: str, at: str) -> list[dict[str, Any]]:
    """A Catch that notes at a path what it caught."""
    return [{"ErrorEquals": [ALL], "ResultPath": at, "Next": then}]


def asks(variable: str, **test: Any) -> Definition:
    """A Choice that leads to another end if a field says that something is left."""
    return {"Type": "Choice", "Choices": [{"Variable": variable, **test, "Next": "Stuck"}], "Default": "CalledOff"}


def rental(**undo: Definition) -> Definition:
    """A drill and a deposit, and how they are given back."""
    return saga(
        Begin=CLOSED,
        ReserveDrill=task("ChargeDeposit", "ReleaseDrill"),
        ChargeDeposit=task("Rented", "RefundDeposit"),
        Rented=DONE,
        **undo,
        CalledOff=FAILED,
        Stuck=KEPT,
    )


def undone_at_once(then: str, **asked: Definition) -> Definition:
    """The same, undone in the branches of a Parallel, each of which says whether it is done."""
    done, left = ({"Type": "Pass", "Result": {"done": done}, "End": True} for done in (True, False))
    return saga(
        ReserveDrill=task("ChargeDeposit", "UndoBoth"),
        ChargeDeposit=task("Rented", "UndoBoth"),
        Rented=DONE,
        UndoBoth=fork(
            part(ReleaseDrill=task("DrillBack", "DrillLeft"), DrillBack=done, DrillLeft=left),
            part(RefundDeposit=task("DepositBack", "DepositLeft"), DepositBack=done, DepositLeft=left),
            then=then,
        ),
        **asked,
        CalledOff=FAILED,
        Stuck=KEPT,
    )


def in_jsonata(end: Definition, **asked: Definition) -> Definition:
    """The same in JSONata: the Catch of the refund sets a variable."""
    machine = rental(
        RefundDeposit=task("ReleaseDrill", "ReleaseDrill"), ReleaseDrill=task("HowWasIt", "Stuck"), **asked
    )
    states = machine["States"]
    for name in [*asked, "Begin", "RefundDeposit", "ReserveDrill", "ChargeDeposit", "ReleaseDrill"]:
        states[name] = {key: value for key, value in states[name].items() if key not in ("ResultPath", "Result")}
        for one in states[name].get("Catch", ()):
            one.pop("ResultPath")
            one["Output"] = "{% $states.input %}"
    states["Begin"]["Assign"] = {"open": False}
    states["RefundDeposit"]["Catch"][0]["Assign"] = {"open": "{% $exists($states.errorOutput) %}"}
    states["CalledOff"] = end
    return {**machine, "QueryLanguage": "JSONata"}


ASKED: Definition = {
    "Type": "Choice",
    "Choices": [{"Condition": "{% $open %}", "Next": "Stuck"}],
    "Default": "CalledOff",
}
BY_A_FLAG = rental(
    RefundDeposit=task("ReleaseDrill", "DepositOpen"),
    DepositOpen={**OPEN, "Next": "ReleaseDrill"},
    ReleaseDrill=task("HowWasIt", "DrillOpen"),
    DrillOpen={**OPEN, "Next": "HowWasIt"},
    HowWasIt=asks("$.state.open", BooleanEquals=True),
)
BY_WHAT_IS_THERE = rental(
    RefundDeposit=task("ReleaseDrill", Catch=caught("ReleaseDrill", "$.left.deposit")),
    ReleaseDrill=task("HowWasIt", Catch=caught("HowWasIt", "$.left.drill")),
    HowWasIt=asks("$.left", IsPresent=True),
)
BY_BRANCHES = undone_at_once("HowWasIt", HowWasIt=asks("$.both[0].done", BooleanEquals=False))
BY_A_VARIABLE = in_jsonata(FAILED, HowWasIt=ASKED)
BY_AN_ERROR = in_jsonata(
    {**FAILED, "Error": "{% $open ? 'RentalStuck' : 'RentalFailed' %}"}, HowWasIt={"Type": "Pass", "Next": "CalledOff"}
)
BY_A_PATH = {
    **BY_A_FLAG,
    "States": {
        **BY_A_FLAG["States"],
        "HowWasIt": {"Type": "Fail", "ErrorPath": "$.state.name", "CausePath": "$.state.name"},
    },
}
BY_AN_ALERT = rental(
    RefundDeposit=task("ReleaseDrill", "AlertOffice"),
    AlertOffice=message("ReleaseDrill", "Office", Catch=caught("ReleaseDrill", "$.unsent")),
    ReleaseDrill=task("CalledOff", "Stuck"),
)
BEHIND_A_PARALLEL = rental(
    RefundDeposit=fork(part(RefundCard=task(calls="RefundDeposit")), then="ReleaseDrill", caught="AlertOffice"),
    AlertOffice=message("ReleaseDrill", "Office", Catch=caught("ReleaseDrill", "$.unsent")),
    ReleaseDrill=task("CalledOff", "AlertYard"),
    AlertYard=message("CalledOff", "Yard", Catch=caught("CalledOff", "$.unsent")),
)
RETRIED = rental(
    RefundDeposit=task("ReleaseDrill", "Count"),
    Count={
        "Type": "Pass",
        "Parameters": {"n.$": "States.MathAdd($.tries.n, 1)"},
        "ResultPath": "$.tries",
        "Next": "More",
    },
    More={
        "Type": "Choice",
        "Choices": [{"Variable": "$.tries.n", "NumericLessThan": 5, "Next": "RefundDeposit"}],
        "Default": "Stuck",
    },
    ReleaseDrill=task("CalledOff", "Stuck"),
)


def endings(machine: Definition) -> list[Finding]:
    return [one for one in found_in(machine) if one.rule.id == "wrong-ending"]


@pytest.mark.parametrize(
    "machine",
    [
        BY_A_FLAG,
        BY_WHAT_IS_THERE,
        BY_BRANCHES,
        BY_A_VARIABLE,
        BY_AN_ERROR,
        BY_A_PATH,
        BY_AN_ALERT,
        BEHIND_A_PARALLEL,
        RETRIED,
    ],
    ids=["flag", "field", "branches", "variable", "error", "path", "alert", "alert behind a Parallel", "retry"],
)
def test_what_shows_that_a_compensation_gave_up_is_enough(machine: Definition) -> None:
    assert endings(machine) == []


ASKS_FOR_ANOTHER_THING = rental(
    RefundDeposit=task("ReleaseDrill", Catch=caught("ReleaseDrill", "$.kept")),
    ReleaseDrill=task("HowWasIt", "NotReleased"),
    NotReleased={**KEPT, "Error": "DrillStuck"},
    HowWasIt=asks("$.state.insured", BooleanEquals=True),
)
IGNORED_BESIDE_AN_ALERT = rental(
    RefundDeposit=task("ReleaseDrill", "Ignore"),
    Ignore={"Type": "Pass", "Next": "ReleaseDrill"},
    ReleaseDrill=task("CalledOff", "AlertYard"),
    AlertYard=message("CalledOff", "Yard", Catch=caught("CalledOff", "$.unsent")),
)
STUCK_BESIDE_A_SILENT_ONE = rental(
    RefundDeposit=task("ReleaseDrill", "ReleaseDrill"), ReleaseDrill=task("CalledOff", "Stuck")
)


@pytest.mark.parametrize(
    "machine",
    [ASKS_FOR_ANOTHER_THING, IGNORED_BESIDE_AN_ALERT, STUCK_BESIDE_A_SILENT_ONE],
    ids=["a Choice asks for something else", "an alert for another one", "another one has an end of its own"],
)
def test_only_the_compensation_of_which_nothing_shows_is_named(machine: Definition) -> None:
    (finding,) = endings(machine)
    assert finding.states[0] == "RefundDeposit"
    assert "ReleaseDrill" not in finding.states
    assert "RefundDeposit" in [moment.state for moment in finding.story if moment.errors]

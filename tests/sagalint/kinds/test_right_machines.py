"""What others do rightly, or on purpose, is found nothing in; each kind was once reported."""

import pytest

from sagalint import check
from sagalint.guess.plan import guess_plan
from sagalint.rules.finding import Level
from tests.support.sagalint.small import (
    ALL,
    DONE,
    FAILED,
    Definition,
    choice,
    fork,
    message,
    part,
    rules_in,
    saga,
    task,
)

ROLLBACK: dict[str, Definition] = {
    "RefundDeposit": task("ReleaseDrill", "NotUndone"),
    "ReleaseDrill": task("CalledOff", "NotUndone"),
    "CalledOff": FAILED,
    "NotUndone": {**FAILED, "Error": "RentalStuck"},
}
STOPS = ["rollback-stops"]
"""`ROLLBACK` gives up as soon as a compensation does, and says so by its error."""
TWO_STEPS: dict[str, Definition] = {
    "ReserveDrill": task("ChargeDeposit", "ReleaseDrill"),
    "ChargeDeposit": task("Rented", "RefundDeposit"),
}
CHECKED_FIRST = saga(CheckRental=task("ReserveDrill", "Refused"), **TWO_STEPS, Rented=DONE, Refused=FAILED, **ROLLBACK)
BEST_EFFORT = saga(
    ReserveDrill=task("ChargeDeposit", "ReleaseDrill"),
    ChargeDeposit=task("NotifyRenter", "RefundDeposit"),
    NotifyRenter=task("Rented", "Rented"),
    Rented=DONE,
    **ROLLBACK,
)
SEVERAL_RECEIVERS = saga(
    **TWO_STEPS,
    Rented=message("TellYard", "Renter"),
    TellYard=message("TellOffice", "Yard"),
    TellOffice=message(None, "Office"),
    **ROLLBACK,
)
OPTIONAL = saga(
    ReserveDrill=task("Insured", "ReleaseDrill"),
    Insured=choice("ChargeDeposit", wish="AddInsurance"),
    AddInsurance=task("ChargeDeposit", "RemoveInsurance"),
    ChargeDeposit=task("Rented", "RefundDeposit"),
    Rented=DONE,
    RefundDeposit=task("WasInsured", "NotUndone"),
    WasInsured=choice("ReleaseDrill", wish="RemoveInsurance"),
    RemoveInsurance=task("ReleaseDrill", "NotUndone"),
    **{name: ROLLBACK[name] for name in ("ReleaseDrill", "CalledOff", "NotUndone")},
)
OWN_CATCHES = saga(
    ReserveDrill=task("ReserveVan", "UndoBoth"),
    ReserveVan=task("Rented", "UndoBoth"),
    Rented=DONE,
    UndoBoth=fork(
        part(ReleaseDrill=task(None, "DrillNoted"), DrillNoted={"Type": "Pass", "End": True}),
        part(ReleaseVan=task(None, "VanNoted"), VanNoted={"Type": "Pass", "End": True}),
        then="CalledOff",
    ),
    CalledOff=FAILED,
)
WRITTEN_TWICE = saga(
    ReserveDrill=task("ReserveVan", "ReleaseDrillAlone"),
    ReserveVan=task("Rented", "ReleaseVan"),
    Rented=DONE,
    ReleaseDrillAlone=task("CalledOff", "NotUndone", calls="ReleaseDrill"),
    ReleaseVan=task("ReleaseDrillToo", "NotUndone"),
    ReleaseDrillToo=task("CalledOffToo", "NotUndone", calls="ReleaseDrill"),
    CalledOffToo=FAILED,
    **{name: ROLLBACK[name] for name in ("CalledOff", "NotUndone")},
)
HELD_WHILE_IT_WORKS = saga(
    ReserveMachine=task("PrintLabel", "ReleaseMachine"),
    PrintLabel=task("ReleaseMachine", "ReleaseMachine"),
    ReleaseMachine=task("Printed"),
    Printed=DONE,
)
ROLLS_ALL_BACK = saga(
    ReserveDrill=task("ChargeDeposit", "RollbackRental"),
    ChargeDeposit=task("PackDrill", "RollbackRental"),
    PackDrill=task("Rented", "RollbackRental"),
    Rented=DONE,
    RollbackRental=task("CalledOff"),
    CalledOff=FAILED,
)
LOCKED = saga(
    AcquireLock=task("ChargeDeposit", "CalledOff"),
    ChargeDeposit=task("ReleaseLock", "RefundDeposit"),
    ReleaseLock=task("Rented"),
    Rented=DONE,
    RefundDeposit=task("ReleaseLockToo", "NotUndone"),
    ReleaseLockToo=task("CalledOff", calls="ReleaseLock"),
    CalledOff=FAILED,
    NotUndone=FAILED,
)
IN_FRENCH = saga(
    LouerPerceuse=task("DebiterCarte", "RendrePerceuse"),
    DebiterCarte=task("Fini", "CrediterCarte"),
    Fini=DONE,
    CrediterCarte=task("RendrePerceuse", "Bloque"),
    RendrePerceuse=task("Annule", "Bloque"),
    Annule=FAILED,
    Bloque={**FAILED, "Error": "Bloque"},
)
PIPELINE = saga(
    FetchPrices=task("TransformPrices"), TransformPrices=task("LoadTable", "Broken"), LoadTable=task(), Broken=FAILED
)
CATCHES = [
    {"ErrorEquals": ["AlreadyCharged"], "ResultPath": "$.trouble", "Next": "Rented"},
    {"ErrorEquals": [ALL], "ResultPath": "$.trouble", "Next": "RefundDeposit"},
]
ALREADY_DONE = saga(
    ReserveDrill=task("ChargeDeposit", "ReleaseDrill"),
    ChargeDeposit=task("Rented", Catch=CATCHES),
    Rented=DONE,
    **ROLLBACK,
)
SAYS_NO_BY_ITS_RESULT = saga(
    ReserveDrill=task("ChargeDeposit", "ReleaseDrill"),
    ChargeDeposit=task("Charged", "RefundDeposit"),
    Charged=choice("ReleaseDrill", ChargeDeposit="Rented"),
    Rented=DONE,
    **ROLLBACK,
)


@pytest.mark.parametrize(
    ("machine", "rules"),
    [
        (CHECKED_FIRST, STOPS),
        (BEST_EFFORT, STOPS),
        (SEVERAL_RECEIVERS, STOPS),
        (OPTIONAL, STOPS),
        (OWN_CATCHES, ["wrong-ending"]),
        (WRITTEN_TWICE, STOPS),
        (HELD_WHILE_IT_WORKS, []),
        (IN_FRENCH, STOPS),
        (PIPELINE, []),
        (ROLLS_ALL_BACK, []),
        (LOCKED, []),
        (ALREADY_DONE, STOPS),
        (SAYS_NO_BY_ITS_RESULT, STOPS),
    ],
    ids=[
        "checked before anything is done",
        "a message that may fail",
        "several receivers",
        "a step that is asked for",
        "branches with Catches of their own",
        "one compensation written twice",
        "released on every way",
        "names in another language",
        "a pipeline",
        "one rollback for all steps",
        "a lock",
        "done before",
        "a result that refuses",
    ],
)
def test_nothing_is_found_but_what_is_so(machine: Definition, rules: list[str]) -> None:
    assert rules_in(machine) == rules


def test_a_machine_without_compensations_looks_like_no_saga() -> None:
    assert not guess_plan(PIPELINE).plan.is_saga
    assert "this looks like no saga" in guess_plan(PIPELINE).doubts[0]
    assert not guess_plan(HELD_WHILE_IT_WORKS).plan.is_saga


def test_tasks_without_a_timeout_are_notes() -> None:
    states = [f"Step{letter}" for letter in "ABCDE"]
    machine = saga(**{name: task(then) for name, then in zip(states, [*states[1:], None], strict=True)})
    for state in machine["States"].values():
        del state["TimeoutSeconds"]
    notes = [one for one in check(machine, guess_plan(machine).plan).findings if one.rule.id == "no-timeout"]
    assert {state for note in notes for state in note.states} == {*states}
    assert {note.level for note in notes} == {Level.NOTE}

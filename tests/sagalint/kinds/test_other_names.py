"""Names of other languages and habits are understood, or the question is asked; one cause is one finding."""

import json
from typing import Any

import pytest

from sagalint import check
from sagalint.definition.naming.words import words
from sagalint.plan import Plan
from sagalint.rules.finding import Level
from tests.support.sagalint.small import DONE, FAILED, Definition, choice, fork, found_in, message, part, saga, task


def charged(charge: str) -> Definition:
    """A machine that charges, goes on, and undoes nothing."""
    return saga(**{charge: task("PackDrill"), "PackDrill": task("Rented"), "Rented": DONE})


@pytest.mark.parametrize(
    "name", ["CobrarTarjeta", "CobrarCartão", "TraiterPaiement", "BelasteKarte", "收取车费", "扣款", "결제", "決済する"]
)
def test_a_charge_in_other_languages_needs_undoing(name: str) -> None:
    (finding,) = found_in(charged(name))
    assert (finding.rule.id, finding.level, name in finding.states) == ("doubt-not-compensated", Level.WARNING, True)


def test_a_name_that_no_word_explains_is_asked_about_once() -> None:
    machine = saga(**{"คิดเงิน": task("จองรถ"), "จองรถ": task("PackDrill"), "PackDrill": task("Rented"), "Rented": DONE})
    (finding,) = found_in(machine)
    assert finding.level is Level.WARNING
    assert {"คิดเงิน", "จองรถ"} <= {*finding.states}
    assert "คิดเงิน needs undoing" in finding.rests_on


@pytest.mark.parametrize(
    ("action", "compensation"),
    [
        ("CobrarCartao", "EstornarCartao"),
        ("ReservarHotel", "LiberarHotel"),
        ("BucheFlug", "StorniereFlug"),
        ("BloquearAsiento", "DesbloquearAsiento"),
        ("DescontarEstoque", "RestaurarEstoque"),
        ("PrenotaHotel", "AnnullaHotel"),
        ("YoyakuHotel", "TorikeshiHotel"),
    ],
)
def test_pairs_of_other_languages_are_sure(action: str, compensation: str) -> None:
    states = {
        action: task("PackDrill", compensation),
        "PackDrill": task("Rented"),
        "Rented": DONE,
        compensation: task("CalledOff"),
        "CalledOff": FAILED,
    }
    first = found_in(saga(**states))[0]
    assert (first.rule.id, first.level) == ("doubt-not-compensated", Level.ERROR)
    assert {"PackDrill", action} == {*first.states}


@pytest.mark.parametrize(
    "name", ["EsperarAprobacion", "AguardarAprovacao", "AttendreAccord", "WarteAufZusage", "AttendiRisposta"]
)
def test_a_task_that_waits_for_an_answer_only_looks(name: str) -> None:
    waits = task("Agreed", Resource="arn:aws:states:eu-central-1:444455556666:activity:Answer", ResultPath="$.answer")
    machine = saga(
        ReserveDrill=task(name),
        **{name: waits},
        Agreed=choice("ReleaseDrill", answer="Rented"),
        Rented=DONE,
        ReleaseDrill=task("CalledOff"),
        CalledOff=FAILED,
    )
    assert found_in(machine)
    assert not [one for one in found_in(machine) if one.states[0] == name and "ReserveDrill" not in one.states]


def test_english_words_keep_their_meaning() -> None:
    assert words("DebitPayerWallet").keys() == {"debit", "payer", "wallet"}
    assert words("FreightOrder").keys() == {"freight", "order"}
    assert {"approve", "wait", "restor"}.isdisjoint(words("ApprovalAttendanceRestaurant"))


def test_a_check_named_by_its_last_word_only_looks() -> None:
    assert not found_in(saga(CreditCheck=task("PackDrill"), PackDrill=task("Rented"), Rented=DONE))
    machine = saga(
        VipCheck=task("Paid"), Paid=choice("CancelRental", VipCheck="Rented"), Rented=DONE, CancelRental=task("Rented")
    )
    assert not found_in(machine)


def test_what_only_notes_that_a_step_failed_undoes_nothing() -> None:
    machine = saga(
        DeprovisionVan=task("SellVan", "DeprovisionFailed"),
        SellVan=task(None, "DeprovisionFailed"),
        DeprovisionFailed=task("CalledOff", "CalledOff"),
        CalledOff=FAILED,
    )
    assert not found_in(machine)


def test_catches_that_lead_back_are_one_finding() -> None:
    machine = saga(
        Both=fork(part(BookVan=task()), part(BookDrill=task()), then="Rented", caught="UndoBoth"),
        Rented=DONE,
        UndoBoth=fork(
            part(CancelVan=task(None, "CancelVan")), part(CancelDrill=task(None, "CancelDrill")), then="CalledOff"
        ),
        CalledOff=FAILED,
    )
    (finding,) = found_in(machine)
    assert finding.rule.id == "never-ends"
    assert {"CancelVan", "CancelDrill"} <= {*finding.states}


def test_a_message_that_fails_into_a_success_fails_no_saga() -> None:
    caught = [{"ErrorEquals": ["States.ALL"], "ResultPath": "$.unsent", "Next": "RentedUntold"}]
    machine = saga(
        ReserveDrill=task("ChargeDeposit", "ReleaseDrill"),
        ChargeDeposit=task("SendReceipt", "RefundDeposit"),
        SendReceipt=message("Rented", "receipts", Catch=caught),
        Rented=DONE,
        RentedUntold=DONE,
        RefundDeposit=task("ReleaseDrill", "NotUndone"),
        ReleaseDrill=task("CalledOff", "NotUndone"),
        CalledOff=FAILED,
        NotUndone=FAILED,
    )
    assert "ends-in-success" not in {one.rule.id for one in found_in(machine)}


def test_money_that_nothing_refunds_is_found_beside_what_is_owed() -> None:
    machine = saga(
        ReserveDrill=task("ChargeDeposit", "ReleaseDrill"),
        ChargeDeposit=task("PackDrill", "ReleaseDrill"),
        PackDrill=task("Rented"),
        Rented=DONE,
        ReleaseDrill=task("CalledOff"),
        CalledOff=FAILED,
    )
    first, second, *_ = found_in(machine)
    assert first.states == ("ChargeDeposit",)
    assert {"PackDrill", "ReserveDrill"} <= {*second.states}


def test_a_charge_that_its_neighbour_stops_is_in_doubt() -> None:
    machine = saga(Both=fork(part(ProcessPayment=task()), part(PackDrill=task()), then="Rented"), Rented=DONE)
    (finding,) = found_in(machine)
    assert finding.states == ("ProcessPayment",)


def test_a_rollback_that_undoes_too_much_is_one_finding() -> None:
    names = ["A", "B", "C", "D"]
    undo: dict[str, Any] = {
        f"Cancel{name}": task(f"Cancel{then}" if then else "CalledOff", f"Cancel{then}" if then else "CalledOff")
        for name, then in zip(names, [*names[1:], None], strict=True)
    }
    machine = saga(
        All=fork(*(part(**{f"Book{name}": task()}) for name in "A"), then="Rented", caught="CancelA"),
        Rented=DONE,
        BookB=task("BookC", "CancelA"),
        **undo,
        CalledOff=FAILED,
    )
    machine["States"]["All"]["Next"] = "BookB"
    machine["States"] |= {"BookC": named("BookC", "BookD"), "BookD": named("BookD", "Rented")}
    steps = [{"action": f"Book{name}", "compensation": f"Cancel{name}"} for name in names]
    plan = Plan.from_json(json.dumps({"steps": steps}))
    found = [one for one in check(machine, plan).findings if one.rule.id == "nothing-to-compensate"]
    assert len(found) == 1
    assert {"CancelB", "CancelC", "CancelD"} <= {*found[0].states}


def named(name: str, then: str) -> Definition:
    """A task that calls the function of its name."""
    return task(then, "CancelA", calls=name, ResultPath=f"$.{name}")

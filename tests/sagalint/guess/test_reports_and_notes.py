"""What only reports, notes or shows is not taken for an action; and money is seen by its nouns."""

import pytest

from sagalint.definition.machine import Machine
from sagalint.definition.naming.task_kinds import TaskKind, kind_of_task, moves_money
from sagalint.guess.plan import guess_plan
from sagalint.guess.vocabulary import alike
from tests.support.sagalint.small import ALL, DONE, FAILED, Definition, found_in, message, saga, task

_UPDATE = "arn:aws:states:::dynamodb:updateItem"
_UNSENT = {"ErrorEquals": [ALL], "ResultPath": "$.unsent"}


def renting(last: str, caught: str | None = None) -> Definition:
    """A right rental in which something comes last, when all is done."""
    return saga(
        ReserveVan=task("ChargeCard", "ReleaseVan"),
        ChargeCard=task(last, "RefundCard"),
        **{last: task("Rented", caught)},
        Rented=DONE,
        RefundCard=task("ReleaseVan", "PageBank"),
        PageBank=message("ReleaseVan", "stuck", Catch=[{**_UNSENT, "Next": "ReleaseVan"}]),
        ReleaseVan=task("CalledOff", "PageYard"),
        PageYard=message("NotUndone", "stuck"),
        CalledOff=FAILED,
        NotUndone={**FAILED, "Error": "RentalStuck"},
    )


def with_check(check: str, note: str, **more: object) -> Definition:
    """A right rental that begins with a check whose own failure is noted."""
    machine = renting("WaveGoodbye", "RefundCard")
    machine["States"] |= {
        check: {**task("ReserveVan", note, calls="check"), "ResultPath": "$.checked"},
        note: {**task("CalledOff", "CalledOff", calls="note", Resource=_UPDATE), "ResultPath": None, **more},
    }
    return {**machine, "StartAt": check}


@pytest.mark.parametrize(
    "name",
    [
        "InformarCliente",
        "InformerClient",
        "EnviarRecibo",
        "MandarCorreo",
        "EnvoyerReçu",
        "AvvisareCliente",
        "BroadcastResult",
        "AcknowledgeOrder",
        "PingYard",
        "EmitOrderPlaced",
        "PublishDrillReserved",
    ],
)
def test_a_message_in_other_languages_is_a_message(name: str) -> None:
    assert not found_in(renting(name))


@pytest.mark.parametrize("name", ["RecuperarFondos", "PublicBucket", "PreventTheft", "PublishFeed", "WriteSeed"])
def test_a_word_that_begins_like_a_message_is_none(name: str) -> None:
    assert kind_of_task(Machine.read(saga(**{name: task()})).states[name]) is not TaskKind.TELLS


@pytest.mark.parametrize("note", ["mark_refused", "MarquerRefusée", "AlsAbgelehntMarkieren", "RecusarPedido"])
@pytest.mark.parametrize("check", ["ValiderDemande", "ScreenRenter", "AntragPruefen"])
def test_a_note_that_a_check_refused_undoes_nothing(check: str, note: str) -> None:
    assert not found_in(with_check(check, note))


def test_a_note_that_a_rollback_ends_with_is_not_only_of_a_check() -> None:
    """The row is closed on every way back: one that leaves it open is a fault."""
    machine = with_check("OpenRental", "CloseRental")
    machine["States"]["ReleaseVan"]["Next"] = "CloseRental"
    steps = {step.action: step.undone_by for step in guess_plan(machine).plan.steps}
    assert steps["OpenRental"] == ("CloseRental",)


@pytest.mark.parametrize(
    "name", ["TranslateBook", "RenderPaymentPage", "ChargeReport", "PrintBookingList", "SyncReservations"]
)
def test_what_is_shown_or_put_on_paper_is_not_done(name: str) -> None:
    assert not moves_money(name)
    assert not found_in(saga(**{name: task("PublishIndex"), "PublishIndex": task("Rented"), "Rented": DONE}))


@pytest.mark.parametrize("name", ["CollectPremium", "CollectToll", "WireFunds", "SendPayout", "TransferMoney"])
def test_money_is_seen_by_its_nouns(name: str) -> None:
    (finding,) = found_in(saga(**{name: task("PackDrill"), "PackDrill": task("Rented"), "Rented": DONE}))
    assert finding.states[0] == name


def test_an_account_for_checks_is_not_a_check() -> None:
    kinds = {name: kind_of_task(state) for name, state in Machine.read(savings()).states.items()}
    assert kinds == {"withdraw_savings": TaskKind.MOVES, "deposit_checking": TaskKind.MOVES}


def savings() -> Definition:
    return saga(withdraw_savings=task("deposit_checking"), deposit_checking=task())


def test_what_aws_lets_is_not_a_lock() -> None:
    lease = task("StartMower", Resource="arn:aws:states:::aws-sdk:ec2:allocateAddress")
    machine = Machine.read(saga(LeaseAddress=lease, StartMower=task()))
    assert kind_of_task(machine.states["LeaseAddress"]) is TaskKind.CHANGES


def test_an_article_is_not_what_two_names_speak_of() -> None:
    assert alike("ReserverLeVol", "AnnulerLeVol", ["ReserverLeVol"])[0][1] == "both speak of 'vol'"


@pytest.mark.parametrize(
    ("name", "asked"),
    [("MoveBackup", False), ("PreReleaseBackup", False), ("MoveTools", True), ("PreReleaseTools", True)],
)
def test_a_backup_that_stays_is_not_asked_about(name: str, *, asked: bool) -> None:
    """Also where a rollback has a word of its name: `ReleaseDrill`, of `PreReleaseBackup`."""
    machine = saga(
        **{name: task("ReserveDrill", "CalledOff")},
        ReserveDrill=task("PackDrill", "ReleaseDrill"),
        PackDrill=task("Rented", "ReleaseDrill"),
        Rented=DONE,
        ReleaseDrill=task("CalledOff"),
        CalledOff=FAILED,
    )
    assert bool([one for one in found_in(machine) if name in one.states]) is asked

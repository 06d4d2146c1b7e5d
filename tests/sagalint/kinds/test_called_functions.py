"""What the names of functions say, where those of states say nothing; and what goes with another one."""

from typing import Any

import pytest

from sagalint.definition.machine import Machine
from sagalint.definition.naming.called import called_function
from sagalint.guess.plan import guess_plan
from sagalint.rules.finding import Level
from tests.support.sagalint.small import DONE, FAILED, Definition, found_in, saga, task

ENDS = {"Rented": DONE, "CalledOff": FAILED}


def pairs(machine: Definition) -> dict[str, tuple[str, ...]]:
    return {step.action: step.undone_by for step in guess_plan(machine).plan.steps if step.undone_by}


def test_a_failure_in_a_name_is_not_what_is_undone() -> None:
    machine = saga(
        ReserveDrill=task("ProcessDeposit", calls="reserve-drill"),
        ProcessDeposit=task("PackDrill", "CompensateTechnicalFailure", calls="take-deposit"),
        PackDrill=task("Rented", calls="pack-drill"),
        CompensateTechnicalFailure=task("CalledOff", calls="release-drill"),
        **ENDS,
    )
    assert pairs(machine) == {"ReserveDrill": ("CompensateTechnicalFailure",)}


def test_a_compensation_of_one_step_by_its_function_is_not_one_of_all() -> None:
    machine = saga(
        CreateOrder=task("DebitBalance", "CompensateOrder", calls="create-order"),
        DebitBalance=task("Rented", "CompensateOrder", calls="debit-balance"),
        CompensateOrder=task("CalledOff", calls="cancel-order"),
        **ENDS,
    )
    assert pairs(machine) == {"CreateOrder": ("CompensateOrder",)}
    first, *_ = found_in(machine)
    assert (first.level, first.states) == (Level.ERROR, ("DebitBalance",))


def test_a_rollback_that_calls_the_function_of_one_step_undoes_that_one() -> None:
    machine = saga(
        MoveTools=task("MoveVans", "EmergencyRollback", calls="tool-mover"),
        MoveVans=task("Rented", "EmergencyRollback", calls="van-mover"),
        EmergencyRollback=task("CalledOff", calls="tool-mover"),
        **ENDS,
    )
    assert pairs(machine) == {"MoveTools": ("EmergencyRollback",)}


def test_a_pair_can_show_in_the_functions_alone() -> None:
    machine = saga(
        AuthorizeFee=task("CaptureFee", "VoidCardHold", calls="CreateCardHold"),
        CaptureFee=task("PackDrill", calls="CaptureCardPayment"),
        PackDrill=task("Rented", calls="pack"),
        VoidCardHold=task("CalledOff", calls="VoidCardHold"),
        **ENDS,
    )
    assert pairs(machine) == {"AuthorizeFee": ("VoidCardHold",)}
    first, *_ = found_in(machine)
    assert first.states == ("CaptureFee",)


@pytest.mark.parametrize(
    ("resource", "parameters", "name"),
    [
        ("arn:aws:lambda:eu-central-1:444455556666:function:release-drill:live", None, "release drill"),
        ("${ReleaseDrillFunctionArn}", None, "Release Drill"),
        ("arn:aws:states:::lambda:invoke", {"FunctionName": "${aws_lambda_function.release_drill.arn}"},
         "release drill"),
        ("arn:aws:states:::lambda:invoke", {"FunctionName.$": "$.function"}, ""),
        ("arn:aws:states:::sns:publish", {"TopicArn": "release-drill"}, ""),
    ],
)  # fmt: skip
def test_the_words_of_a_function_are_read_from_its_reference(resource: str, parameters: Any, name: str) -> None:
    more = {"Parameters": parameters} if parameters else {}
    machine = Machine.read(saga(Undo=task(Resource=resource, **more)))
    assert called_function(machine.states["Undo"]) == name


def test_what_clears_the_old_away_is_past_the_point_of_return() -> None:
    machine = saga(
        MoveTools=task("CheckTools", "MoveToolsBack"),
        CheckTools=task("CleanupOldShed", "MoveToolsBack"),
        CleanupOldShed=task("Rented"),
        MoveToolsBack=task("CalledOff", calls="undo-move-tools"),
        **ENDS,
    )
    assert pairs(machine)
    assert not [one for one in found_in(machine) if "CleanupOldShed" in one.states]


def test_a_part_goes_with_the_whole() -> None:
    machine = saga(
        CreateUserPool=task("CreateUserPoolClient", "DeleteUserPool"),
        CreateUserPoolClient=task("InviteRenter", "DeleteUserPool"),
        InviteRenter=task("Rented", "DeleteUserPoolClient"),
        DeleteUserPoolClient=task("DeleteUserPool", "DeleteUserPool"),
        DeleteUserPool=task("CalledOff"),
        **ENDS,
    )
    assert pairs(machine)["CreateUserPoolClient"] == ("DeleteUserPoolClient", "DeleteUserPool")
    assert {one.rule.id for one in found_in(machine)} == {"wrong-ending"}


def test_a_last_note_that_fails_is_to_be_retried_and_undoes_nothing() -> None:
    machine = saga(
        ChargeDeposit=task("PackDrill", "RefundDeposit"),
        PackDrill=task("SetRentalCompleted", "RefundDeposit"),
        SetRentalCompleted=task("Rented", Resource="arn:aws:states:::dynamodb:updateItem", Parameters={}),
        RefundDeposit=task("CalledOff"),
        **ENDS,
    )
    (finding,) = found_in(machine)
    assert finding.states[0] == "SetRentalCompleted"
    assert finding.fix.startswith("retry SetRentalCompleted for longer")

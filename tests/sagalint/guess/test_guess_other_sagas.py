"""A first plan of sagas that others write: other names, other shapes, and edits of our own machine."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from sagalint import check
from sagalint.guess.input_fields import looks_secret
from sagalint.guess.pairs.assignment import best_assignment
from sagalint.guess.plan import guess_plan
from sagalint.input_error import InputError
from sagalint.plan import Plan
from tests.sagalint.rules.test_examples import EXHIBITS, machine
from tests.support.sagalint.mutants import mutants

Pairs = list[tuple[str, str | None]]
SNAPSHOTS = Path(__file__).parents[2] / "snapshots"
FUNCTION = "arn:aws:states:::lambda:invoke"
TOPIC = "arn:aws:states:::sns:publish"


def pairs(plan: Plan) -> Pairs:
    return [(step.action, step.compensation) for step in plan.steps if step.undone_by]


def task(then: str | None, trouble: str | None = None, resource: str = FUNCTION, **more: Any) -> dict[str, Any]:
    catch = {"Catch": [{"ErrorEquals": ["States.ALL"], "ResultPath": "$.error", "Next": trouble}]} if trouble else {}
    onward = {"Next": then} if then else {"End": True}
    return {"Type": "Task", "Resource": resource, "ResultPath": None, **onward, **catch, **more}


def saga(**states: dict[str, Any]) -> dict[str, Any]:
    return {"StartAt": next(iter(states)), "States": states}


BOOKING = saga(
    ReserveHotel=task("ReserveFlight", "CancelHotelReservation"),
    ReserveFlight=task("TakePayment", "CancelFlightReservation"),
    TakePayment=task("ConfirmHotelBooking", "RefundPayment"),
    ConfirmHotelBooking=task("ConfirmFlight", "RefundPayment"),
    ConfirmFlight=task("Done", "RefundPayment"),
    Done={"Type": "Succeed"},
    RefundPayment=task("CancelFlightReservation"),
    CancelFlightReservation=task("CancelHotelReservation"),
    CancelHotelReservation=task("BookingFailed"),
    BookingFailed={"Type": "Fail"},
)
ORDER = saga(
    validate_order=task("process_order", "order_failed"),
    process_order=task("process_payment", "update_order_status"),
    process_payment=task("reserve_inventory", "process_refund"),
    reserve_inventory=task("notify_success", "release_inventory"),
    notify_success=task(None, resource=TOPIC),
    release_inventory=task("process_refund", "alert_operators"),
    process_refund=task("update_order_status", "alert_operators"),
    update_order_status=task("notify_failure", "alert_operators"),
    alert_operators=task("order_failed", resource=TOPIC),
    notify_failure=task("order_failed", resource=TOPIC),
    order_failed={"Type": "Fail"},
)
ASKED = {
    "StartAt": "Hold the seats",
    "States": {
        "Hold the seats": task("Charge"),
        "Charge": task("Was it charged?"),
        "Was it charged?": {
            "Type": "Choice",
            "Choices": [{"Variable": "$.charged", "BooleanEquals": True, "Next": "Tell the customer"}],
            "Default": "Release the seats",
        },
        "Tell the customer": task(None, resource=TOPIC),
        "Release the seats": task("Sorry"),
        "Sorry": {"Type": "Succeed"},
    },
}
AT_ONCE = saga(
    BookAll={
        "Type": "Parallel",
        "Branches": [saga(BookCar=task(None)), saga(BookRoom=task(None))],
        "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "UndoAll"}],
        "Next": "Publish",
    },
    Publish=task(None, "UndoAll"),
    UndoAll={
        "Type": "Parallel",
        "Branches": [saga(UndoBookRoom=task(None)), saga(UndoBookCar=task(None))],
        "Next": "Undone",
    },
    Undone={"Type": "Fail"},
)
WRAPPED = saga(
    All={
        "Type": "Parallel",
        "Branches": [saga(CreateUser=task("AddToGroup"), AddToGroup=task(None))],
        "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "RemoveFromGroup"}],
        "End": True,
    },
    RemoveFromGroup=task("DeleteUser"),
    DeleteUser=task("Failed"),
    Failed={"Type": "Fail"},
)
UNCAUGHT = saga(
    OpenAccount=task("CreditAccount"),
    CreditAccount=task(None),
    CloseAccount=task("Failed"),
    DebitAccount=task("CloseAccount"),
    Failed={"Type": "Fail"},
)


@pytest.mark.parametrize(
    ("definition", "expected"),
    [
        (
            BOOKING,
            [
                ("ReserveHotel", "CancelHotelReservation"),
                ("ReserveFlight", "CancelFlightReservation"),
                ("TakePayment", "RefundPayment"),
            ],
        ),
        (
            ORDER,
            [
                ("process_order", "update_order_status"),
                ("process_payment", "process_refund"),
                ("reserve_inventory", "release_inventory"),
            ],
        ),
        (ASKED, [("Hold the seats", "Release the seats")]),
        (AT_ONCE, [("BookCar", "UndoBookCar"), ("BookRoom", "UndoBookRoom")]),
        (WRAPPED, [("CreateUser", "DeleteUser"), ("AddToGroup", "RemoveFromGroup")]),
        (UNCAUGHT, [("OpenAccount", "CloseAccount"), ("CreditAccount", "DebitAccount")]),
    ],
    ids=["bookings", "snake case", "a choice turns back", "in parallel", "wrapped", "nothing is caught"],
)
def test_sagas_of_other_shapes_are_guessed(definition: dict[str, Any], expected: Pairs) -> None:
    guess = guess_plan(definition)
    assert pairs(guess.plan) == expected
    check(definition, guess.plan)


def test_unclear_names_leave_the_course_to_decide() -> None:
    named = json.dumps(machine(next(path for path in EXHIBITS if path.name == "well-made-jsonata")))
    names = {name: f"S{index}" for index, name in enumerate(json.loads(named)["States"])}
    nameless = json.loads(re.sub(r'"(\w+)"', lambda found: f'"{names.get(found[1], found[1])}"', named))
    reported = {alias: name for name, alias in names.items()}
    guessed = [(reported[action], undo and reported[undo]) for action, undo in pairs(guess_plan(nameless).plan)]
    assert guessed == [
        ("RegisterTrip", "MarkTripFailed"),
        ("BookFlight", "CancelFlight"),
        ("BookHotel", "CancelHotel"),
    ]


def test_a_report_of_a_failed_compensation_is_not_a_failure_message() -> None:
    guess = guess_plan(ORDER)
    assert guess.plan.messages.success == ("notify_success",)
    assert guess.plan.messages.failure == ("notify_failure",)


def test_a_machine_without_a_way_to_success_is_refused() -> None:
    with pytest.raises(InputError, match="lead the way on which all goes well to a success"):
        guess_plan(saga(BookCar=task("Failed"), Failed={"Type": "Fail"}))


@pytest.mark.long
@pytest.mark.parametrize("name", ["state_machine", "recovery_machine"])
def test_no_edit_of_a_machine_makes_a_plan_that_makes_no_sense(name: str) -> None:
    original = json.loads((SNAPSHOTS / f"{name}.json").read_text(encoding="utf-8"))
    for mutant in mutants(original):
        try:
            plan = guess_plan(mutant.definition).plan
        except InputError:
            continue
        assert Plan.from_json(plan.to_json()) == plan, mutant.edit
        assert {step.action for step in plan.steps} <= mutant.definition["States"].keys(), mutant.edit


@pytest.mark.parametrize(
    ("definition", "fields"),
    [
        (saga(A=task("B", Parameters={"a.$": "$.a"}), B=task(None, Parameters={"b.$": "$.b"})), {"a", "b"}),
        (
            saga(A=task("B", ResultPath="$.made"), B=task(None, Parameters={"a.$": "$.a", "m.$": "$.made"})),
            {"a"},
        ),
        (
            saga(A=task("B", ResultPath="$", Parameters={"a.$": "$.a"}), B=task(None, Parameters={"r.$": "$.r"})),
            {"a"},
        ),
        (saga(A=task(None, Parameters={"a.$": "States.Format('{}', $$.Execution.Input.a)"})), {"a"}),
        (saga(A=task(None)), set()),
    ],
    ids=["kept", "beside a result", "replaced", "from the context", "none"],
)
def test_the_inputs_are_what_is_read_while_it_is_kept(definition: dict[str, Any], fields: set[str]) -> None:
    assert {*(guess_plan(definition).plan.inputs or ())} == fields


@pytest.mark.parametrize(
    ("field", "secret"),
    [
        ("cc", True),
        ("cardNumber", True),
        ("expiryDate", True),
        ("card_cvv", True),
        ("password", True),
        ("account", False),
        ("companyName", False),
        ("discard", False),
    ],
)
def test_secrets_are_known_by_the_words_of_their_names(field: str, secret: bool) -> None:
    assert looks_secret(field) is secret


def test_the_best_assignment_is_the_best_as_a_whole() -> None:
    """The best single pair would leave the other action with nothing."""
    worth = {("a", "x"): 5.0, ("a", "y"): 4.0, ("b", "x"): 4.5}
    assert best_assignment(worth) == {"a": "y", "b": "x"}

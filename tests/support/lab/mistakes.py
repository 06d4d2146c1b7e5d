"""Typical mistakes of learners: each changes the finished machine in one place."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from wild_rydes_saga.lab import CHAPTERS, answer

Machine = dict[str, Any]


@dataclass(frozen=True)
class Mistake:
    """A mistake.

    Attributes:
        name: What the learner did.
        make: Makes it.
        chapters: How many chapters are passed with it.
        said: What `make check` must say.
    """

    name: str
    make: Callable[[Machine], object]
    chapters: int
    said: str

    @property
    def machine(self) -> Machine:
        """The finished machine with the mistake."""
        machine = answer(len(CHAPTERS))
        self.make(machine["States"])
        return machine


def _no_refund(states: Machine) -> None:
    states["CustomerAccountCredit"]["Catch"][0]["Next"] = "SetFareStatusFailed"


def _no_way_to_refund(states: Machine) -> None:
    for entry in [*states["CustomerAccountCredit"]["Catch"], *states["ChargeFare"]["Catch"]]:
        entry["Next"] = "SetFareStatusFailed"
    del states["ReverseAccountCredit"]


def _no_attribute(states: Machine) -> None:
    del states["NotifySuccess"]["Arguments"]["MessageAttributes"]


def _another_table(states: Machine) -> None:
    states["RegisterFare"]["Arguments"]["TableName"] = "fares"


def _one_error_caught(states: Machine) -> None:
    catch = states["ChargeFare"]["Catch"]
    catch[:] = [{**catch[0], "ErrorEquals": ["PaymentAuthException"]}]


def _no_saga_id(states: Machine) -> None:
    del states["ChargeFare"]["Arguments"]["Payload"]["sagaId"]


def _no_key(states: Machine) -> None:
    del states["SetFareStatusCompleted"]["Arguments"]["Key"]


def _fare_dropped(states: Machine) -> None:
    payload = states["CustomerAccountCredit"]["Arguments"]["Payload"]
    payload["fareAmount"] = "{% $states.input.fareAmount %}"


def _no_way_on(states: Machine) -> None:
    del states["CustomerAccountCredit"]["Next"]


def _undone_in_the_wrong_order(states: Machine) -> None:
    states["CustomerAccountCredit"]["Catch"][1]["Next"] = "RefundFare"
    states["RefundFare"]["Next"] = "ReverseAccountCredit"
    states["ReverseAccountCredit"]["Next"] = "SetFareStatusFailed"


def _bare_function_name(states: Machine) -> None:
    states["RefundFare"]["Arguments"]["FunctionName"] = "RefundFare"


def _raw_input_registered(states: Machine) -> None:
    states["RegisterFare"]["Arguments"]["Item"]["cc"] = {"S": "{% $states.context.Execution.Input.cc %}"}


def _failed_in_success(states: Machine) -> None:
    states["NotifyFailure"].pop("Next")
    states["NotifyFailure"]["End"] = True
    del states["FareProcessingFailed"]
    states["RegisterFare"]["Catch"][0]["Next"] = "RollbackIncomplete"


def _holes_left(states: Machine) -> None:
    states["RegisterFare"]["Arguments"]["Item"]["sagaId"] = {"S": "?"}


def _path_in_jsonata(states: Machine) -> None:
    states["ChargeFare"]["Arguments"]["Payload"]["customerId"] = "$.customerId"


def _no_type(states: Machine) -> None:
    states["RegisterFare"]["Arguments"]["Item"]["fareId"] = "{% $states.context.Execution.Input.fareId %}"


def _other_outcome(states: Machine) -> None:
    states["NotifySuccess"]["Arguments"]["MessageAttributes"]["IsSuccessful"]["StringValue"] = "false"


def _misspelt_status(states: Machine) -> None:
    states["SetFareStatusCompleted"]["Arguments"]["ExpressionAttributeValues"][":completed"] = {"S": "complete"}


def _misspelt_error(states: Machine) -> None:
    for entry in states["ChargeFare"]["Catch"]:
        entry["ErrorEquals"] = [
            name.replace("PaymentAuthException", "PaymentAuthError") for name in entry["ErrorEquals"]
        ]


def _not_a_text(states: Machine) -> None:
    states["NotifySuccess"]["Arguments"]["MessageAttributes"]["IsSuccessful"]["StringValue"] = True


def _misspelt_state(states: Machine) -> None:
    states["RegisterFare"]["Next"] = "ChargFare"


MISTAKES: Final = (
    Mistake("the refund is left out", _no_refund, 6, "`_fail_credit`: the rider lost $20.00, because the Catch of"),
    Mistake("nothing leads to the refund", _no_way_to_refund, 0, "no state leads to RefundFare, which AWS refuses"),
    Mistake("the message has no attribute", _no_attribute, 4, "NotifySuccess: the message has no attribute"),
    Mistake("the row goes to another table", _another_table, 0, "TableName is 'fares', and not the fares table"),
    Mistake("one error of two is caught", _one_error_caught, 5, "no Catch of ChargeFare names PaymentChargeException"),
    Mistake("the payload has no sagaId", _no_saga_id, 1, "ChargeFare: its payload has no sagaId"),
    Mistake("the update has no key", _no_key, 3, "SetFareStatusCompleted: the update has no Key with fareId"),
    Mistake(
        "a state drops the fare", _fare_dropped, 2, "CustomerAccountCredit failed with States.QueryEvaluationError"
    ),
    Mistake("a state has neither Next nor End", _no_way_on, 0, "CustomerAccountCredit leads nowhere"),
    Mistake("the oldest step is undone first", _undone_in_the_wrong_order, 6, "RefundFare"),
    Mistake("a function has another name", _bare_function_name, 6, "'RefundFare'"),
    Mistake("the card is written into the row", _raw_input_registered, 0, "its row has cc: no part of a card may"),
    Mistake("a failed ride ends in success", _failed_in_success, 5, "the execution ended as SUCCEEDED, and not as"),
    Mistake("a hole of the skeleton is left", _holes_left, 0, "RegisterFare: sagaId is still '?'"),
    Mistake("a path in JSONata", _path_in_jsonata, 5, "customerId is JSONPath, and the state reads JSONata"),
    Mistake("a value has no type", _no_type, 0, "RegisterFare: fareId has no type of DynamoDB"),
    Mistake(
        "the attribute of the other outcome", _other_outcome, 4, "IsSuccessful of NotifySuccess is that of the other"
    ),
    Mistake("a status is misspelt", _misspelt_status, 3, "left the fare as 'complete', and not as 'completed'"),
    Mistake("an error is misspelt", _misspelt_error, 5, "no Catch of ChargeFare names PaymentAuthException"),
    Mistake("the attribute is not a text", _not_a_text, 4, "IsSuccessful is true of the type"),
    Mistake("a state's name is misspelt", _misspelt_state, 0, "write ChargeFare, then check again"),
)

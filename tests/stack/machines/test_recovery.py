"""Properties of the recovery's machine: it undoes everything, finishes everything, or parks the ride."""

import itertools
import json
import re
from typing import Final

import pytest

from tests.support.recovery.executions import FOUND
from tests.support.template.graph import Graph
from wild_rydes_saga.saga import Plan

ANY_ERROR: Final = "an unforeseen error"
REFUSED: Final = "DynamoDB.ConditionalCheckFailedException"
NOT_EVALUATED: Final = "States.QueryEvaluationError"
CARD: Final = ("cc", "expiryDate", "cvv")
VARIABLES: Final = {*FOUND, "notUndone", "rounds"}


def newest_first(plan: Plan) -> list[str]:
    """All the compensations of a plan, newest first."""
    return [step.compensation for step in reversed(plan.steps) if step.compensation]


def test_every_compensation_runs_newest_first_before_the_failure_notice(recovery: Graph, plan: Plan) -> None:
    expected = ["WaitForStragglers", *newest_first(plan), "NotifyFailure", "CloseRecovery", "ChooseEnding"]
    assert recovery.after("WaitForStragglers") == expected
    assert recovery.after("ClaimFare") == ["ClaimFare", *expected]
    assert recovery.after("NotifySuccess") == ["NotifySuccess", "CloseRecovery", "ChooseEnding"]


def test_compensations_run_only_after_the_wait_and_the_claim(recovery: Graph, plan: Plan) -> None:
    compensations = newest_first(plan)
    assert recovery.before(compensations[0]) == {"WaitForStragglers"}
    for earlier, later in itertools.pairwise(compensations):
        assert recovery.before(later) == {earlier}
    assert recovery.before("WaitForStragglers") == {"ClaimFare", "ChooseRecovery"}
    wait = recovery.states["WaitForStragglers"]
    assert (wait["Type"], wait["Seconds"]) == ("Wait", "{% $stragglerSeconds %}")


@pytest.mark.parametrize(
    ("state", "error", "target"),
    [
        ("InspectExecution", "NotAnExecution", "NotAnExecution"),
        ("InspectExecution", "StillRunning", "StillRunning"),
        ("InspectExecution", ANY_ERROR, "ParkRide"),
        ("ClaimFare", REFUSED, "InspectAgain"),
        ("ClaimFare", ANY_ERROR, "ParkRide"),
        ("ReverseAccountCredit", ANY_ERROR, "RefundFare"),
        ("RefundFare", ANY_ERROR, "SetFareStatusFailed"),
        ("SetFareStatusFailed", REFUSED, "NotifyFailure"),
        ("SetFareStatusFailed", NOT_EVALUATED, "ParkRide"),
        ("SetFareStatusFailed", ANY_ERROR, "ParkRide"),
        ("NotifyFailure", ANY_ERROR, "ParkRide"),
        ("NotifySuccess", ANY_ERROR, "ParkRide"),
        ("MarkFareParked", REFUSED, "RecordParked"),
        ("MarkFareParked", ANY_ERROR, "RecordParked"),
        ("RecordParked", ANY_ERROR, "RideParked"),
        ("CloseRecovery", ANY_ERROR, "ChooseEnding"),
    ],
)
def test_an_error_leads_to_the_next_compensation_or_to_a_person(
    recovery: Graph, state: str, error: str, target: str
) -> None:
    assert recovery.caught(state, error) == target


def test_only_parking_can_end_the_recovery_with_an_error_of_its_own(recovery: Graph) -> None:
    assert {name for name in recovery.tasks if recovery.caught(name, ANY_ERROR) is None} == {"ParkRide"}
    assert recovery.after("ParkRide") == ["ParkRide", "MarkFareParked", "RecordParked", "RideParked"]


def test_a_state_that_gave_up_is_noted_and_the_first_trouble_is_kept(recovery: Graph, plan: Plan) -> None:
    for name in newest_first(plan):
        assign = recovery.states[name]["Catch"][-1]["Assign"]
        assert assign["notUndone"] == f"{{% $append($notUndone, ['{name}']) %}}"
        assert assign["trouble"].startswith("{% $trouble.error = '' ? {'state': $states.context.State.Name")
        assert assign["trouble"].endswith(": $trouble %}")


def test_the_fare_is_settled_only_if_everything_was_undone(recovery: Graph) -> None:
    key = recovery.states["SetFareStatusFailed"]["Arguments"]["Key"]["fareId"]["S"]
    assert key.startswith("{% ($assert($count($notUndone) = 0,")


def test_the_recovery_ends_in_six_ways(recovery: Graph) -> None:
    ends = {name: state["Type"] for name, state in recovery.states.items() if not recovery.ways(name)}
    assert ends == {
        "RideRecovered": "Succeed",
        "NothingToRecover": "Succeed",
        "StillRunning": "Fail",
        "RecoveryDelayed": "Fail",
        "RideParked": "Fail",
        "NotAnExecution": "Fail",
    }
    for name in ("RideParked", "NotAnExecution"):
        assert (recovery.states[name]["Error"], recovery.states[name]["Cause"]) == (name, "{% $trouble.cause %}")


def test_every_variable_read_is_assigned_on_every_way_to_the_read(recovery: Graph) -> None:
    assigned = recovery.surely_assigned()
    assert set(assigned) == set(recovery.states), "a state cannot be reached"
    for name, state in recovery.states.items():
        read = set(re.findall(r"\$(\w+)", json.dumps(state))) & VARIABLES
        assert read <= assigned[name], name


def test_a_parked_ride_has_all_that_a_person_needs(recovery: Graph) -> None:
    body = recovery.states["ParkRide"]["Arguments"]["MessageBody"]
    assert "$string($merge([$ride, {" in body
    assert set(re.findall(r"'(\w+)':", body)) == {"failure", "stillToDo", "trouble", "recoveryArn", "parkedAt"}


def test_no_state_hands_its_input_on(recovery: Graph) -> None:
    for name, state in recovery.states.items():
        if state["Type"] in ("Task", "Wait"):
            assert "Output" in state, name
        for catcher in state.get("Catch", []):
            assert catcher["Output"] == {}, name


def test_the_machine_names_no_field_of_the_card(recovery: Graph, patient: Graph) -> None:
    for machine in (recovery, patient):
        text = json.dumps(machine.definition)
        assert [field for field in CARD if re.search(rf"\b{field}\b", text)] == []
        assert ".Execution.Input" not in text.replace(".Execution.Input.executionArn", "")


def test_a_recovery_that_is_done_says_whether_there_was_anything_to_do(recovery: Graph) -> None:
    choice = recovery.states["ChooseEnding"]
    assert [(one["Condition"], one["Next"]) for one in choice["Choices"]] == [
        ("{% $verdict = 'nothing' %}", "NothingToRecover")
    ]
    assert choice["Default"] == "RideRecovered"

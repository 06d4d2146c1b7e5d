"""Properties of the recovery's machine: it undoes everything or finishes everything, and parks what it cannot."""

import itertools
import json
import math
import re
from collections.abc import Iterator
from typing import Any, Final

import pytest
from aws_cdk.assertions import Template

from lambda_src.recovery import verdict
from lambda_src.recovery.execution import SagaShape
from tests.support.handlers.executions import FOUND, SHAPE
from tests.support.template.graph import Graph
from wild_rydes_saga.foundation.timeouts import FUNCTION_TASK_TIMEOUT_SECONDS
from wild_rydes_saga.saga import Plan
from wild_rydes_saga.stack import WildRydesSagaStack

ANY_ERROR: Final = "an error that nobody foresaw"
REFUSED: Final = "DynamoDB.ConditionalCheckFailedException"
NOT_EVALUATED: Final = "States.QueryEvaluationError"
CARD: Final = ("cc", "expiryDate", "cvv")
VARIABLES: Final = {*FOUND, "notUndone"}
LOOKS: Final = 3
"""A saga can move between the look and the claim, settle after that, and then move no more."""
VERDICTS: Final = {value for name, value in vars(verdict).items() if name.isupper()}


@pytest.fixture
def recovery(template: Template) -> Graph:
    """The recovery's machine."""
    return Graph.of(template, "recovery")


@pytest.fixture
def patient(production: Template) -> Graph:
    """The same in production."""
    return Graph.of(production, "recovery")


@pytest.fixture
def plan(stack: WildRydesSagaStack) -> Plan:
    return stack.fare_saga.plan


def newest_first(plan: Plan) -> list[str]:
    """All the compensations of a plan, newest first."""
    return [step.compensation for step in reversed(plan.steps) if step.compensation]


def waits(state: dict[str, Any]) -> float:
    """How long a task waits between its attempts, all together, with no luck at the jitter."""
    return sum(
        float(min(retry["IntervalSeconds"] * retry["BackoffRate"] ** attempt, retry["MaxDelaySeconds"]))
        for retry in state.get("Retry", [])
        for attempt in range(retry["MaxAttempts"])
    )


def test_it_starts_with_a_look_that_is_told_of_the_saga_and_how_long_a_task_of_it_may_still_run(
    recovery: Graph, graph: Graph, plan: Plan
) -> None:
    assert recovery.definition["StartAt"] == "InspectExecution"
    payload = recovery.states["InspectExecution"]["Arguments"]["Payload"]
    assert set(payload) == {"executionArn", "machineArn", "recoveryArn", "saga", "stragglerSeconds"}
    assert payload["recoveryArn"] == "{% $states.context.StateMachine.Id %}"
    shape = SagaShape(**payload["saga"])
    assert shape == SHAPE
    assert list(shape.actions) == [step.action for step in plan.steps]
    assert graph.states[shape.told]["Type"] == "Fail"
    assert payload["stragglerSeconds"] == FUNCTION_TASK_TIMEOUT_SECONDS
    assert all(task["TimeoutSeconds"] <= payload["stragglerSeconds"] for task in graph.tasks.values())


def test_the_look_knows_every_clean_failure_as_the_saga_tells_it(recovery: Graph, graph: Graph, plan: Plan) -> None:
    known = recovery.states["InspectExecution"]["Arguments"]["Payload"]["saga"]["clean_failures"]
    for step in plan.steps:
        for failure in step.clean_failures:
            [catcher] = [one for one in graph.states[step.action]["Catch"] if one["ErrorEquals"] == [failure.error]]
            told = catcher["Assign"]["failure"]["error"]
            assert known[step.action][failure.error] == {
                "error": failure.error if told.startswith("{%") else told,
                "outcome": catcher["Assign"]["outcome"],
            }
        assert set(known.get(step.action, {})) == {failure.error for failure in step.clean_failures}


def test_all_that_the_look_hands_on_is_kept_and_the_list_of_what_is_not_undone_begins_empty(recovery: Graph) -> None:
    assign = recovery.states["InspectExecution"]["Assign"]
    assert assign == {**{name: f"{{% $states.result.Payload.{name} %}}" for name in FOUND}, "notUndone": []}


def test_each_verdict_has_its_way_and_any_other_word_is_a_persons(recovery: Graph) -> None:
    assert recovery.states["InspectExecution"]["Next"] == "ChooseRecovery"
    choice = recovery.states["ChooseRecovery"]
    ways = {one["Condition"]: one["Next"] for one in choice["Choices"]}
    expected = {
        verdict.UNSETTLED: "ClaimFare",
        verdict.SUPERSEDED: "WaitForStragglers",
        verdict.COMPLETED: "NotifySuccess",
        verdict.SETTLED: "NotifyFailure",
        verdict.NOTHING: "NothingToRecover",
    }
    assert ways == {f"{{% $verdict = '{word}' %}}": state for word, state in expected.items()}
    assert choice["Default"] == "ParkRide"
    assert VERDICTS - set(expected) == {verdict.UNCLEAR}


def test_every_compensation_of_the_saga_runs_newest_first_and_then_the_failure_is_told(
    recovery: Graph, plan: Plan
) -> None:
    expected = ["WaitForStragglers", *newest_first(plan), "NotifyFailure", "RideRecovered"]
    assert recovery.after("WaitForStragglers") == expected
    assert recovery.after("ClaimFare") == ["ClaimFare", *expected]
    assert recovery.after("NotifySuccess") == ["NotifySuccess", "RideRecovered"]


def test_no_compensation_runs_but_after_the_wait_and_what_is_unsettled_is_claimed_before(
    recovery: Graph, plan: Plan
) -> None:
    compensations = newest_first(plan)
    assert recovery.before(compensations[0]) == {"WaitForStragglers"}
    for earlier, later in itertools.pairwise(compensations):
        assert recovery.before(later) == {earlier}
    assert recovery.before("WaitForStragglers") == {"ClaimFare", "ChooseRecovery"}
    wait = recovery.states["WaitForStragglers"]
    assert (wait["Type"], wait["Seconds"]) == ("Wait", "{% $stragglerSeconds %}")


def statuses(state: dict[str, Any]) -> tuple[str, set[str]]:
    """The status that an update writes, and those that it requires of a row of this saga's."""
    arguments = state["Arguments"]
    values = {name: value["S"] for name, value in arguments["ExpressionAttributeValues"].items()}
    [written] = re.findall(r"fareStatus = (:\w+)", arguments["UpdateExpression"])
    [mine] = re.findall(r"sagaId = :saga AND \(.+?\) AND fareStatus IN \((.+?)\)", arguments["ConditionExpression"])
    return values[written], {values[name] for name in mine.split(", ")}


def test_the_claim_and_the_pivot_exclude_each_other(recovery: Graph, graph: Graph, plan: Plan) -> None:
    pivot = graph.states[next(step.action for step in plan.steps if step.pivot)]
    claim_writes, claim_takes = statuses(recovery.states["ClaimFare"])
    pivot_writes, pivot_takes = statuses(pivot)
    assert (claim_writes, pivot_writes) == ("recovering", "completed")
    assert claim_writes not in pivot_takes
    assert pivot_writes not in claim_takes
    assert claim_writes in claim_takes
    assert "attribute_not_exists(fareId)" not in pivot["Arguments"]["ConditionExpression"]


def test_a_claimed_fare_cannot_be_registered_late(recovery: Graph, graph: Graph) -> None:
    register = graph.states["RegisterFare"]["Arguments"]
    values = {name: value["S"] for name, value in register["ExpressionAttributeValues"].items()}
    claimed, _ = statuses(recovery.states["ClaimFare"])
    assert claimed not in values.values()
    assert recovery.states["ClaimFare"]["Arguments"]["ConditionExpression"].startswith(
        "attribute_not_exists(fareId) OR"
    )


def test_a_claim_is_of_the_ride_that_was_looked_at_and_names_its_recovery(recovery: Graph) -> None:
    arguments = recovery.states["ClaimFare"]["Arguments"]
    values = {name: value["S"] for name, value in arguments["ExpressionAttributeValues"].items()}
    assert arguments["Key"] == {"fareId": {"S": "{% $ride.fareId %}"}}
    assert values[":saga"] == "{% $ride.sagaId %}"
    assert values[":start"] == "{% $ride.startTime %}"
    assert values[":recovery"] == "{% $states.context.Execution.Id %}"


@pytest.mark.parametrize(
    ("state", "error", "target"),
    [
        ("InspectExecution", "NotAnExecution", "NotAnExecution"),
        ("InspectExecution", "StillRunning", "StillRunning"),
        ("InspectExecution", ANY_ERROR, "ParkRide"),
        ("ClaimFare", REFUSED, "InspectExecution"),
        ("ClaimFare", ANY_ERROR, "ParkRide"),
        ("ReverseAccountCredit", ANY_ERROR, "RefundFare"),
        ("RefundFare", ANY_ERROR, "SetFareStatusFailed"),
        ("SetFareStatusFailed", REFUSED, "NotifyFailure"),
        ("SetFareStatusFailed", NOT_EVALUATED, "ParkRide"),
        ("SetFareStatusFailed", ANY_ERROR, "ParkRide"),
        ("NotifyFailure", ANY_ERROR, "ParkRide"),
        ("NotifySuccess", ANY_ERROR, "ParkRide"),
        ("MarkFareParked", REFUSED, "RideParked"),
        ("MarkFareParked", ANY_ERROR, "RideParked"),
    ],
)
def test_an_error_leads_to_the_next_compensation_or_to_a_person(
    recovery: Graph, state: str, error: str, target: str
) -> None:
    assert recovery.caught(state, error) == target


def test_nothing_but_the_parking_itself_can_end_the_recovery_with_its_own_error(recovery: Graph) -> None:
    assert {name for name in recovery.tasks if recovery.caught(name, ANY_ERROR) is None} == {"ParkRide"}
    assert recovery.after("ParkRide") == ["ParkRide", "MarkFareParked", "RideParked"]


def test_what_gave_up_is_noted_with_the_first_trouble_kept(recovery: Graph, plan: Plan) -> None:
    for name in newest_first(plan):
        assign = recovery.states[name]["Catch"][-1]["Assign"]
        assert assign["notUndone"] == f"{{% $append($notUndone, ['{name}']) %}}"
        assert assign["trouble"].startswith("{% $trouble.error = '' ? {'state': $states.context.State.Name")
        assert assign["trouble"].endswith(": $trouble %}")


def test_the_fare_is_settled_only_if_everything_was_undone(recovery: Graph) -> None:
    key = recovery.states["SetFareStatusFailed"]["Arguments"]["Key"]["fareId"]["S"]
    assert key.startswith("{% ($assert($count($notUndone) = 0,")


def test_it_ends_in_its_five_ways(recovery: Graph) -> None:
    ends = {name: state["Type"] for name, state in recovery.states.items() if not recovery.ways(name)}
    assert ends == {
        "RideRecovered": "Succeed",
        "NothingToRecover": "Succeed",
        "StillRunning": "Succeed",
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


def test_a_parked_ride_is_told_with_all_that_a_person_needs(recovery: Graph) -> None:
    body = recovery.states["ParkRide"]["Arguments"]["MessageBody"]
    assert body.startswith("{% $string($merge([$ride, {")
    assert set(re.findall(r"'(\w+)':", body)) == {"failure", "stillToDo", "trouble", "recoveryArn", "parkedAt"}


def test_every_task_times_out_and_is_retried_with_a_cap_and_with_jitter(recovery: Graph, patient: Graph) -> None:
    for machine in (recovery, patient):
        for name, task in machine.tasks.items():
            assert 0 < task["TimeoutSeconds"] <= FUNCTION_TASK_TIMEOUT_SECONDS, name
            assert task["Retry"][-1]["ErrorEquals"] == ["States.ALL"], name
            for retry in task["Retry"]:
                if retry["MaxAttempts"]:
                    assert retry["JitterStrategy"] == "FULL", name
                    assert retry["MaxDelaySeconds"] > 0, name


@pytest.mark.parametrize(
    ("state", "errors"),
    [
        ("InspectExecution", {"NotAnExecution"}),
        ("ClaimFare", {REFUSED}),
        ("SetFareStatusFailed", {REFUSED, NOT_EVALUATED}),
        ("MarkFareParked", {REFUSED, NOT_EVALUATED}),
    ],
)
def test_an_answer_is_not_retried(recovery: Graph, state: str, errors: set[str]) -> None:
    first = recovery.states[state]["Retry"][0]
    assert (set(first["ErrorEquals"]), first["MaxAttempts"]) == (errors, 0)


def test_an_end_that_aws_has_not_heard_of_yet_is_looked_for_again_soon(recovery: Graph, patient: Graph) -> None:
    for machine in (recovery, patient):
        [again] = [one for one in machine.states["InspectExecution"]["Retry"] if one["ErrorEquals"] == ["StillRunning"]]
        assert again["MaxAttempts"] >= 1
        assert waits({"Retry": [again]}) <= 60


def test_it_is_patient_for_minutes_in_the_workshop_and_for_hours_in_production(recovery: Graph, patient: Graph) -> None:
    for name in recovery.tasks.keys() - {"NotifySuccess"}:
        last = {"Retry": recovery.states[name]["Retry"][-1:]}, {"Retry": patient.states[name]["Retry"][-1:]}
        assert 60 < waits(last[0]) < 600, name
        assert 3600 < waits(last[1]) < 6 * 3600, name


def test_the_machine_outlasts_its_worst_path(recovery: Graph, patient: Graph) -> None:
    """Counted here from the definition alone: every attempt times out, and the claim is refused twice."""
    for machine in (recovery, patient):

        def worst(name: str, machine: Graph = machine) -> float:
            state = machine.states[name]
            if state["Type"] == "Wait":
                return float(FUNCTION_TASK_TIMEOUT_SECONDS)
            attempts = 1 + sum(retry["MaxAttempts"] for retry in state.get("Retry", []))
            return float(attempts * state.get("TimeoutSeconds", 0) + waits(state))

        longest = max(sum(worst(name) for name in path) for path in walks(machine))
        assert math.ceil(longest) < machine.definition["TimeoutSeconds"] <= 2 * longest


def walks(machine: Graph, *sofar: str) -> Iterator[list[str]]:
    """Every way through a machine that looks no more often than it has to."""
    here = sofar or (machine.definition["StartAt"],)
    targets = {target for target, _ in machine.ways(here[-1])}
    if not targets:
        yield list(here)
    for target in targets:
        if target != "InspectExecution" or here.count(target) < LOOKS:
            yield from walks(machine, *here, target)


def test_no_state_hands_its_input_on(recovery: Graph) -> None:
    for name, state in recovery.states.items():
        if state["Type"] in ("Task", "Wait"):
            assert "Output" in state, name
        for catcher in state.get("Catch", []):
            assert catcher["Output"] == {}, name


def test_nothing_of_the_card_has_a_name_in_it(recovery: Graph, patient: Graph) -> None:
    for machine in (recovery, patient):
        text = json.dumps(machine.definition)
        assert [field for field in CARD if re.search(rf"\b{field}\b", text)] == []
        assert ".Execution.Input" not in text.replace(".Execution.Input.executionArn", "")

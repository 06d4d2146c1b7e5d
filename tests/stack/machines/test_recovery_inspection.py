"""The recovery's machine and its inspection: the input, the answer, and the way of each verdict."""

import re
from typing import Final

from lambda_src.recovery import verdict
from lambda_src.recovery.execution import SagaShape
from tests.support.recovery.executions import FOUND, SHAPE
from tests.support.template.graph import Graph
from wild_rydes_saga.foundation.timeouts import FUNCTION_TASK_TIMEOUT_SECONDS
from wild_rydes_saga.saga import Plan
from wild_rydes_saga.saga.express import LONGEST_SECONDS

VERDICTS: Final = {value for name, value in vars(verdict).items() if name.isupper()}


def test_the_inspection_gets_the_saga_and_the_time_of_a_straggler(recovery: Graph, graph: Graph, plan: Plan) -> None:
    assert recovery.after("BeginRecovery")[:2] == ["BeginRecovery", "InspectExecution"]
    assert recovery.definition["StartAt"] == "BeginRecovery"
    payload = recovery.states["InspectExecution"]["Arguments"]["Payload"]
    assert set(payload) == {"executionArn", "machineArns", "saga", "stragglerSeconds", "openForSeconds"}
    shape = SagaShape(**payload["saga"])
    assert shape == SHAPE
    assert list(shape.actions) == [step.action for step in plan.steps]
    assert graph.states[shape.rolled_back]["Type"] == "Fail"
    assert payload["stragglerSeconds"] == FUNCTION_TASK_TIMEOUT_SECONDS
    assert payload["openForSeconds"] > LONGEST_SECONDS
    assert all(task["TimeoutSeconds"] <= payload["stragglerSeconds"] for task in graph.tasks.values())


def test_the_inspection_knows_clean_failures_as_they_are_reported(recovery: Graph, graph: Graph, plan: Plan) -> None:
    known = recovery.states["InspectExecution"]["Arguments"]["Payload"]["saga"]["clean_failures"]
    for step in plan.steps:
        for failure in step.clean_failures:
            [catcher] = [one for one in graph.states[step.action]["Catch"] if one["ErrorEquals"] == [failure.error]]
            reported = catcher["Assign"]["failure"]["error"]
            assert known[step.action][failure.error] == {
                "error": failure.error if reported.startswith("{%") else reported,
                "outcome": failure.outcome,
            }
            assert failure.outcome in re.findall(r"\w+", catcher["Assign"]["outcome"])
        assert set(known.get(step.action, {})) == {failure.error for failure in step.clean_failures}


def test_the_inspections_answer_is_kept_and_not_undone_starts_empty(recovery: Graph) -> None:
    assign = recovery.states["InspectExecution"]["Assign"]
    assert assign == {**{name: f"{{% $states.result.Payload.{name} %}}" for name in FOUND}, "notUndone": []}


def test_each_verdict_has_its_way_and_any_other_word_parks_the_ride(recovery: Graph) -> None:
    assert recovery.states["InspectExecution"]["Next"] == "ChooseRecovery"
    choice = recovery.states["ChooseRecovery"]
    ways = {one["Condition"]: one["Next"] for one in choice["Choices"]}
    expected = {
        verdict.UNSETTLED: "ClaimFare",
        verdict.SUPERSEDED: "WaitForStragglers",
        verdict.COMPLETED: "NotifySuccess",
        verdict.SETTLED: "NotifyFailure",
        verdict.NOTHING: "CloseRecovery",
    }
    assert ways == {f"{{% $verdict = '{word}' %}}": state for word, state in expected.items()}
    assert choice["Default"] == "ParkRide"
    assert VERDICTS - set(expected) == {verdict.UNCLEAR}


def test_a_refused_claim_is_inspected_again_but_not_for_ever(recovery: Graph) -> None:
    again = recovery.states["InspectAgain"]
    assert [(one["Condition"], one["Next"]) for one in again["Choices"]] == [("{% $rounds <= 3 %}", "InspectExecution")]
    assert again["Default"] == "ParkRide"
    assert recovery.states["BeginRecovery"]["Assign"] == {"rounds": 1}
    [refused] = [one for one in recovery.states["ClaimFare"]["Catch"] if one["Next"] == "InspectAgain"]
    assert refused["Assign"]["rounds"] == "{% $rounds + 1 %}"

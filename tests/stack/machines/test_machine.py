"""Properties of the finished machine as a graph: they hold on every path."""

import json
import math

import pytest
from aws_cdk.assertions import Template

from sagalint.rules.timeouts import COLD_START_SECONDS
from tests.support.template.graph import Graph
from wild_rydes_saga.foundation.timeouts import FUNCTION_TASK_TIMEOUT_SECONDS, FUNCTION_TIMEOUT_SECONDS
from wild_rydes_saga.saga import Plan
from wild_rydes_saga.saga.retries import LAMBDA_SERVICE_ERRORS

ANY_ERROR = "an unforeseen error"
BUSINESS_ERRORS = ("PaymentAuthException", "PaymentChargeException", "AccountCreditException")
CARD = ("cc", "expiryDate", "cvv")
ROLLBACK_END = ["SetFareStatusFailed", "NotifyFailure", "FareProcessingFailed"]


def test_the_happy_path_is_the_labs_and_enters_five_states(graph: Graph) -> None:
    assert graph.happy_path() == [
        "RegisterFare",
        "ChargeFare",
        "CustomerAccountCredit",
        "SetFareStatusCompleted",
        "NotifySuccess",
    ]


@pytest.mark.parametrize(
    ("state", "error", "path"),
    [
        ("RegisterFare", "DynamoDB.ConditionalCheckFailedException", ROLLBACK_END[1:]),
        ("RegisterFare", "States.QueryEvaluationError", ROLLBACK_END[1:]),
        ("RegisterFare", ANY_ERROR, ROLLBACK_END),
        ("ChargeFare", "PaymentAuthException", ROLLBACK_END),
        ("ChargeFare", "PaymentChargeException", ROLLBACK_END),
        ("ChargeFare", ANY_ERROR, ["RefundFare", *ROLLBACK_END]),
        ("CustomerAccountCredit", "AccountCreditException", ["RefundFare", *ROLLBACK_END]),
        ("CustomerAccountCredit", ANY_ERROR, ["ReverseAccountCredit", "RefundFare", *ROLLBACK_END]),
        ("ReverseAccountCredit", ANY_ERROR, ["RefundFare", *ROLLBACK_END]),
        ("RefundFare", ANY_ERROR, ROLLBACK_END),
        ("SetFareStatusFailed", "DynamoDB.ConditionalCheckFailedException", ROLLBACK_END[1:]),
        ("SetFareStatusFailed", "States.QueryEvaluationError", ["SagaRollbackIncomplete"]),
        ("SetFareStatusFailed", ANY_ERROR, ["SagaRollbackIncomplete"]),
    ],
)
def test_an_error_leads_to_the_compensations_of_all_that_may_be_done(
    graph: Graph, state: str, error: str, path: list[str]
) -> None:
    target = graph.caught(state, error)
    assert target is not None
    assert graph.after(target) == path


def test_a_doubtful_action_and_all_before_it_are_undone_newest_first(graph: Graph, plan: Plan) -> None:
    for position, step in enumerate(plan.compensable):
        expected = [earlier.compensation for earlier in reversed(plan.compensable[: position + 1])]
        target = graph.caught(step.action, ANY_ERROR)
        assert target is not None
        assert graph.after(target)[: len(expected)] == expected


def test_nothing_is_caught_from_the_pivot_on(graph: Graph, plan: Plan) -> None:
    assert [step.action for step in plan.forward_only] == ["SetFareStatusCompleted", "NotifySuccess"]
    for step in plan.forward_only:
        assert "Catch" not in graph.states[step.action]


def test_no_path_runs_a_compensation_twice_and_every_path_ends(graph: Graph) -> None:
    ends = set()
    for path in graph.paths():
        assert len(path) == len(set(path))
        ends.add(path[-1])
    assert ends == {"NotifySuccess", "FareProcessingFailed", "SagaRollbackIncomplete"}


def test_every_state_can_be_reached(graph: Graph) -> None:
    assert {name for path in graph.paths() for name in path} == set(graph.states)


def test_each_path_notifies_once_and_an_incomplete_rollback_never(graph: Graph) -> None:
    for path in graph.paths():
        notices = [name for name in path if name.startswith("Notify")]
        assert len(notices) == (0 if path[-1] == "SagaRollbackIncomplete" else 1)


def test_a_failed_ride_ends_with_the_failing_steps_error_and_cause(graph: Graph) -> None:
    ending = graph.states["FareProcessingFailed"]
    assert (ending["Error"], ending["Cause"]) == ("{% $failure.error %}", "{% $failure.cause %}")
    assert graph.states["SagaRollbackIncomplete"]["Error"] == "SagaRollbackIncomplete"


def test_every_variable_read_is_assigned_on_every_path_to_the_read(graph: Graph) -> None:
    for path in graph.paths():
        defined: set[str] = set()
        for name, following in zip(path, [*path[1:], None], strict=True):
            state = graph.states[name]
            reads = json.dumps([state.get(field) for field in ("Arguments", "Output", "Error", "Cause")])
            for variable in ("failure", "outcome", "notUndone", "receipt"):
                if f"${variable}" in reads:
                    assert variable in defined, f"{name} reads ${variable} on {path}"
            ways = [way for way in [state, *state.get("Catch", [])] if way.get("Next") == following]
            if ways:
                defined |= set.intersection(*(set(way.get("Assign", {})) for way in ways))


def test_every_task_times_out_and_no_function_outlives_its_state(graph: Graph) -> None:
    for name, task in graph.tasks.items():
        assert task["TimeoutSeconds"] > 0, name
        if task["Resource"].endswith("lambda:invoke"):
            assert task["TimeoutSeconds"] == FUNCTION_TASK_TIMEOUT_SECONDS
    assert FUNCTION_TIMEOUT_SECONDS + COLD_START_SECONDS < FUNCTION_TASK_TIMEOUT_SECONDS


def test_the_machine_outlasts_its_worst_path(graph: Graph) -> None:
    """Computed here from the definition: every attempt of every task times out."""

    def worst(name: str) -> float:
        state = graph.states[name]
        if "TimeoutSeconds" not in state:
            return 0
        waits = 0.0
        attempts = 1
        for retry in state.get("Retry", []):
            attempts += retry["MaxAttempts"]
            for attempt in range(retry["MaxAttempts"]):
                waits += min(retry["IntervalSeconds"] * retry["BackoffRate"] ** attempt, retry["MaxDelaySeconds"])
        return float(attempts * state["TimeoutSeconds"] + waits)

    longest = max(sum(worst(name) for name in path) for path in graph.paths())
    assert math.ceil(longest) < graph.definition["TimeoutSeconds"] <= 2 * longest


def test_retries_never_repeat_a_business_error(graph: Graph) -> None:
    for name in ("ChargeFare", "CustomerAccountCredit"):
        retried = {error for retry in graph.states[name]["Retry"] for error in retry["ErrorEquals"]}
        assert retried.isdisjoint({*BUSINESS_ERRORS, "States.ALL", "States.TaskFailed"})
        assert retried >= set(LAMBDA_SERVICE_ERRORS)


@pytest.mark.parametrize("name", ["RegisterFare", "SetFareStatusCompleted", "SetFareStatusFailed"])
def test_a_refused_condition_is_an_answer_and_is_not_retried(graph: Graph, name: str) -> None:
    first = graph.states[name]["Retry"][0]
    assert "DynamoDB.ConditionalCheckFailedException" in first["ErrorEquals"]
    assert first["MaxAttempts"] == 0


@pytest.mark.parametrize(
    "name",
    [
        "RefundFare",
        "ReverseAccountCredit",
        "SetFareStatusFailed",
        "SetFareStatusCompleted",
        "NotifySuccess",
        "NotifyFailure",
    ],
)
def test_a_task_that_must_be_done_retries_every_error_for_long(graph: Graph, name: str) -> None:
    last = graph.states[name]["Retry"][-1]
    assert last["ErrorEquals"] == ["States.ALL"]
    assert last["MaxAttempts"] >= 5
    assert last["JitterStrategy"] == "FULL"
    assert last["MaxDelaySeconds"] <= 60


def test_only_register_fare_and_charge_fare_read_the_card(graph: Graph) -> None:
    for name, state in graph.states.items():
        arguments = state.get("Arguments", {})
        if name == "ChargeFare":
            assert set(CARD) <= set(arguments["Payload"])
            continue
        written = {key: value for key, value in arguments.get("Item", {}).items() if key in CARD}
        assert not written
        assert not set(CARD) & set(arguments.get("Payload", {})), name
    for name in graph.states.keys() - {"RegisterFare", "ChargeFare"}:
        assert not [field for field in CARD if f".{field}" in json.dumps(graph.states[name])], name
    assert ".cc" in json.dumps(graph.states["RegisterFare"])


def test_no_state_hands_its_input_on(graph: Graph) -> None:
    """Without an Output a state passes on its input or its result, and the first input has the card."""
    for name, task in graph.tasks.items():
        assert "Output" in task, name
        for catcher in task.get("Catch", []):
            assert "Output" in catcher, name


def test_the_start_here_machine_is_one_empty_state(template: Template) -> None:
    learner = Graph.of(template, "start-here")
    assert {name: state["Type"] for name, state in learner.states.items()} == {"RegisterFare": "Pass"}

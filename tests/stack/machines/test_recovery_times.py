"""How long the recovery's machine waits, retries and may run, in each stage."""

import math
from collections.abc import Iterator
from typing import Any, Final

import pytest

from lambda_src.errors import BUSY
from tests.support.template.graph import Graph
from wild_rydes_saga.foundation.timeouts import FUNCTION_TASK_TIMEOUT_SECONDS

REFUSED: Final = "DynamoDB.ConditionalCheckFailedException"
NOT_EVALUATED: Final = "States.QueryEvaluationError"
INSPECTIONS: Final = 3
"""A saga can move between the inspection and the claim, and settle after that: then it does not move again."""


def waits(state: dict[str, Any]) -> float:
    """The sum of all waits of a task between its attempts if the jitter is never shorter."""
    return sum(
        float(min(retry["IntervalSeconds"] * retry["BackoffRate"] ** min(attempt, 99), retry["MaxDelaySeconds"]))
        for retry in state.get("Retry", [])
        for attempt in range(retry["MaxAttempts"])
    )


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


def test_an_end_that_aws_does_not_report_yet_is_inspected_again_soon(recovery: Graph, patient: Graph) -> None:
    """AWS may report it half a minute late. Waits with jitter may be short, so there are many."""
    for machine in (recovery, patient):
        [again] = [one for one in machine.states["InspectExecution"]["Retry"] if one["ErrorEquals"] == ["StillRunning"]]
        assert again["IntervalSeconds"] <= 5
        assert 120 <= waits({"Retry": [again]}) <= 600


def test_it_retries_for_minutes_in_the_workshop_and_hours_in_production(recovery: Graph, patient: Graph) -> None:
    for name in recovery.tasks.keys() - {"NotifySuccess"}:
        last = {"Retry": recovery.states[name]["Retry"][-1:]}, {"Retry": patient.states[name]["Retry"][-1:]}
        assert 60 < waits(last[0]) < 600, name
        assert 3600 < waits(last[1]) < 6 * 3600, name


def test_the_machine_outlasts_its_worst_path(recovery: Graph, patient: Graph) -> None:
    """Computed here from the definition: every attempt times out, and the claim is refused twice."""
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
    """Every way through a machine with as few inspections as possible."""
    here = sofar or (machine.definition["StartAt"],)
    targets = {target for target, _ in machine.ways(here[-1])}
    if not targets:
        yield list(here)
    for target in targets:
        if target != "InspectExecution" or here.count(target) < INSPECTIONS:
            yield from walks(machine, *here, target)


FULL_JITTER: Final = 0.5
"""The average wait as a part of the longest: AWS draws it between zero and the longest."""
OVERLOADED: Final = {
    "dynamodb": "DynamoDB.ProvisionedThroughputExceededException",
    "lambda": "Lambda.TooManyRequestsException",
    "sns": "SNS.ThrottledException",
    "sqs": "SQS.RequestThrottledException",
}


def test_an_overload_of_the_key_is_waited_for_as_one_of_the_service(recovery: Graph) -> None:
    """Topic and queues are under the key, and a message cannot be sent while KMS throttles."""
    sending = [one for one in recovery.tasks.values() if one["Resource"].split(":")[-2] in ("sns", "sqs")]
    assert sending
    for task in sending:
        overload = next(one for one in task["Retry"] if "States.Timeout" in one["ErrorEquals"])
        assert [error for error in overload["ErrorEquals"] if "kms" in error.lower()], task["Resource"]


def test_every_task_waits_for_days_until_an_overload_ends(recovery: Graph, patient: Graph) -> None:
    """Every task waits for days, and keeps all its attempts for other errors."""
    for machine, least in ((recovery, 3 * 86400), (patient, 10 * 86400)):
        for name, task in machine.tasks.items():
            error = OVERLOADED[task["Resource"].split(":")[-2]]
            overload = next(one for one in task["Retry"] if error in one["ErrorEquals"])
            assert waits({"Retry": [overload]}) * FULL_JITTER > least, name
            assert "States.Timeout" in overload["ErrorEquals"], name


def test_a_handler_that_found_aws_busy_is_called_again_for_days(recovery: Graph) -> None:
    for name, task in recovery.tasks.items():
        if task["Resource"].split(":")[-2] == "lambda":
            [busy] = [one for one in task["Retry"] if set(BUSY) <= set(one["ErrorEquals"])]
            assert waits({"Retry": [busy]}) * FULL_JITTER > 3 * 86400, name


LONGEST_EXECUTION: Final = 365 * 86400
MOST_EVENTS: Final = 25_000
"""AWS, "Step Functions service quotas": of one execution."""


def test_all_retries_fit_into_the_limits_of_an_execution(recovery: Graph, patient: Graph) -> None:
    for machine in (recovery, patient):
        assert machine.definition["TimeoutSeconds"] < LONGEST_EXECUTION
        for name, task in machine.tasks.items():
            attempts = sum(retry["MaxAttempts"] for retry in task["Retry"])
            assert 5 * attempts < MOST_EVENTS, name

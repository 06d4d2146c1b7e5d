"""The saga pattern: machines derived from other sagas than the fare's."""

import json
from collections.abc import Sequence

import aws_cdk as cdk
import pytest
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from aws_cdk import aws_stepfunctions as sfn
from aws_cdk import aws_stepfunctions_tasks as tasks
from aws_cdk.assertions import Template

from tests.support.template.graph import Graph
from wild_rydes_saga.saga import CleanFailure, Deployment, FailureEnding, Saga, SagaPlanError, SagaTask, Step
from wild_rydes_saga.saga.retries import retry_all_errors

TIMEOUT = 7


class Sagas:
    """Builds sagas of function tasks in a stack of their own."""

    def __init__(self) -> None:
        self.stack = cdk.Stack(cdk.App(), "Sagas")
        self._function = lambda_.Function.from_function_name(self.stack, "Function", "function")

    def task(self, name: str, *, settles: bool = False, refusals: Sequence[str] = ()) -> SagaTask:
        """A task that calls a function; one that settles asserts that everything was undone."""
        state = tasks.LambdaInvoke.jsonata(
            self.stack,
            name,
            lambda_function=self._function,
            payload=sfn.TaskInput.from_object({"undone": "{% $assert($count($notUndone) = 0) %}"} if settles else {}),
            task_timeout=sfn.Timeout.duration(cdk.Duration.seconds(TIMEOUT)),
            retry_on_service_exceptions=False,
        )
        return SagaTask(state, TIMEOUT, (retry_all_errors(max_attempts=1, interval_seconds=3),), refusals=refusals)

    def saga(self, steps: Sequence[Step]) -> tuple[Saga, Graph]:
        """A saga of the steps and its machine."""
        saga = Saga(
            self.stack,
            "Saga",
            deployment=Deployment(
                name="saga",
                log_retention=logs.RetentionDays.ONE_DAY,
                removal_policy=cdk.RemovalPolicy.DESTROY,
            ),
            steps=steps,
            ending=FailureEnding(notify=self.task("Apologise"), failed="Failed", incomplete="Incomplete"),
        )
        return saga, Graph.of(Template.from_stack(self.stack), "saga")


@pytest.mark.parametrize("length", [1, 2, 7])
def test_however_long_the_saga_each_doubt_undoes_itself_and_all_before_it(length: int) -> None:
    sagas = Sagas()
    steps = [
        Step(action=sagas.task(f"Do{n}"), compensation=sagas.task(f"Undo{n}", settles=n == 0)) for n in range(length)
    ]
    _, graph = sagas.saga(steps)
    assert graph.happy_path() == [f"Do{n}" for n in range(length)]
    for position in range(length):
        target = graph.caught(f"Do{position}", "anything")
        assert target is not None
        assert graph.after(target) == [f"Undo{n}" for n in range(position, -1, -1)] + ["Apologise", "Failed"]


def test_a_clean_failure_skips_its_compensation_and_reports_its_own_name() -> None:
    sagas = Sagas()
    failure = CleanFailure(error="Full", reported_as="SoldOut", cause="come back tomorrow", outcome="refused")
    _, graph = sagas.saga(
        [
            Step(action=sagas.task("Pay"), compensation=sagas.task("Refund", settles=True)),
            Step(action=sagas.task("Book"), compensation=sagas.task("Cancel"), clean_failures=[failure]),
        ]
    )
    assert graph.caught("Book", "Full") == "Refund"
    assert graph.caught("Book", "anything else") == "Cancel"
    assign = graph.states["Book"]["Catch"][0]["Assign"]
    assert assign["failure"] == {"step": "Book", "error": "SoldOut", "cause": "come back tomorrow"}
    assert (assign["outcome"], assign["notUndone"]) == ("refused", [])


def test_a_settling_compensation_that_ignores_the_others_is_refused() -> None:
    sagas = Sagas()
    with pytest.raises(SagaPlanError, match="Undo settles the saga"):
        sagas.saga([Step(action=sagas.task("Do"), compensation=sagas.task("Undo"))])


def test_the_machine_times_out_after_its_longest_path() -> None:
    sagas = Sagas()
    saga, graph = sagas.saga(
        [Step(action=sagas.task(f"Do{n}"), compensation=sagas.task(f"Undo{n}", settles=n == 0)) for n in range(2)]
    )
    tasks_on_the_longest_path = 5
    longest = tasks_on_the_longest_path * (2 * TIMEOUT + 3)
    assert saga.timeout_seconds == graph.definition["TimeoutSeconds"] == longest + 60


def test_the_plan_names_every_state_of_the_machine() -> None:
    sagas = Sagas()
    saga, graph = sagas.saga([Step(action=sagas.task("Do"), compensation=sagas.task("Undo", settles=True))])
    planned = {name for step in saga.plan.steps for name in (step.action, step.compensation)} | {*saga.plan.ending}
    assert set(graph.states) == planned
    assert json.loads(saga.plan.to_json())["steps"][0]["action"] == "Do"

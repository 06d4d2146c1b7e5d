"""The recovery pattern: machines derived from other sagas than the fare's."""

import aws_cdk as cdk
import pytest
from aws_cdk import aws_logs as logs
from aws_cdk.assertions import Template

from tests.stack.pattern.test_saga_pattern import TIMEOUT, Sagas
from tests.support.template.graph import Graph
from wild_rydes_saga.saga import Deployment, RecoveryEnding, RecoveryTasks, SagaPlanError, SagaRecovery, Step, Verdicts
from wild_rydes_saga.saga.retries import OverloadPatience

VERDICTS = Verdicts(nothing="fine", done="bought", settled="sorry", unsettled="odd", superseded="late")
ENDING = RecoveryEnding(
    recovered="Recovered",
    nothing="Fine",
    running="Busy",
    delayed="Later",
    parked="AskSomebody",
    refused="NoSuchTrip",
    begin="Begin",
    choose="Choose",
    again="InspectAgain",
    wait="Wait",
    end="End",
)
OVERLOAD = OverloadPatience(handlers_busy=("Busy",), max_attempts=1, max_delay_seconds=9)
ONE_TASK = 3 * TIMEOUT + 3 + 2
"""The seconds of a task of these sagas if all attempts time out, first in an overload, then by another error."""


class Recoveries(Sagas):
    """Builds recoveries of sagas of function tasks in a stack of their own."""

    def steps(self, before: int, *refusals: str, after: int = 1) -> list[Step]:
        """Steps with a compensation each, a pivot, and steps after it."""
        return [
            *(
                Step(
                    action=self.task(f"Do{n}"),
                    compensation=self.task(f"Undo{n}", settles=n == 0, refusals=() if n else refusals),
                )
                for n in range(before)
            ),
            Step(action=self.task("Commit"), uncompensated_because="it is the commit", pivot=True),
            *(
                Step(action=self.task(f"Tell{n}"), uncompensated_because="a message cannot be unsent")
                for n in range(after)
            ),
        ]

    def recovery(self, steps: list[Step]) -> tuple[SagaRecovery, Graph]:
        """A recovery of the steps and its machine."""
        recovery = SagaRecovery(
            self.stack,
            "Recovery",
            deployment=Deployment(
                name="recovery",
                log_retention=logs.RetentionDays.ONE_DAY,
                removal_policy=cdk.RemovalPolicy.DESTROY,
            ),
            steps=steps,
            notify_failure=self.task("Apologise"),
            tasks=RecoveryTasks(
                inspect=self.task("Inspect"),
                claim=self.task("Claim", refusals=["Moved"]),
                park=self.task("Park"),
                mark=self.task("Mark"),
                record_parked=self.task("Record"),
                close=self.task("Close"),
                not_a_saga="NoTrip",
                still_running="UnderWay",
                known_without_inspection={"trip": {"id": "{% $states.context.Execution.Input.id %}"}},
            ),
            verdicts=VERDICTS,
            ending=ENDING,
            overload=OVERLOAD,
        )
        return recovery, Graph.of(Template.from_stack(self.stack), "recovery")


@pytest.mark.parametrize("length", [1, 2, 7])
def test_a_saga_of_any_length_is_undone_newest_first_after_the_wait(length: int) -> None:
    recoveries = Recoveries()
    _, graph = recoveries.recovery(recoveries.steps(length))
    undoing = [f"Undo{n}" for n in range(length - 1, -1, -1)]
    assert graph.after("Claim") == ["Claim", "Wait", *undoing, "Apologise", "Close", "End"]
    for name, following in zip(undoing, [*undoing[1:], "Park"], strict=True):
        assert graph.caught(name, "anything") == following
    assert not {name for name in graph.states if name.startswith("Do") or name == "Commit"}


@pytest.mark.parametrize(
    ("word", "state"),
    [("fine", "Close"), ("bought", "Tell0"), ("sorry", "Apologise"), ("odd", "Claim"), ("late", "Wait")],
)
def test_each_verdict_goes_its_way(word: str, state: str) -> None:
    recoveries = Recoveries()
    _, graph = recoveries.recovery(recoveries.steps(2))
    assert graph.after("Inspect")[:2] == ["Inspect", "Choose"]
    ways = {one["Condition"]: one["Next"] for one in graph.states["Choose"]["Choices"]}
    assert ways[f"{{% $verdict = '{word}' %}}"] == state
    assert graph.states["Choose"]["Default"] == "Park"


@pytest.mark.parametrize("error", ["States.Timeout", "Lambda.TooManyRequestsException", "Busy"])
def test_an_overload_that_outlasts_its_retries_parks_nothing(error: str) -> None:
    recoveries = Recoveries()
    recovery, graph = recoveries.recovery(recoveries.steps(1, after=2))
    for name in ("Inspect", "Claim", "Tell0", "Tell1", "Apologise"):
        assert graph.caught(name, error) == "Later"
        assert graph.caught(name, "anything") == "Park"
    assert graph.caught("Undo0", error) == "Park", "a ride that must be undone has a person look at it in the end"
    assert graph.states["Later"]["Type"] == "Fail"
    assert recovery.plan.takes_over
    assert error in recovery.plan.takes_over.delays


def test_steps_after_the_pivot_run_in_order_and_park_if_one_gives_up() -> None:
    recoveries = Recoveries()
    _, graph = recoveries.recovery(recoveries.steps(1, after=3))
    assert graph.after("Tell0") == ["Tell0", "Tell1", "Tell2", "Close", "End"]
    assert [graph.caught(f"Tell{n}", "anything") for n in range(3)] == ["Park"] * 3
    assert graph.after("Park") == ["Park", "Mark", "Record", "AskSomebody"]
    assert (graph.caught("Mark", "anything"), graph.caught("Record", "anything")) == ("Record", "AskSomebody")


def test_a_refused_claim_inspects_again_and_a_refused_inspection_ends() -> None:
    recoveries = Recoveries()
    _, graph = recoveries.recovery(recoveries.steps(1, "Refused"))
    assert graph.caught("Claim", "Moved") == "InspectAgain"
    assert graph.states["InspectAgain"]["Choices"][0]["Next"] == "Inspect"
    assert graph.caught("Claim", "anything") == "Park"
    assert (graph.caught("Inspect", "NoTrip"), graph.caught("Inspect", "UnderWay")) == ("NoSuchTrip", "Busy")
    assert graph.caught("Undo0", "Refused") == "Apologise"


def test_known_variables_are_assigned_when_the_inspection_gives_up() -> None:
    recoveries = Recoveries()
    _, graph = recoveries.recovery(recoveries.steps(1))
    [catcher] = [one for one in graph.states["Inspect"]["Catch"] if one["ErrorEquals"] == ["States.ALL"]]
    assert catcher["Next"] == "Park"
    assert set(catcher["Assign"]) == {"trip", "trouble"}


def test_a_step_with_nothing_to_undo_is_passed_over() -> None:
    recoveries = Recoveries()
    steps = recoveries.steps(2)
    steps.insert(1, Step(action=recoveries.task("Read"), uncompensated_because="it only reads"))
    _, graph = recoveries.recovery(steps)
    assert graph.after("Wait") == ["Wait", "Undo1", "Undo0", "Apologise", "Close", "End"]


def test_the_machine_times_out_after_all_its_tasks_and_two_more_rounds() -> None:
    recoveries = Recoveries()
    recovery, graph = recoveries.recovery(recoveries.steps(2, after=1))
    every_task = 6 + 2 + 1 + 1
    two_rounds = 2 * 2
    assert recovery.timeout_seconds == (every_task + two_rounds) * ONE_TASK + 300 + 300
    assert graph.definition["TimeoutSeconds"] == recovery.timeout_seconds


@pytest.mark.parametrize(
    ("kept", "message"),
    [
        pytest.param(slice(0, 2), "mark a pivot", id="no-pivot"),
        pytest.param(slice(0, 3), "notify after it", id="nothing-after-the-pivot"),
        pytest.param(slice(0, 0), "at least one step", id="no-steps"),
        pytest.param(slice(2, 4), "undoes the steps before the pivot", id="nothing-to-undo"),
    ],
)
def test_steps_that_a_recovery_cannot_use_are_refused_with_the_fix(kept: slice, message: str) -> None:
    recoveries = Recoveries()
    with pytest.raises(SagaPlanError, match=message):
        recoveries.recovery(recoveries.steps(2)[kept])


def test_a_settling_compensation_that_ignores_the_others_is_refused() -> None:
    recoveries = Recoveries()
    blind = Step(action=recoveries.task("Do"), compensation=recoveries.task("Undo"))
    with pytest.raises(SagaPlanError, match="Undo settles the saga"):
        recoveries.recovery([blind, *recoveries.steps(0)])

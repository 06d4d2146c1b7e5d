"""A step of a saga with its tasks: the parts of the machine."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_stepfunctions as sfn

from sagalint.plan import CleanFailure, Messages, Plan, PlannedStep
from wild_rydes_saga.saga.retries import RetryPolicy


@dataclass(frozen=True)
class SagaTask:
    """A task and how long it may take.

    Attributes:
        state: The task. Its construct id is the state's name.
        timeout_seconds: The TimeoutSeconds that the task was built with, for one attempt.
        retries: Retriers in the order in which they match.
        refusals: Errors that mean that it had nothing to do; for an action, see `Step.clean_failures`.
        transient: Errors of its function's own that a repeat can cure.
        keeps: Variables that hold its result for later states.
        function_timeout_seconds: The timeout of the function that it calls, if it calls one.
        version: The version of that function.
    """

    state: sfn.TaskStateBase
    timeout_seconds: int
    retries: Sequence[RetryPolicy] = ()
    refusals: Sequence[str] = ()
    transient: Sequence[str] = ()
    keeps: Sequence[str] = ()
    function_timeout_seconds: int | None = None
    version: lambda_.IVersion | None = None

    @cached_property
    def name(self) -> str:
        """The state's name."""
        return self.state.state_id

    @property
    def worst_seconds(self) -> float:
        """How long the task can take when every attempt times out."""
        attempts = 1 + sum(policy.max_attempts for policy in self.retries)
        return attempts * self.timeout_seconds + sum(policy.longest_wait_seconds for policy in self.retries)

    def add_retries(self) -> None:
        """Adds the retriers to the task."""
        for policy in self.retries:
            policy.add_to(self.state)


@dataclass(frozen=True, kw_only=True)
class Step:
    """An action with its compensation. `PlannedStep` says what each field guarantees.

    Attributes:
        action: The task that does the work.
        compensation: The task that undoes the action.
        clean_failures: The errors which show that the action did nothing.
        uncompensated_because: Why there is no compensation.
        pivot: Whether the saga only goes forward from here on.
        notifies: Whether its action is the message of the success.
        assign_on_failure: Variables that later states read and that the action
            would have assigned, with their values after its failure.
    """

    action: SagaTask
    compensation: SagaTask | None = None
    clean_failures: Sequence[CleanFailure] = ()
    uncompensated_because: str | None = None
    pivot: bool = False
    notifies: bool = False
    assign_on_failure: Mapping[str, Any] = field(default_factory=dict)

    @property
    def planned(self) -> PlannedStep:
        """The step as plain data."""
        return PlannedStep(
            action=self.action.name,
            compensation=self.compensation.name if self.compensation else None,
            clean_failures=tuple(self.clean_failures),
            uncompensated_because=self.uncompensated_because,
            pivot=self.pivot,
        )


def plan_of(
    steps: Sequence[Step], *, tasks: Sequence[SagaTask], ending: Sequence[str], failure_notice: SagaTask, **facts: Any
) -> Plan:
    """Makes the plan of steps, with the facts of a machine's tasks.

    Args:
        steps: The steps.
        tasks: The machine's tasks.
        ending: State names that every rollback passes at its end.
        failure_notice: The message of the failure.
        facts: Fields of the plan that the tasks do not have.

    Raises:
        SagaPlanError: The steps make no sense together.
    """
    return Plan(
        tuple(step.planned for step in steps),
        tuple(ending),
        Messages(success=tuple(step.action.name for step in steps if step.notifies), failure=(failure_notice.name,)),
        settles=next((step.compensation.name for step in steps if step.compensation), None),
        refusals={task.name: tuple(task.refusals) for task in tasks if task.refusals},
        transient={task.name: tuple(task.transient) for task in tasks if task.transient},
        keeps={task.name: tuple(task.keeps) for task in tasks if task.keeps},
        function_timeouts={
            task.name: task.function_timeout_seconds for task in tasks if task.function_timeout_seconds is not None
        },
        **facts,
    )

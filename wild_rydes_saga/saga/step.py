"""A step of a saga with its tasks: what the machine is wired from."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from aws_cdk import aws_stepfunctions as sfn

from wild_rydes_saga.saga.plan import CleanFailure, PlannedStep
from wild_rydes_saga.saga.retries import RetryPolicy


@dataclass(frozen=True)
class Attempted:
    """A task and how long it may take.

    Attributes:
        state: The task. Its construct id is the state's name.
        timeout_seconds: The TimeoutSeconds that the task was built with, for one attempt.
        retries: Retriers in the order in which they match.
    """

    state: sfn.TaskStateBase
    timeout_seconds: int
    retries: Sequence[RetryPolicy] = ()

    @property
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
    """An action with its compensation. See `PlannedStep` for what the fields promise.

    Attributes:
        action: What the step does.
        compensation: What undoes it.
        clean_failures: The errors that prove that the action did nothing.
        uncompensated_because: Why there is no compensation.
        pivot: Whether the saga only goes forward from here on.
        assign_on_failure: Variables that later states read and that the action
            would have assigned, as they are when it fails.
    """

    action: Attempted
    compensation: Attempted | None = None
    clean_failures: Sequence[CleanFailure] = ()
    uncompensated_because: str | None = None
    pivot: bool = False
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

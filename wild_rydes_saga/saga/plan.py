"""The plan of a saga as plain data: what the machine, the tests and the pictures are derived from."""

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any


class SagaPlanError(ValueError):
    """The list of steps makes no sense. Says which step, and how to mend it."""


@dataclass(frozen=True, kw_only=True)
class CleanFailure:
    """An error by which a step proves that nothing happened: its own compensation is skipped.

    Attributes:
        error: The error's name as the task raises it.
        reported_as: The name that the execution ends with; the error's own if None.
        cause: A JSONata expression for the cause that is told; the error's own if None.
        outcome: What is told as the outcome: what the failure means to the caller.
    """

    error: str
    reported_as: str | None = None
    cause: str | None = None
    outcome: str = "failed"


@dataclass(frozen=True, kw_only=True)
class PlannedStep:
    """One step: an action, and what undoes it or why nothing need.

    Attributes:
        action: State name of the action.
        compensation: State name of the compensation, or None.
        clean_failures: The errors that prove that the action did nothing.
        uncompensated_because: Why there is no compensation, said aloud.
        pivot: From this step on the saga only goes forward: nothing is undone,
            every step is retried, and an execution that gives up is left to recovery.
    """

    action: str
    compensation: str | None = None
    clean_failures: tuple[CleanFailure, ...] = ()
    uncompensated_because: str | None = None
    pivot: bool = False


@dataclass(frozen=True)
class Plan:
    """An ordered list of steps that makes sense.

    Raises:
        SagaPlanError: The list is empty, names a state twice, leaves an action
            without a compensation and without a reason, or compensates at or
            after the pivot.
    """

    steps: tuple[PlannedStep, ...]
    ending: tuple[str, ...] = field(default=())
    """State names that every rollback passes at its end."""

    def __post_init__(self) -> None:
        """Refuses a plan that makes no sense."""
        if not self.steps:
            raise SagaPlanError("a saga needs at least one step: give the list of its actions and compensations")
        _refuse_duplicates(self)
        _refuse_silent_gaps(self.steps)
        _refuse_second_thoughts(self.steps)
        _refuse_unsettled_start(self)

    @property
    def compensable(self) -> tuple[PlannedStep, ...]:
        """The steps before the pivot."""
        return tuple(step for index, step in enumerate(self.steps) if index < self._pivot_index)

    @property
    def forward_only(self) -> tuple[PlannedStep, ...]:
        """The pivot and the steps after it."""
        return self.steps[self._pivot_index :]

    def rollback_after(self, action: str, *, in_doubt: bool) -> tuple[str, ...]:
        """Returns the compensations to run when an action before the pivot fails, newest first."""
        names = [step.action for step in self.compensable]
        last = names.index(action) + (1 if in_doubt else 0)
        return tuple(step.compensation for step in reversed(self.compensable[:last]) if step.compensation)

    def to_json(self) -> str:
        """Returns the plan as JSON."""
        return json.dumps(asdict(self), indent=2)

    @classmethod
    def from_json(cls, text: str) -> "Plan":
        """Reads what `to_json` wrote; raises `SagaPlanError` if the plan makes no sense."""
        data: Mapping[str, Any] = json.loads(text)
        steps = (
            PlannedStep(
                **{
                    **step,
                    "clean_failures": tuple(CleanFailure(**failure) for failure in step["clean_failures"]),
                }
            )
            for step in data["steps"]
        )
        return cls(tuple(steps), tuple(data["ending"]))

    @property
    def _pivot_index(self) -> int:
        return next(
            (index for index, step in enumerate(self.steps) if step.pivot),
            len(self.steps),
        )


def _refuse_duplicates(plan: Plan) -> None:
    names: Iterable[str | None] = [name for step in plan.steps for name in (step.action, step.compensation)]
    counts = Counter(name for name in [*names, *plan.ending] if name)
    twice = [name for name, count in counts.items() if count > 1]
    if twice:
        raise SagaPlanError(
            f"two states are called {', '.join(twice)}: give every action and compensation its own name"
        )


def _refuse_silent_gaps(steps: tuple[PlannedStep, ...]) -> None:
    for step in steps:
        if step.compensation and step.uncompensated_because:
            raise SagaPlanError(f"{step.action} has a compensation and a reason to have none: take one of them away")
        if not step.compensation and not step.uncompensated_because:
            raise SagaPlanError(
                f"{step.action} may commit and nothing would undo it: give it a compensation, "
                "or say in uncompensated_because why it needs none"
            )


def _refuse_second_thoughts(steps: tuple[PlannedStep, ...]) -> None:
    pivots = [index for index, step in enumerate(steps) if step.pivot]
    if len(pivots) > 1:
        raise SagaPlanError(f"{steps[pivots[1]].action} is a second pivot: a saga commits once, so mark only one step")
    for step in steps[pivots[0] :] if pivots else ():
        if step.clean_failures:
            raise SagaPlanError(
                f"{step.action} has clean failures but comes at or after the pivot, where nothing is caught: "
                "move it before the pivot, or take them away"
            )
        if step.compensation:
            raise SagaPlanError(
                f"{step.action} has a compensation but comes at or after the pivot, where nothing is undone: "
                "move it before the pivot, or take its compensation away"
            )


def _refuse_unsettled_start(plan: Plan) -> None:
    first = plan.compensable[0] if plan.compensable else None
    if first and not first.compensation and any(step.compensation for step in plan.compensable):
        raise SagaPlanError(
            f"{first.action} comes first and has no compensation: the first step's is what settles the saga "
            "after the others, so begin with the step that registers it"
        )

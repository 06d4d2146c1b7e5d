"""The steps of a saga as plain data, and what makes no sense about them."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass


class SagaPlanError(ValueError):
    """The list of steps makes no sense. Says which step, and how to fix it."""


@dataclass(frozen=True, kw_only=True)
class CleanFailure:
    """An error by which a step says that nothing happened: its own compensation is skipped.

    Attributes:
        error: The error's name as the task raises it.
        reported_as: The name that the execution ends with; the error's own if None.
        cause: A JSONata expression for the cause that is reported; the error's own if None.
        outcome: What is reported as the outcome: what the failure means to the caller.
    """

    error: str
    reported_as: str | None = None
    cause: str | None = None
    outcome: str = "failed"


@dataclass(frozen=True, kw_only=True)
class CleanResult:
    """A way of a Choice on which the result of a step says that nothing happened: it counts as a clean failure.

    Attributes:
        choice: State name of the Choice.
        next: State name that the way leads to.
    """

    choice: str
    next: str


@dataclass(frozen=True, kw_only=True)
class PlannedStep:
    """One step: an action, and what undoes it or why nothing need.

    Attributes:
        action: State name of the action.
        compensation: State name of the compensation, or None.
        compensations: State names of more compensations, where the machine has one on each way of its rollback.
        clean_failures: The errors that mean that the action did nothing.
        clean_results: The ways of a Choice on which its result says that it did nothing.
        uncompensated_because: Why there is no compensation.
        undone_by_nothing: Whether it needs a compensation, and the machine has none.
        undone_in_name_by: State name of a Pass that is called as if it undid the action, and does nothing.
        optional: Whether a saga can succeed without it: it is done only if it is asked for, or another one instead.
        pivot: From this step on the saga only goes forward: nothing is undone,
            every step is retried, and an execution that gives up is left to recovery.
        rests_on: What was guessed of it, each a sentence. A finding about it is a warning until this is taken away.
    """

    action: str
    compensation: str | None = None
    compensations: tuple[str, ...] = ()
    clean_failures: tuple[CleanFailure, ...] = ()
    clean_results: tuple[CleanResult, ...] = ()
    uncompensated_because: str | None = None
    undone_by_nothing: bool = False
    undone_in_name_by: str | None = None
    optional: bool = False
    pivot: bool = False
    rests_on: tuple[str, ...] = ()

    @property
    def undone_by(self) -> tuple[str, ...]:
        """State names of all that undo it."""
        return (*([self.compensation] if self.compensation else []), *self.compensations)


def refuse_duplicates(steps: Sequence[PlannedStep], ending: Sequence[str]) -> None:
    """Refuses two parts of one state; several steps may have one compensation."""
    undoing = {name for step in steps for name in step.undone_by}
    counts = Counter([*(step.action for step in steps), *undoing, *ending])
    twice = [name for name, count in counts.items() if count > 1]
    if twice:
        raise SagaPlanError(
            f"two states are called {', '.join(twice)}: give every action and compensation its own name"
        )


def refuse_silent_gaps(steps: Sequence[PlannedStep]) -> None:
    """Refuses a step that has neither a compensation nor a reason to have none, or both."""
    for step in steps:
        if step.undone_by and (step.uncompensated_because or step.undone_by_nothing):
            raise SagaPlanError(f"{step.action} has a compensation and a reason to have none: take one of them away")
        if not step.undone_by and not step.uncompensated_because and not step.undone_by_nothing:
            raise SagaPlanError(
                f"{step.action} may commit and nothing would undo it: give it a compensation, "
                "or say in uncompensated_because why it needs none"
            )


def refuse_second_thoughts(steps: Sequence[PlannedStep]) -> None:
    """Refuses a second pivot, and anything that is undone or answered from the pivot on."""
    pivots = [index for index, step in enumerate(steps) if step.pivot]
    if len(pivots) > 1:
        raise SagaPlanError(f"{steps[pivots[1]].action} is a second pivot: a saga commits once, so mark only one step")
    for step in steps[pivots[0] :] if pivots else ():
        if step.clean_failures:
            raise SagaPlanError(
                f"{step.action} has clean failures but comes at or after the pivot, where nothing is caught: "
                "move it before the pivot, or take them away"
            )
        if step.undone_by:
            raise SagaPlanError(
                f"{step.action} has a compensation but comes at or after the pivot, where nothing is undone: "
                "move it before the pivot, or take its compensation away"
            )


def refuse_unsettled_start(compensable: Sequence[PlannedStep]) -> None:
    """Refuses a first step that nothing settles, given the steps before the pivot."""
    first = compensable[0] if compensable else None
    known = first is None or first.undone_by or first.undone_by_nothing or first.optional
    if first and not known and any(step.undone_by for step in compensable):
        raise SagaPlanError(
            f"{first.action} comes first and has no compensation: the first step's is what settles the saga "
            "after the others, so begin with the step that registers it"
        )

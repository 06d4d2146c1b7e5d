"""The plan of a saga as plain data: what machine, tests and pictures are derived from, and checked against."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from enum import StrEnum
from typing import Final

from sagalint import plan_reading
from sagalint.steps import (
    CleanFailure,
    CleanResult,
    PlannedStep,
    SagaPlanError,
    refuse_duplicates,
    refuse_second_thoughts,
    refuse_silent_gaps,
    refuse_unsettled_start,
)

__all__ = [
    "Accepted",
    "CleanFailure",
    "CleanResult",
    "HandsOver",
    "Meaning",
    "Messages",
    "Plan",
    "PlannedStep",
    "SagaPlanError",
    "TakesOver",
]


@dataclass(frozen=True, kw_only=True)
class Messages:
    """The states that notify others of the outcome.

    Attributes:
        success: States that report that everything was done.
        failure: States that report that it failed and was undone.
        best_effort: Whether a saga may end without its message.
    """

    success: tuple[str, ...] = ()
    failure: tuple[str, ...] = ()
    best_effort: bool = False


CHOICE_ONLY: Final = "and not only where a Choice leads to it"
"""Ends the guess that failures should lead to a compensation as a Choice does: no Catch of the machine leads to one."""


class Meaning(StrEnum):
    """What a verdict means for the saga that a machine takes over."""

    UNDO = "undo"
    """It may have done anything before the pivot: claim it, then undo everything."""
    UNDO_UNCLAIMED = "undo unclaimed"
    """The same, and there is nothing to claim."""
    FINISH = "finish"
    """It is past the pivot: do what comes after."""
    TELL = "tell"
    """It is undone: notify of the failure."""
    NOTHING = "nothing"
    """There is nothing to do."""


@dataclass(frozen=True, kw_only=True)
class TakesOver:
    """A machine that finishes what another one's execution left: its steps' actions happened elsewhere.

    Attributes:
        look: State that finds out how far the execution came.
        variable: Variable to which the inspection assigns its verdict.
        verdicts: What each verdict means. Any other value is for a person to judge.
        claim: State that bars the other execution from passing its pivot.
        wait: State that lets what it left running end, before anything is undone.
        park: State that hands what cannot be finished to a person.
        record: State that notes that a person has it, so that nothing starts the machine again; None if none must.
        close: State that notes that it is finished, for the same reason; None if none must.
        later: Fail state after which the machine is started again for the same saga; None if there is none.
        delays: Errors that may lead to `later`: they say nothing about the saga, such as a throttle.
    """

    look: str
    variable: str
    verdicts: Mapping[str, Meaning]
    claim: str
    wait: str
    park: str
    record: str | None = None
    close: str | None = None
    later: str | None = None
    delays: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class HandsOver:
    """A machine that leaves doubt to another one: it undoes nothing itself that may be done, or may still happen.

    Attributes:
        state: State that hands the saga over. If it fails, the other machine finds the saga by itself.
        answers_again: States that end another delivery of a saga, which does nothing.
    """

    state: str
    answers_again: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Accepted:
    """A finding that somebody has judged and accepts.

    Attributes:
        rule: The rule's id.
        because: Why it is harmless here.
        state: A state that the finding names; None for every finding of the rule, also one that names no state.
    """

    rule: str
    because: str
    state: str | None = None


Names = Mapping[str, tuple[str, ...]]
"""Some names by state, or by field."""


@dataclass(frozen=True)
class Plan:
    """An ordered list of steps that makes sense, and what a check of their machine has to know beside them.

    Attributes:
        steps: The steps, in their order.
        ending: State names that every rollback passes at its end.
        messages: The states that notify of the outcome.
        settles: The compensation that closes the saga: it must refuse while another one has given up.
        refusals: By state that is not an action, errors that mean: nothing to do. No repeat changes them.
        transient: By state, errors that its function raises of its own, and that a repeat can cure.
        inputs: The fields of the execution's input; None if they are not known.
        secrets: By field of the input that is secret, the states that it may reach.
        keeps: By state, variables that must hold its result, since later states read them.
        output: The fields that the output of an execution that succeeds must have.
        returns: By state, the fields of its result that later states may rely on.
        function_timeouts: By state, the timeout in seconds of the function that it calls, where that is known.
        longest_waits: By Wait state whose length is computed, the longest that it can be, in seconds.
        rounds: By state of a loop, how often it can be entered.
        recovered_by: Who finishes an execution that nothing in the machine can finish: after a timeout
            of the whole execution, an abort, or an error that cannot be caught. None if nobody does.
        takes_over: What is different if the machine finishes executions of another one.
        hands_over: What is different if the machine leaves doubt to another one.
        accepted: Findings that are known, with the reasons.
        rests_on: What was guessed of the whole, each a sentence; empty in a plan that a person has corrected.

    Raises:
        SagaPlanError: The list is empty, names a state twice, leaves an action
            without a compensation and without a reason, or compensates at or
            after the pivot.
    """

    steps: tuple[PlannedStep, ...]
    ending: tuple[str, ...] = ()
    messages: Messages = Messages()
    settles: str | None = None
    refusals: Names = field(default_factory=dict)
    transient: Names = field(default_factory=dict)
    inputs: tuple[str, ...] | None = None
    secrets: Names = field(default_factory=dict)
    keeps: Names = field(default_factory=dict)
    output: tuple[str, ...] = ()
    returns: Names = field(default_factory=dict)
    function_timeouts: Mapping[str, float] = field(default_factory=dict)
    longest_waits: Mapping[str, float] = field(default_factory=dict)
    rounds: Mapping[str, int] = field(default_factory=dict)
    recovered_by: str | None = None
    takes_over: TakesOver | None = None
    hands_over: HandsOver | None = None
    accepted: tuple[Accepted, ...] = ()
    rests_on: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Refuses a plan that makes no sense."""
        if not self.steps:
            raise SagaPlanError("a saga needs at least one step: give the list of its actions and compensations")
        refuse_duplicates(self.steps, self.ending)
        refuse_silent_gaps(self.steps)
        refuse_second_thoughts(self.steps)
        refuse_unsettled_start(self.compensable)

    @property
    def compensable(self) -> tuple[PlannedStep, ...]:
        """The steps before the pivot."""
        return self.steps[: self._pivot_index]

    @property
    def forward_only(self) -> tuple[PlannedStep, ...]:
        """The pivot and the steps after it."""
        return self.steps[self._pivot_index :]

    def rollback_after(self, action: str, *, in_doubt: bool) -> tuple[str, ...]:
        """Returns the compensations to run when an action before the pivot fails, newest first."""
        names = [step.action for step in self.compensable]
        last = names.index(action) + (1 if in_doubt else 0)
        return tuple(step.compensation for step in reversed(self.compensable[:last]) if step.compensation)

    @property
    def is_saga(self) -> bool:
        """Whether a step has a compensation."""
        return any(step.undone_by for step in self.steps)

    @property
    def guessed(self) -> bool:
        """Whether nobody has corrected it."""
        return bool(self.rests_on)

    def with_timeouts(self, seconds: Mapping[str, float]) -> "Plan":
        """The same with the timeouts of functions by state, as they are deployed, before those that it knew."""
        return replace(self, function_timeouts={**self.function_timeouts, **seconds})

    def to_json(self) -> str:
        """Returns the plan as JSON."""
        return json.dumps(asdict(self), indent=2)

    @classmethod
    def from_json(cls, text: str) -> "Plan":
        """Reads what `to_json` wrote, or what a person did; only `steps` is required.

        Raises:
            SagaPlanError: It is not JSON, has a field that no plan has or one of
                another type, or makes no sense.
        """
        return plan_reading.read(text, cls, what="plan", refusal=SagaPlanError)

    @property
    def _pivot_index(self) -> int:
        return next(
            (index for index, step in enumerate(self.steps) if step.pivot),
            len(self.steps),
        )

"""Connects the states of an Express saga: open, then forward, or answer, or hand over; then close."""

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from sagalint.plan import CleanFailure, Plan
from wild_rydes_saga.saga.retries import ANY_ERROR
from wild_rydes_saga.saga.rollback import FAILURE, NOT_UNDONE, OUTCOME, chain_rollback, failure_of
from wild_rydes_saga.saga.saga import FailureEnding
from wild_rydes_saga.saga.step import SagaTask, Step

FOUND: Final = "found"
"""Variable: the row that another delivery has written."""
_FAILED: Final = "failed"
_UNCHANGED: Final = "{% $states.input %}"
_IN_DOUBT: Final = f"{{% ${FAILURE}.step & ' ended with ' & ${FAILURE}.error & ': a message reports the outcome' %}}"
_UNDER_WAY: Final = "the ride of this name was started before: a message reports its outcome"
_OTHER_INPUT: Final = "this name was used for another ride: start the ride under another name"


@dataclass(frozen=True, kw_only=True)
class Journal:
    """The tasks that keep the ride's own row: whether the ride is open, how it ended, and who finishes it.

    Attributes:
        open: Writes the row before the first effect. Only the first delivery of an execution can.
        refused: Its error when another delivery has written the row.
        invalid: Its clean failure: the input is wrong, and nothing is written.
        find: Reads the row that another delivery has written into `FOUND`.
        note: Writes the outcome of a complete rollback, before its message.
        hand_over: Writes that the recovery has to finish the ride.
        close: Writes that nothing is left to do, after the message of a success.
        close_failed: The same, after the message of a failure.
    """

    open: SagaTask
    refused: str
    invalid: CleanFailure
    find: SagaTask
    note: SagaTask
    hand_over: SagaTask
    close: SagaTask
    close_failed: SagaTask

    @property
    def tasks(self) -> tuple[SagaTask, ...]:
        """All of them."""
        return (self.open, self.find, self.note, self.hand_over, self.close, self.close_failed)


@dataclass(frozen=True, kw_only=True)
class LaterDelivery:
    """How another delivery of a ride answers: names of its states, and JSONata conditions on `FOUND`.

    Attributes:
        choose: The choice between the answers.
        is_other: The row is that of a ride with another input.
        other: The end of such an execution; also the error.
        is_completed: The row says that the ride is completed.
        completed: The end that answers a success again, with `output`.
        output: What a success answers.
        is_failed: The row says how the ride failed.
        failed: The end that answers that failure again.
        error: The error that this answers.
        cause: The cause that this answers.
        under_way: The end when the row does not say the outcome yet; also the error.
    """

    choose: str
    is_other: str
    other: str
    is_completed: str
    completed: str
    output: str
    is_failed: str
    failed: str
    error: str
    cause: str
    under_way: str


@dataclass(frozen=True, kw_only=True)
class Beginning:
    """How an execution begins.

    Attributes:
        state: Name of the first state.
        known: The variables that it assigns for every later state.
        after_invalid: Those of them that differ after an input that is wrong, which has no row.
    """

    state: str
    known: Mapping[str, Any]
    after_invalid: Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class ExpressStates:
    """The states of an Express saga. `connect` makes those that begin, choose or end, and connects all of them."""

    scope: Construct
    plan: Plan
    steps: Sequence[Step]
    journal: Journal
    beginning: Beginning
    later: LaterDelivery
    ending: FailureEnding
    succeeded: str

    def connect(self) -> sfn.IChainable:
        """Connects the states, and returns the first one."""
        self._hand_over()
        self._end_rollback()
        self._end_success()
        undone = clean_rollbacks(self.steps, self.plan)
        compensations = {
            step.compensation.name: step.compensation
            for step in self.steps
            if step.compensation and step.compensation.name in undone
        }
        hand_over = self.journal.hand_over.state
        chain_rollback(list(compensations.values()), then=self.journal.note.state, gives_up=hand_over)
        for step in self.steps:
            for failure in step.clean_failures:
                undo = self.plan.rollback_after(step.action.name, in_doubt=False)
                first = compensations[undo[0]].state if undo else self.journal.note.state
                step.action.state.add_catch(first, errors=[failure.error], **_noting(step.action, failure))
            step.action.state.add_catch(hand_over, errors=[ANY_ERROR], **_noting(step.action))
        for action, following in itertools.pairwise(step.action.state for step in self.steps):
            action.next(following)
        return self._begin()

    def _begin(self) -> sfn.IChainable:
        """Opens the ride's row. Another delivery of the ride finds it open, and goes no further."""
        opening, journal = self.journal.open.state, self.journal
        opening.next(self.steps[0].action.state)
        opening.add_catch(self._answer_again(), errors=[journal.refused], outputs={})
        wrong = _noting(journal.open, journal.invalid)
        wrong["assign"] |= self.beginning.after_invalid
        opening.add_catch(self.ending.notify.state, errors=[journal.invalid.error], **wrong)
        opening.add_catch(journal.hand_over.state, errors=[ANY_ERROR], **_noting(journal.open))
        begin = sfn.Pass.jsonata(
            self.scope, self.beginning.state, assign={**self.beginning.known, NOT_UNDONE: []}, outputs={}
        )
        begin.next(opening)
        return begin

    def _answer_again(self) -> sfn.IChainable:
        """Answers what the first delivery has answered, or that the outcome follows."""
        later, find = self.later, self.journal.find.state
        choose = sfn.Choice.jsonata(self.scope, later.choose)
        other = sfn.Fail.jsonata(self.scope, later.other, error=later.other, cause=_OTHER_INPUT)
        completed = sfn.Pass.jsonata(self.scope, later.completed, outputs=_expression(later.output))
        failed = sfn.Fail.jsonata(
            self.scope, later.failed, error=_expression(later.error), cause=_expression(later.cause)
        )
        under_way = sfn.Fail.jsonata(self.scope, later.under_way, error=later.under_way, cause=_UNDER_WAY)
        answers = {later.is_other: other, later.is_completed: completed, later.is_failed: failed}
        for condition, state in answers.items():
            choose.when(sfn.Condition.jsonata(_expression(condition)), state)
        choose.otherwise(under_way)
        find.next(choose)
        find.add_catch(under_way, errors=[ANY_ERROR], outputs={})
        return find

    def _hand_over(self) -> None:
        """Ends in doubt. If even the handing over fails, the recovery finds the ride by its open row.

        Without a row nothing was done: the caller asks again, and the ride begins.
        """
        error, state = self.ending.incomplete, self.journal.hand_over.state
        in_doubt = sfn.Fail.jsonata(self.scope, error, error=error, cause=_IN_DOUBT)
        state.next(in_doubt)
        state.add_catch(in_doubt, errors=[ANY_ERROR], outputs={})

    def _end_rollback(self) -> None:
        """Notes the outcome, notifies of it, closes the row, and ends with the failing step's error."""
        journal, notify = self.journal, self.ending.notify.state
        failed = sfn.Fail.jsonata(
            self.scope, self.ending.failed, error=f"{{% ${FAILURE}.error %}}", cause=f"{{% ${FAILURE}.cause %}}"
        )
        journal.note.state.next(notify)
        notify.next(journal.close_failed.state)
        for task in (journal.note.state, notify):
            task.add_catch(journal.hand_over.state, errors=[ANY_ERROR], outputs={})
        journal.close_failed.state.next(failed)
        journal.close_failed.state.add_catch(failed, errors=[ANY_ERROR], outputs={})

    def _end_success(self) -> None:
        """Closes the row, and ends with the output of the message's state, also where the row stays open."""
        close = self.journal.close.state
        succeeded = sfn.Succeed.jsonata(self.scope, self.succeeded)
        self.steps[-1].action.state.next(close)
        close.next(succeeded)
        close.add_catch(succeeded, errors=[ANY_ERROR], outputs=_UNCHANGED)


def clean_rollbacks(steps: Sequence[Step], plan: Plan) -> set[str]:
    """The compensations that a clean failure leads to."""
    return {
        compensation
        for step in steps
        if step.clean_failures
        for compensation in plan.rollback_after(step.action.name, in_doubt=False)
    }


def _noting(task: SagaTask, failure: CleanFailure | None = None) -> dict[str, Any]:
    """The Catch's variables: the failure that is reported, or handed over."""
    return {
        "assign": {
            FAILURE: failure_of(task.name, failure),
            OUTCOME: failure.outcome if failure else _FAILED,
        },
        "outputs": {},
    }


def _expression(body: str) -> str:
    return f"{{% {body} %}}"

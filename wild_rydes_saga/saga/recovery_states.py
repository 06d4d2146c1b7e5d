"""Connects the states of a recovery: inspect, then undo, finish or notify, then close or park."""

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Self

from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from sagalint.plan import Plan, SagaPlanError
from wild_rydes_saga.saga.recovery_parts import (
    STRAGGLER_SECONDS,
    TROUBLE,
    VERDICT,
    RecoveryEnding,
    RecoveryTasks,
    Verdicts,
)
from wild_rydes_saga.saga.retries import ANY_ERROR, OverloadPatience
from wild_rydes_saga.saga.rollback import READABLE_CAUSE, chain_rollback
from wild_rydes_saga.saga.step import SagaTask, Step

INSPECTIONS: Final = 3
"""How often a recovery inspects. A refused claim means that the saga moved: it can do that once, then it is settled."""

_INSPECTED: Final = "rounds"
"""Variable: how often the execution has been inspected."""
_THIS_TROUBLE: Final = (
    f"{{'state': $states.context.State.Name, 'error': $states.errorOutput.Error, 'cause': {READABLE_CAUSE}}}"
)
_FIRST_TROUBLE: Final = f"${TROUBLE}.error = '' ? {_THIS_TROUBLE} : ${TROUBLE}"


@dataclass(frozen=True, kw_only=True)
class Work:
    """The tasks of a saga that a recovery repeats.

    Attributes:
        compensations: The compensations of the steps before the pivot, in the order of the steps.
        finish: The actions after the pivot, in order.
        notify_failure: The message of the failure.
    """

    compensations: Sequence[SagaTask]
    finish: Sequence[SagaTask]
    notify_failure: SagaTask

    @classmethod
    def of(cls, steps: Sequence[Step], notify_failure: SagaTask) -> Self:
        """The work that these steps leave.

        Raises:
            SagaPlanError: Nothing comes after a pivot, or nothing is undone before it.
        """
        before_pivot = len(Plan(tuple(step.planned for step in steps)).compensable)
        compensations = [step.compensation for step in steps if step.compensation]
        finish = [step.action for step in steps[before_pivot + 1 :]]
        if not finish:
            raise SagaPlanError("a recovery finishes the steps after the pivot: mark a pivot, and notify after it")
        if not compensations:
            raise SagaPlanError("a recovery undoes the steps before the pivot: give one of them a compensation")
        return cls(compensations=compensations, finish=finish, notify_failure=notify_failure)


@dataclass(frozen=True, kw_only=True)
class RecoveryStates:
    """The states of a recovery. `connect` makes those that decide, wait or end, and connects all of them."""

    scope: Construct
    work: Work
    tasks: RecoveryTasks
    verdicts: Verdicts
    ending: RecoveryEnding
    overload: OverloadPatience

    def connect(self) -> sfn.IChainable:
        """Connects the states, and returns the first one."""
        parked = self._park()
        delayed = sfn.Fail.jsonata(
            self.scope,
            self.ending.delayed,
            error=self.ending.delayed,
            cause=f"{{% ${TROUBLE}.state & ' met an overload that outlasted its retries: ' & ${TROUBLE}.error %}}",
        )
        for task in (self.tasks.inspect, self.tasks.claim, *self.work.finish, self.work.notify_failure):
            self._end_in_overload(task, delayed)
        self._close()
        wait = self._undo(parked)
        self._finish(parked)
        self._claim(wait, parked)
        return self._inspect(wait, parked)

    def _inspect(self, wait: sfn.IChainable, parked: sfn.IChainable) -> sfn.IChainable:
        """Inspects, and goes where the verdict leads. An unknown verdict is parked for a person."""
        inspect = self.tasks.inspect.state
        self._end_inspection()
        inspect.add_catch(parked, errors=[ANY_ERROR], **_noted(self.tasks.known_without_inspection))
        choose = sfn.Choice.jsonata(self.scope, self.ending.choose)
        targets = {
            self.verdicts.unsettled: self.tasks.claim.state,
            self.verdicts.superseded: wait,
            self.verdicts.done: self.work.finish[0].state,
            self.verdicts.settled: self.work.notify_failure.state,
            self.verdicts.nothing: self.tasks.close.state,
        }
        for verdict, target in targets.items():
            choose.when(sfn.Condition.jsonata(f"{{% ${VERDICT} = '{verdict}' %}}"), target)
        choose.otherwise(parked)
        inspect.next(choose)
        begin = sfn.Pass.jsonata(self.scope, self.ending.begin, assign={_INSPECTED: 1}, outputs={})
        begin.next(inspect)
        return begin

    def _end_in_overload(self, task: SagaTask, delayed: sfn.IChainable) -> None:
        """Ends the recovery, so that another one starts later: an overload says nothing against the ride."""
        errors = self.overload.for_task(task.state).errors
        task.state.add_catch(delayed, errors=list(errors), **_noted())

    def _end_inspection(self) -> None:
        """Ends the recovery when its input is not an execution of the saga, or when that still runs."""
        refused, running = self.ending.refused, self.ending.running
        not_a_saga = sfn.Fail.jsonata(self.scope, refused, error=refused, cause=f"{{% ${TROUBLE}.cause %}}")
        still_running = sfn.Fail.jsonata(
            self.scope, running, error=running, cause="AWS says that the execution has not ended"
        )
        self.tasks.inspect.state.add_catch(not_a_saga, errors=[self.tasks.not_a_saga], **_noted())
        self.tasks.inspect.state.add_catch(still_running, errors=[self.tasks.still_running], outputs={})

    def _claim(self, wait: sfn.IChainable, parked: sfn.IChainable) -> None:
        """Claims. A refused claim means that the saga has moved: inspect again, `INSPECTIONS` times at most."""
        again = sfn.Choice.jsonata(self.scope, self.ending.again)
        again.when(sfn.Condition.jsonata(f"{{% ${_INSPECTED} <= {INSPECTIONS} %}}"), self.tasks.inspect.state)
        again.otherwise(parked)
        claim = self.tasks.claim
        claim.state.next(wait)
        claim.state.add_catch(
            again,
            errors=list(claim.refusals),
            assign={TROUBLE: f"{{% {_THIS_TROUBLE} %}}", _INSPECTED: f"{{% ${_INSPECTED} + 1 %}}"},
            outputs={},
        )
        _park_on_error(claim, parked)

    def _undo(self, parked: sfn.IChainable) -> sfn.IChainable:
        """Waits, then undoes. The wait lets a running task end, so that no compensation comes before its action."""
        chain_rollback(
            self.work.compensations,
            then=self.work.notify_failure.state,
            gives_up=parked,
            noting={TROUBLE: f"{{% {_FIRST_TROUBLE} %}}"},
        )
        wait = sfn.Wait.jsonata(
            self.scope, self.ending.wait, time=sfn.WaitTime.seconds(f"{{% ${STRAGGLER_SECONDS} %}}"), outputs={}
        )
        wait.next(self.work.compensations[-1].state)
        return wait

    def _finish(self, parked: sfn.IChainable) -> None:
        """Does the steps after the pivot in order, or notifies of the failure; then closes."""
        finish, notify_failure = self.work.finish, self.work.notify_failure
        for earlier, later in itertools.pairwise((*finish, self.tasks.close)):
            earlier.state.next(later.state)
        notify_failure.state.next(self.tasks.close.state)
        for task in (*finish, notify_failure):
            _park_on_error(task, parked)

    def _close(self) -> None:
        """Takes the ride off the list of work, and ends. A ride that stays listed is inspected again, without harm."""
        end = sfn.Choice.jsonata(self.scope, self.ending.end)
        nothing = sfn.Condition.jsonata(f"{{% ${VERDICT} = '{self.verdicts.nothing}' %}}")
        end.when(nothing, sfn.Succeed.jsonata(self.scope, self.ending.nothing))
        end.otherwise(sfn.Succeed.jsonata(self.scope, self.ending.recovered))
        self.tasks.close.state.next(end)
        self.tasks.close.state.add_catch(end, errors=[ANY_ERROR], outputs={})

    def _park(self) -> sfn.IChainable:
        """Parks the ride, writes that down in both places, and ends as `parked` even where they refuse."""
        tasks, parked = self.tasks, self.ending.parked
        failed = sfn.Fail.jsonata(self.scope, parked, error=parked, cause=f"{{% ${TROUBLE}.cause %}}")
        tasks.park.state.next(tasks.mark.state)
        tasks.mark.state.next(tasks.record_parked.state)
        tasks.mark.state.add_catch(tasks.record_parked.state, errors=[ANY_ERROR], outputs={})
        tasks.record_parked.state.next(failed)
        tasks.record_parked.state.add_catch(failed, errors=[ANY_ERROR], outputs={})
        return tasks.park.state


def _park_on_error(task: SagaTask, parked: sfn.IChainable) -> None:
    task.state.add_catch(parked, errors=[ANY_ERROR], **_noted())


def _noted(known: Mapping[str, Any] | None = None) -> dict[str, Any]:
    return {"assign": {TROUBLE: f"{{% {_THIS_TROUBLE} %}}", **(known or {})}, "outputs": {}}

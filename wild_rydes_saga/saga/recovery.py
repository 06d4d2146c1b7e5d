"""Derives the machine that finishes what an execution of a saga could not, from the steps of that saga."""

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from sagalint.plan import Meaning, Plan, SagaPlanError, TakesOver
from wild_rydes_saga.saga.machine import Deployment, deployed_machine
from wild_rydes_saga.saga.recovery_parts import RecoveryEnding, RecoveryTasks, Verdicts
from wild_rydes_saga.saga.retries import ANY_ERROR, OverloadPatience
from wild_rydes_saga.saga.rollback import READABLE_CAUSE, chain_rollback
from wild_rydes_saga.saga.step import SagaTask, Step, plan_of

VERDICT: Final = "verdict"
"""Variable: what the execution's state calls for, one of `Verdicts`; assigned by the look."""
STRAGGLER_SECONDS: Final = "stragglerSeconds"
"""Variable: how long a task that the execution left behind may still run; assigned by the look."""
TROUBLE: Final = "trouble"
"""Variable: the first `state` of the recovery that gave up, its `error` and its `cause`; the look's is empty."""

ROUNDS: Final = "rounds"
"""Variable: how often the execution has been looked at."""

_THIS_TROUBLE: Final = (
    f"{{'state': $states.context.State.Name, 'error': $states.errorOutput.Error, 'cause': {READABLE_CAUSE}}}"
)
_TIMEOUT_MARGIN_SECONDS: Final = 300
_LONGEST_STRAGGLER_SECONDS: Final = 300
_ROUNDS: Final = 3
"""A refused claim means that the saga moved meanwhile. It can do so once more, and then it is settled."""


class SagaRecovery(Construct):
    """A state machine that finishes one execution of a saga; its input is told to the look.

    Guarantees:

    * what is not past the pivot is undone: **every** compensation runs, newest first,
      whatever the execution did, and then the settling and the message of the failure;
    * it cannot undo what the pivot completes: the claim and the pivot write the same
      row under conditions that exclude each other, and a refused claim looks again;
    * what is past the pivot is only finished;
    * what it cannot finish, after all its retries, is parked with what is still to do;
    * to run it twice, or beside itself, changes nothing: every task of it is repeatable.

    Args:
        deployment: How the machine is deployed.
        overload: How every task is retried while it meets an overload, before anything else is made of it.
        inputs: The fields of the execution's input, if they are known.
        recovered_by: Who finishes what a recovery could not.

    Raises:
        SagaPlanError: The steps make no sense together, or have no pivot to stop at.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        deployment: Deployment,
        steps: Sequence[Step],
        notify_failure: SagaTask,
        tasks: RecoveryTasks,
        verdicts: Verdicts,
        ending: RecoveryEnding,
        overload: OverloadPatience,
        inputs: Sequence[str] | None = None,
        recovered_by: str | None = None,
    ) -> None:
        super().__init__(scope, construct_id)
        before_pivot = len(Plan(tuple(step.planned for step in steps)).compensable)
        compensations = [step.compensation for step in steps if step.compensation]
        finish = [step.action for step in steps[before_pivot + 1 :]]
        if not finish:
            raise SagaPlanError("a recovery finishes the steps after the pivot: mark a pivot, and notify after it")
        if not compensations:
            raise SagaPlanError("a recovery undoes the steps before the pivot: give one of them a compensation")
        refusals = (tasks.not_a_saga, tasks.still_running)
        tasks = replace(tasks, look=replace(tasks.look, refusals=refusals, transient=(tasks.still_running,)))
        used = [
            _patient(task, overload)
            for task in (
                *(tasks.look, tasks.claim, *compensations, *finish, notify_failure),
                *(tasks.park, tasks.mark, tasks.record_parked, tasks.close),
            )
        ]
        self.plan = plan_of(
            steps,
            tasks=used,
            ending=(notify_failure.name, ending.parked),
            told_failed=notify_failure,
            longest_waits={ending.wait: _LONGEST_STRAGGLER_SECONDS},
            rounds={tasks.look.name: _ROUNDS},
            inputs=None if inputs is None else tuple(inputs),
            recovered_by=recovered_by,
            takes_over=_takes_over(tasks, verdicts, ending),
        )
        """What the machine is proved against (`saga.verify`)."""
        for task in used:
            task.add_retries()

        parked = self._park(tasks, ending)
        self._close(tasks, verdicts, ending)
        finish[-1].state.next(tasks.close.state)
        for earlier, later in itertools.pairwise(finish):
            earlier.state.next(later.state)
        notify_failure.state.next(tasks.close.state)
        for telling in (*finish, notify_failure):
            _give_up(telling, parked)
        chain_rollback(
            compensations,
            then=notify_failure.state,
            gives_up=parked,
            noting={TROUBLE: f"{{% ${TROUBLE}.error = '' ? {_THIS_TROUBLE} : ${TROUBLE} %}}"},  # the first one
        )
        wait = self._wait(ending, compensations[-1])
        self._claim(tasks, ending, wait, parked)
        ways = {
            verdicts.unsettled: tasks.claim.state,
            verdicts.superseded: wait,
            verdicts.done: finish[0].state,
            verdicts.settled: notify_failure.state,
            verdicts.nothing: tasks.close.state,
        }
        start = self._look(tasks, ways, ending, parked)
        self.timeout_seconds = _worst_seconds(used, rounds_of=(tasks.look.name, tasks.claim.name))
        """The machine's TimeoutSeconds: more than all its tasks can take with all their retries."""
        deployed = deployed_machine(self, deployment, start=start, tasks=used, timeout_seconds=self.timeout_seconds)
        self.state_machine = deployed.state_machine
        self.alias_arn = deployed.alias_arn
        """What callers start: it leads to the version deployed last."""

    def _look(
        self,
        tasks: RecoveryTasks,
        ways: Mapping[str, sfn.IChainable],
        ending: RecoveryEnding,
        parked: sfn.IChainable,
    ) -> sfn.IChainable:
        """Looks, and goes the way of the verdict; what is no verdict is a person's to judge."""
        look = tasks.look.state
        refused = sfn.Fail.jsonata(self, ending.refused, error=ending.refused, cause=f"{{% ${TROUBLE}.cause %}}")
        running = sfn.Fail.jsonata(
            self, ending.running, error=ending.running, cause="AWS says that the execution has not ended"
        )
        look.add_catch(refused, errors=[tasks.not_a_saga], **_noted())
        look.add_catch(running, errors=[tasks.still_running], outputs={})
        look.add_catch(parked, errors=[ANY_ERROR], **_noted(tasks.known_without_look))
        choose = sfn.Choice.jsonata(self, ending.choose)
        for verdict, way in ways.items():
            choose.when(sfn.Condition.jsonata(f"{{% ${VERDICT} = '{verdict}' %}}"), way)
        choose.otherwise(parked)
        look.next(choose)
        begin = sfn.Pass.jsonata(self, ending.begin, assign={ROUNDS: 1}, outputs={})
        begin.next(look)
        return begin

    def _claim(
        self, tasks: RecoveryTasks, ending: RecoveryEnding, wait: sfn.IChainable, parked: sfn.IChainable
    ) -> None:
        """Claims; where the claim is refused the saga has moved, and is looked at again, but not for ever."""
        again = sfn.Choice.jsonata(self, ending.again)
        again.when(sfn.Condition.jsonata(f"{{% ${ROUNDS} <= {_ROUNDS} %}}"), tasks.look.state)
        again.otherwise(parked)
        tasks.claim.state.next(wait)
        tasks.claim.state.add_catch(
            again,
            errors=list(tasks.claim.refusals),
            assign={TROUBLE: f"{{% {_THIS_TROUBLE} %}}", ROUNDS: f"{{% ${ROUNDS} + 1 %}}"},
            outputs={},
        )
        _give_up(tasks.claim, parked)

    def _close(self, tasks: RecoveryTasks, verdicts: Verdicts, ending: RecoveryEnding) -> None:
        """Takes the ride off the list, and ends; one that stays there is started again, and found to need nothing."""
        end = sfn.Choice.jsonata(self, ending.end)
        nothing = sfn.Condition.jsonata(f"{{% ${VERDICT} = '{verdicts.nothing}' %}}")
        end.when(nothing, sfn.Succeed.jsonata(self, ending.nothing))
        end.otherwise(sfn.Succeed.jsonata(self, ending.recovered))
        tasks.close.state.next(end)
        tasks.close.state.add_catch(end, errors=[ANY_ERROR], outputs={})

    def _wait(self, ending: RecoveryEnding, first: SagaTask) -> sfn.IChainable:
        """Lets what the execution left running end, so that no compensation is overtaken by its own action."""
        wait = sfn.Wait.jsonata(
            self, ending.wait, time=sfn.WaitTime.seconds(f"{{% ${STRAGGLER_SECONDS} %}}"), outputs={}
        )
        wait.next(first.state)
        return wait

    def _park(self, tasks: RecoveryTasks, ending: RecoveryEnding) -> sfn.IChainable:
        failed = sfn.Fail.jsonata(self, ending.parked, error=ending.parked, cause=f"{{% ${TROUBLE}.cause %}}")
        tasks.park.state.next(tasks.mark.state)
        tasks.mark.state.next(tasks.record_parked.state)
        tasks.mark.state.add_catch(tasks.record_parked.state, errors=[ANY_ERROR], outputs={})
        tasks.record_parked.state.next(failed)
        tasks.record_parked.state.add_catch(failed, errors=[ANY_ERROR], outputs={})
        return tasks.park.state


def _takes_over(tasks: RecoveryTasks, verdicts: Verdicts, ending: RecoveryEnding) -> TakesOver:
    return TakesOver(
        look=tasks.look.name,
        variable=VERDICT,
        verdicts={
            verdicts.unsettled: Meaning.UNDO,
            verdicts.superseded: Meaning.UNDO_UNCLAIMED,
            verdicts.done: Meaning.FINISH,
            verdicts.settled: Meaning.TELL,
            verdicts.nothing: Meaning.NOTHING,
        },
        claim=tasks.claim.name,
        wait=ending.wait,
        park=tasks.park.name,
        record=tasks.record_parked.name,
        close=tasks.close.name,
    )


def _patient(task: SagaTask, overload: OverloadPatience) -> SagaTask:
    """A task that also waits until an overload is over; its own retriers stand around that one as they were."""
    *first, last = task.retries
    busy = overload.handlers_busy if task.function_timeout_seconds is not None else ()
    return replace(task, retries=(*first, overload.for_task(task.state), last), transient=(*task.transient, *busy))


def _worst_seconds(used: Sequence[SagaTask], *, rounds_of: Sequence[str]) -> int:
    again = (_ROUNDS - 1) * sum(task.worst_seconds for task in used if task.name in rounds_of)
    return math.ceil(
        sum(task.worst_seconds for task in used) + again + _LONGEST_STRAGGLER_SECONDS + _TIMEOUT_MARGIN_SECONDS
    )


def _give_up(task: SagaTask, parked: sfn.IChainable) -> None:
    task.state.add_catch(parked, errors=[ANY_ERROR], **_noted())


def _noted(known: Mapping[str, Any] | None = None) -> dict[str, Any]:
    return {"assign": {TROUBLE: f"{{% {_THIS_TROUBLE} %}}", **(known or {})}, "outputs": {}}

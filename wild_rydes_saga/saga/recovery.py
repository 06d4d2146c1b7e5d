"""Derives, from the steps of a saga, the machine that finishes the rides that its executions could not finish."""

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from constructs import Construct

from sagalint.plan import Meaning, TakesOver
from wild_rydes_saga.saga.machine import Deployment, deployed_machine
from wild_rydes_saga.saga.recovery_parts import VERDICT, RecoveryEnding, RecoveryTasks, Verdicts
from wild_rydes_saga.saga.recovery_states import INSPECTIONS, RecoveryStates, Work
from wild_rydes_saga.saga.retries import OverloadPatience
from wild_rydes_saga.saga.step import SagaTask, Step, plan_of

_TIMEOUT_MARGIN_SECONDS: Final = 300
_LONGEST_STRAGGLER_SECONDS: Final = 300


class SagaRecovery(Construct):
    """A state machine that finishes one execution of a saga. Its input is passed to the inspection.

    Guarantees:

    * before the pivot it undoes: **every** compensation runs, newest first, also of
      actions that never ran; then it settles the fare and notifies of the failure;
    * it cannot undo a saga past its pivot: the claim and the pivot write the same row
      under conditions that exclude each other, and a refused claim inspects again;
    * past the pivot it only finishes;
    * after all its retries it parks the ride, with the work that is left;
    * it may run twice, also at the same time: every task of it is repeatable.

    Args:
        deployment: How the machine is deployed.
        overload: How long every task waits for an overload to end before its error counts as a failure.
        inputs: The fields of the execution's input, if they are known.
        recovered_by: How a ride is finished that a recovery could not finish.

    Raises:
        SagaPlanError: The steps make no sense together, or have no pivot.
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
        work = Work.of(steps, notify_failure)
        tasks = replace(tasks, inspect=_with_refusals(tasks))
        used = [_patient(task, overload) for task in _all_tasks(tasks, work)]
        self.plan = plan_of(
            steps,
            tasks=used,
            ending=(notify_failure.name, ending.parked),
            failure_notice=notify_failure,
            longest_waits={ending.wait: _LONGEST_STRAGGLER_SECONDS},
            rounds={tasks.inspect.name: INSPECTIONS},
            inputs=None if inputs is None else tuple(inputs),
            recovered_by=recovered_by,
            takes_over=_takes_over(tasks, verdicts, ending, _errors_of(overload, used)),
        )
        """The plan that sagalint checks the machine against."""
        start = RecoveryStates(
            scope=self, work=work, tasks=tasks, verdicts=verdicts, ending=ending, overload=overload
        ).connect()
        self.timeout_seconds = _worst_seconds(used, repeated=(tasks.inspect.name, tasks.claim.name))
        """The machine's TimeoutSeconds: more than all its tasks can take with all their retries."""
        deployed = deployed_machine(self, deployment, start=start, tasks=used, timeout_seconds=self.timeout_seconds)
        self.state_machine = deployed.state_machine
        self.alias_arn = deployed.alias_arn
        """The ARN that callers start: the alias of the version deployed last."""


def _all_tasks(tasks: RecoveryTasks, work: Work) -> Sequence[SagaTask]:
    return (
        *(tasks.inspect, tasks.claim, *work.compensations, *work.finish, work.notify_failure),
        *(tasks.park, tasks.mark, tasks.record_parked, tasks.close),
    )


def _with_refusals(tasks: RecoveryTasks) -> SagaTask:
    """Adds the errors that are its answer to the inspection; one of them can pass by itself."""
    refusals = (tasks.not_a_saga, tasks.still_running)
    return replace(tasks.inspect, refusals=refusals, transient=(tasks.still_running,))


def _takes_over(tasks: RecoveryTasks, verdicts: Verdicts, ending: RecoveryEnding, delays: Sequence[str]) -> TakesOver:
    return TakesOver(
        look=tasks.inspect.name,
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
        later=ending.delayed,
        delays=tuple(delays),
    )


def _patient(task: SagaTask, overload: OverloadPatience) -> SagaTask:
    """Adds a retrier for an overload to the task, before its last one, and all of them to its state."""
    *first, last = task.retries
    busy = overload.handlers_busy if task.function_timeout_seconds is not None else ()
    patient = replace(task, retries=(*first, overload.for_task(task.state), last), transient=(*task.transient, *busy))
    patient.add_retries()
    return patient


def _errors_of(overload: OverloadPatience, used: Sequence[SagaTask]) -> Sequence[str]:
    return sorted({error for task in used for error in overload.for_task(task.state).errors})


def _worst_seconds(used: Sequence[SagaTask], *, repeated: Sequence[str]) -> int:
    again = (INSPECTIONS - 1) * sum(task.worst_seconds for task in used if task.name in repeated)
    return math.ceil(
        sum(task.worst_seconds for task in used) + again + _LONGEST_STRAGGLER_SECONDS + _TIMEOUT_MARGIN_SECONDS
    )

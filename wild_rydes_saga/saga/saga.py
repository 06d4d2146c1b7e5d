"""Derives a Step Functions machine from the steps of a saga: forward chain, rollback chain, and every way out."""

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct, IConstruct

from sagalint.plan import CleanFailure, Plan
from wild_rydes_saga.saga.machine import Deployment, deployed_machine
from wild_rydes_saga.saga.retries import ANY_ERROR
from wild_rydes_saga.saga.rollback import (
    FAILURE,
    NOT_UNDONE,
    OUTCOME,
    chain_rollback,
    failure_of,
)
from wild_rydes_saga.saga.step import SagaTask, Step, plan_of

_TIMEOUT_MARGIN_SECONDS: Final = 60
_FAILED: Final = "failed"
_NOT_EVALUATED: Final = "States.QueryEvaluationError"


@dataclass(frozen=True, kw_only=True)
class FailureEnding:
    """How a rollback ends.

    Attributes:
        notify: Notifies of the failure, after the settling.
        failed: Name of the Fail state after that. It has the failing step's error and cause.
        incomplete: Name, and error, of the Fail state for a rollback that could not be finished.
    """

    notify: SagaTask
    failed: str
    incomplete: str


class Saga(Construct):
    """A state machine that does every step, or undoes every step it may have done, newest first.

    Guarantees, for each error that a machine can catch:

    * a clean failure skips only the failing step's own compensation;
    * anything else is doubt, and counts as done: the step's own compensation runs too;
    * a compensation that gives up is noted and passed, except the first step's:
      that one settles the saga, so it must refuse (`$assert`) when `NOT_UNDONE`
      names anything, and the execution then ends as `incomplete`;
    * from the pivot on nothing is undone: an execution that gives up there ends with the error's own name.

    `States.Runtime`, `States.DataLimitExceeded`, a timeout of the execution and
    an abort cannot be caught (AWS, "Handling errors in Step Functions
    workflows"): they end the execution as FAILED, TIMED_OUT or ABORTED.

    Args:
        deployment: How the machine is deployed.
        steps: The steps, in order.
        ending: How a rollback ends.
        inputs: The fields of the execution's input, if they are known.
        output: The fields that the output of a success must have, for callers that wait for it.
        secrets: By field that is secret, the states that it may reach.
        recovered_by: How a ride is finished that an execution could not finish.

    Raises:
        SagaPlanError: The steps make no sense together.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        deployment: Deployment,
        steps: Sequence[Step],
        ending: FailureEnding,
        inputs: Sequence[str] | None = None,
        output: Sequence[str] = (),
        secrets: Mapping[str, Sequence[str]] | None = None,
        recovered_by: str | None = None,
    ) -> None:
        super().__init__(scope, construct_id)
        self.ending = ending
        """How a rollback ends, by the names of its states."""
        tasks = _tasks_of(steps, ending)
        self.plan = plan_of(
            steps,
            tasks=tasks,
            ending=(ending.notify.name, ending.failed, ending.incomplete),
            failure_notice=ending.notify,
            inputs=None if inputs is None else tuple(inputs),
            output=tuple(output),
            secrets={field: tuple(states) for field, states in (secrets or {}).items()},
            recovered_by=recovered_by,
        )
        """The plan that sagalint checks the machine against."""
        self.timeout_seconds = worst_path_seconds(self.plan, steps, ending) + _TIMEOUT_MARGIN_SECONDS
        """The machine's TimeoutSeconds: more than its worst path with all its retries."""
        start = self._wire(steps, ending)
        deployed = deployed_machine(self, deployment, start=start, tasks=tasks, timeout_seconds=self.timeout_seconds)
        self.state_machine = deployed.state_machine
        self.alias_arn = deployed.alias_arn
        """The ARN that callers start: the alias of the version deployed last."""
        self.function_arns = {task.name: task.version.function_arn for task in tasks if task.version}
        """By task, the ARN of the version of the function that it calls: no other may be called by the role."""
        self.beneath_alias = deployed.beneath_alias
        """Everything that is deployed with the machine but its alias."""
        self._alias = deployed.alias

    def start_rides_after(self, *others: IConstruct) -> None:
        """Points the alias to a new version once the others are deployed.

        Until then rides start on the version before. If the deployment of the others
        fails, it is rolled back, and no ride has begun on what the rollback deletes.
        """
        self._alias.node.add_dependency(*others)

    def _wire(self, steps: Sequence[Step], ending: FailureEnding) -> sfn.IChainable:
        _add_retries(steps, ending)
        compensations = {step.compensation.name: step.compensation for step in steps if step.compensation}
        rollback_ends_in = self._end_rollback(ending)
        incomplete = sfn.Fail.jsonata(
            self,
            ending.incomplete,
            error=ending.incomplete,
            cause=f"{{% 'still to do: ' & $join(${NOT_UNDONE}, ', ')"
            f" & '; after ' & ${FAILURE}.step & ' failed with ' & ${FAILURE}.error %}}",
        )
        chain_rollback(
            list(compensations.values()),
            then=rollback_ends_in,
            gives_up=incomplete,
        )

        def first_of(rollback: Sequence[str]) -> sfn.IChainable:
            return compensations[rollback[0]].state if rollback else rollback_ends_in

        for step in steps[: len(self.plan.compensable)]:
            action = step.action.state
            for failure in step.clean_failures:
                undo = self.plan.rollback_after(step.action.name, in_doubt=False)
                action.add_catch(first_of(undo), errors=[failure.error], **_noting(step, failure))
            undo = self.plan.rollback_after(step.action.name, in_doubt=True)
            action.add_catch(first_of(undo), errors=[ANY_ERROR], **_noting(step))

        actions = [step.action.state for step in steps]
        for action, following in itertools.pairwise(actions):
            action.next(following)
        return actions[0]

    def _end_rollback(self, ending: FailureEnding) -> sfn.IChainable:
        failed = sfn.Fail.jsonata(
            self,
            ending.failed,
            error=f"{{% ${FAILURE}.error %}}",
            cause=f"{{% ${FAILURE}.cause %}}",
        )
        ending.notify.state.next(failed)
        return ending.notify.state


def _tasks_of(steps: Sequence[Step], ending: FailureEnding) -> list[SagaTask]:
    compensations = [step.compensation for step in steps if step.compensation]
    return [*(step.action for step in steps), *compensations, ending.notify]


def worst_path_seconds(plan: Plan, steps: Sequence[Step], ending: FailureEnding) -> int:
    """Returns how long the longest path takes when every attempt of every task times out."""
    undo = {step.compensation.name: step.compensation.worst_seconds for step in steps if step.compensation}
    spent = 0.0
    paths = []
    for step in steps:
        spent += step.action.worst_seconds
        if step.planned in plan.compensable:
            rollback = plan.rollback_after(step.action.name, in_doubt=True)
            paths.append(spent + sum(undo[name] for name in rollback) + ending.notify.worst_seconds)
    return math.ceil(max([spent, *paths]))


def _add_retries(steps: Sequence[Step], ending: FailureEnding) -> None:
    for step in steps:
        step.action.add_retries()
        if step.compensation:
            step.compensation.add_retries()
    ending.notify.add_retries()


def _noting(step: Step, failure: CleanFailure | None = None) -> dict[str, Any]:
    """The Catch's variables: the failure that the end of the rollback reports."""
    return {
        "assign": {
            FAILURE: failure_of(step.action.name, failure),
            OUTCOME: _outcome(failure),
            NOT_UNDONE: [],
            **step.assign_on_failure,
        },
        "outputs": {},
    }


def _outcome(failure: CleanFailure | None) -> str:
    """What a failure means to the caller.

    An execution that was stopped in a step, recovered and then redriven may be refused by what its own recovery left
    there, and that recovery has reported `failed`. Arguments that cannot be evaluated are refused every time.
    """
    if failure is None or failure.outcome == _FAILED:
        return _FAILED
    if failure.error == _NOT_EVALUATED:
        return failure.outcome
    return f"{{% $states.context.Execution.RedriveCount > 0 ? '{_FAILED}' : '{failure.outcome}' %}}"

"""Derives, from the steps of a saga, an Express machine: it answers at once, and hands every doubt to the recovery."""

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct, IConstruct

from sagalint.plan import HandsOver, Plan, SagaPlanError
from wild_rydes_saga.saga.express_states import Beginning, ExpressStates, Journal, LaterDelivery, clean_rollbacks
from wild_rydes_saga.saga.machine import Deployment, deployed_machine
from wild_rydes_saga.saga.saga import FailureEnding
from wild_rydes_saga.saga.step import SagaTask, Step, plan_of

LONGEST_SECONDS: Final = 300
"""AWS ends an Express execution after five minutes ("Choosing workflow type in Step Functions")."""
_INTERVAL_SECONDS: Final = 1


class ExpressSaga(Construct):
    """An Express machine that does every step, or answers why it did none, or hands the ride to the recovery.

    AWS may deliver an asynchronous Express execution more than once, at the same time or later
    ("Execution guarantees in Step Functions workflows"). Guarantees:

    * of all deliveries of one name, one goes forward: the first that writes the ride's row. The others
      change nothing, and answer what that one has answered, or that a message reports the outcome;
    * a clean failure is final, so it is rolled back here, and the caller gets it as the answer;
    * any other error, and a compensation that gives up, is handed to the recovery, which claims the saga
      before it undoes anything;
    * a ride whose execution was cut off has an open row, by which the recovery finds it.

    Args:
        deployment: How the machine is deployed.
        steps: The steps, in order.
        journal: The tasks that keep the ride's row.
        beginning: How an execution begins.
        later: How another delivery of a ride answers.
        ending: How a rollback ends; `incomplete` is the end of a ride that is handed over.
        succeeded: Name of the state that ends a success.
        facts: Fields of the plan that the tasks do not have, such as `inputs`, `output` and `recovered_by`.

    Raises:
        SagaPlanError: The steps make no sense together, or can take longer than AWS allows.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        deployment: Deployment,
        steps: Sequence[Step],
        journal: Journal,
        beginning: Beginning,
        later: LaterDelivery,
        ending: FailureEnding,
        succeeded: str,
        **facts: Any,
    ) -> None:
        super().__init__(scope, construct_id)
        steps = [_brief_step(step) for step in steps]
        self.ending = replace(ending, notify=_brief(ending.notify))
        """How a rollback ends, by the names of its states."""
        used = [*_used(steps), self.ending.notify, *journal.tasks]
        self.plan = plan_of(
            steps,
            tasks=used,
            ending=(journal.note.name, ending.notify.name, journal.close_failed.name, ending.failed),
            failure_notice=ending.notify,
            hands_over=_hands_over(journal, later),
            **facts,
        )
        """The plan that sagalint checks the machine against."""
        _refuse_longer_than_aws(_longest_path_seconds(steps, journal, self.ending))
        for task in used:
            task.add_retries()
        shown: dict[str, Any] = {
            "beginning": beginning,
            "later": later,
            "ending": self.ending,
            "succeeded": succeeded,
        }
        start = ExpressStates(scope=self, plan=self.plan, steps=steps, journal=journal, **shown).connect()
        fast = replace(deployment, express=True)
        self._deployed = deployed_machine(self, fast, start=start, tasks=used, timeout_seconds=LONGEST_SECONDS)

    timeout_seconds: Final = LONGEST_SECONDS
    """The machine's TimeoutSeconds."""

    @property
    def state_machine(self) -> sfn.StateMachine:
        """The machine."""
        return self._deployed.state_machine

    @property
    def alias_arn(self) -> str:
        """The ARN that callers start: the alias of the version deployed last."""
        return self._deployed.alias_arn

    @property
    def beneath_alias(self) -> Sequence[IConstruct]:
        """Everything that is deployed with the machine but its alias."""
        return self._deployed.beneath_alias

    def start_rides_after(self, *others: IConstruct) -> None:
        """Points the alias to a new version once the others are deployed."""
        self._deployed.alias.node.add_dependency(*others)


def _hands_over(journal: Journal, later: LaterDelivery) -> HandsOver:
    again = (later.other, later.completed, later.failed, later.under_way)
    return HandsOver(state=journal.hand_over.name, answers_again=again)


def _brief_step(step: Step) -> Step:
    undo = replace(step.compensation, retries=()) if step.compensation else None
    return replace(step, action=_brief(step.action), compensation=undo)


def _brief(task: SagaTask) -> SagaTask:
    """The task with retries that five minutes allow: one for each policy. What it gives up, the recovery does."""
    policies = [
        replace(policy, max_attempts=min(1, policy.max_attempts), interval_seconds=_INTERVAL_SECONDS)
        for policy in task.retries
    ]
    return replace(task, retries=tuple(policies))


def _used(steps: Sequence[Step]) -> list[SagaTask]:
    """The actions, and the compensations that a clean failure leads to: all others are the recovery's."""
    undone = clean_rollbacks(steps, Plan(tuple(step.planned for step in steps)))
    undo = [step.compensation for step in steps if step.compensation and step.compensation.name in undone]
    return [*(step.action for step in steps), *undo]


def _longest_path_seconds(steps: Sequence[Step], journal: Journal, ending: FailureEnding) -> int:
    """The longest path when every task takes all its time: forward, or a rollback after the last step before the pivot.

    Retries are left out: an execution that AWS ends while it retries is in doubt, and its ride is recovered by its row.
    """
    forward = [journal.open, *(step.action for step in steps)]
    turning = next(number for number, step in enumerate(steps) if step.pivot)
    back = [step.compensation for step in steps[:turning] if step.compensation]
    rollback = [*forward[: turning + 1], *back[:-1], journal.note, ending.notify, journal.hand_over]
    return math.ceil(
        max(
            sum(replace(task, retries=()).worst_seconds for task in path)
            for path in ([*forward, journal.hand_over], rollback)
        )
    )


def _refuse_longer_than_aws(seconds: int) -> None:
    if seconds >= LONGEST_SECONDS:
        raise SagaPlanError(
            f"the longest path of an Express execution takes {seconds} s, and AWS ends it after"
            f" {LONGEST_SECONDS} s: let tasks time out sooner"
        )

"""The rules about how an execution ends: everything done or undone, in the right status, and reported."""

from collections.abc import Iterator
from typing import Final

from sagalint.definition.naming.task_kinds import TaskKind, kind_of_task, pays
from sagalint.paths.happening import Happening
from sagalint.paths.history import History
from sagalint.paths.roles import Roles
from sagalint.paths.situation import Did, End, Move
from sagalint.plan import Plan
from sagalint.rules.finding import Finding, Level, Rule
from sagalint.rules.saga.messages import NOT_ONE_MESSAGE
from sagalint.rules.saga.rollbacks import Rollbacks
from sagalint.rules.saga.silence import Silence

NOTHING_RECOVERS: Final = (
    "nobody finishes an execution that ends halfway: when what cannot be undone gives up, at a timeout or an abort "
    "of the whole execution, at an error that cannot be caught (States.Runtime, States.DataLimitExceeded)"
)
RECOVER: Final = (
    "start something on executions that end as FAILED, TIMED_OUT or ABORTED (an EventBridge rule), let it finish "
    "what they left, and name it in the plan as recovered_by"
)

ENDS_IN_SUCCESS: Final = Rule(
    id="ends-in-success",
    statement="A saga that was rolled back, or could not be, ends in a failure status.",
    consequence="The status says that the customer got something, and that is wrong.",
    fix="Let each way of a rollback end in a Fail state.",
    rests_on_plan=True,
    follows_from=("undone-after-pivot",),
)
ENDS_IN_FAILURE: Final = Rule(
    id="ends-in-failure",
    statement="A saga in which nothing failed ends in success.",
    consequence="The status makes others do the work again.",
    fix="Let the way on which nothing failed end in a Succeed state.",
    rests_on_plan=True,
)
STEP_LEFT_OUT: Final = Rule(
    id="step-left-out",
    statement="A saga that ends in success has done every step.",
    consequence="The customer gets a message about something that never happened.",
    fix="Let each way to a success pass every action of the plan.",
    rests_on_plan=True,
    follows_from=("undone-after-pivot",),
)
NOBODY_RECOVERS: Final = Rule(
    id="nobody-recovers",
    statement="Something finishes an execution that times out, is aborted, or meets an error that cannot be caught.",
    consequence="The saga stops halfway, without a message.",
    fix="Start a recovery when an execution fails, times out or is aborted, and name it in `recovered_by`.",
    level=Level.NOTE,
)


class Endings:
    """Checks the last move of a path."""

    def __init__(self, plan: Plan, roles: Roles, past: History, silence: Silence) -> None:
        self._plan = plan
        self._roles = roles
        self._past = past
        self._rollbacks = Rollbacks(plan, roles, past, silence)

    def findings_on(self, move: Move) -> Iterator[Finding]:
        """What is wrong when an execution ends with a move."""
        at_end, hands_over = move.after, self._plan.hands_over
        if hands_over and move.state.name in hands_over.answers_again and not any(at_end.did):
            return
        if at_end.handed_on:
            yield from self._handed_over(move)
            return
        failed = any(did in (Did.MAYBE, Did.NOTHING) for did in at_end.did[: self._past.pivot]) or at_end.any_undone
        failed = failed or at_end.forgotten.failed
        committed = any(did is not Did.NOT_RUN for did in at_end.did[self._past.pivot :])
        if move.end is End.SUCCESS:
            yield from self._succeeds(move, failed or at_end.gave_up)
        elif move.end is End.UNCAUGHT and self._only_a_message_failed(move):
            return
        elif move.end is End.UNCAUGHT and (committed or move.state.name in self._roles.reports_failure):
            # What a rollback had left out by then shows where its message is sent.
            yield from self._left()
        elif not failed and move.end is End.FAILURE and self._nothing_failed(move):
            yield Finding(
                ENDS_IN_FAILURE,
                (move.state.name,),
                f"{move.state.name} ends a saga as failed in which nothing failed",
                "let the way on which nothing failed end in success",
            )
        else:
            yield from self._rolled_back(move)

    def _handed_over(self, move: Move) -> Iterator[Finding]:
        """What is wrong when an execution ends that has left its saga to another machine."""
        yield from self._left()
        if move.end is End.SUCCESS:
            yield Finding(
                ENDS_IN_SUCCESS,
                (move.state.name,),
                f"the execution ends as a success in {move.state.name} though its saga is handed over, not finished",
                "let what follows the handing over end in a Fail state",
            )

    def _only_a_message_failed(self, move: Move) -> bool:
        beside = kind_of_task(move.state) in (TaskKind.LOCKS, TaskKind.TELLS) if self._plan.guessed else False
        beside = beside or move.state.name in self._roles.unsent
        return (beside or move.state.name in self._roles.reports_success) and self._past.all_done(move.after)

    def _nothing_failed(self, move: Move) -> bool:
        """Whether nothing has refused either: no error, and no Choice that could have gone another way."""
        done = not self._plan.guessed and all(did is Did.DONE for did in move.after.did)
        return done or not self._past.could_have_gone_otherwise(move)

    def _left(self) -> Iterator[Finding]:
        if not self._plan.recovered_by:
            yield Finding(NOBODY_RECOVERS, (), NOTHING_RECOVERS, RECOVER)

    def _succeeds(self, move: Move, failed: bool) -> Iterator[Finding]:
        name, at_end = move.state.name, move.after
        turned = at_end.turned or at_end.any_undone
        steps = zip(self._plan.steps, at_end.did, strict=True)
        left_out = [step.action for step, did in steps if did is not Did.DONE and not step.optional]
        if turned or self._is_unpaid(move):
            yield from self._rollbacks.findings_on(move)
        if self._is_wrong(move, failed=failed, turned=turned) and not (self._plan.guessed and self._tolerated(move)):
            yield Finding(
                ENDS_IN_SUCCESS,
                (name,),
                f"the execution ends as a success in {name} though {self._why(move)}",
                "let every way of a rollback end in a Fail state",
                cause="a rollback ends well" if self._plan.guessed else "",
            )
        elif left_out and not turned and not failed and not self._plan.guessed:
            yield Finding(
                STEP_LEFT_OUT,
                (left_out[0], name),
                f"the execution ends as a success in {name} though {left_out[0]} was not done",
                f"let every way to a success pass {left_out[0]}",
            )
        elif not failed and not turned:
            yield from self._silent_success(move)

    def _is_wrong(self, move: Move, *, failed: bool, turned: bool) -> bool:
        """Whether a success is not the right end; a guess lets a rollback that is reported end so."""
        at_end = move.after
        if not self._plan.guessed:
            return failed
        needed = [
            did is Did.MAYBE and not step.optional
            for step, did in zip(self._plan.steps[: self._past.pivot], at_end.did, strict=False)
        ]
        something = at_end.forgotten.done or any(did in (Did.DONE, Did.MAYBE) for did in at_end.did)
        return (at_end.forgotten.in_doubt or any(needed) or (turned and something)) and not at_end.reported.failure

    def _tolerated(self, move: Move) -> bool:
        """Whether all that has failed are items, of a Map whose author lets any number of them fail."""
        failed = [one for one in self._past.since_start(move) if one.errors]
        layout = self._roles.layout
        takers = [layout.taker(one.state, one.errors[0]) for one in failed]
        return bool(takers) and all(one.owner is not None and one.catcher is None for one in takers)

    def _is_unpaid(self, move: Move) -> bool:
        """Whether a payment has failed, and leads straight on to a success: what is to be paid for stands."""
        path = self._past.since_start(move) if self._plan.guessed else []
        needed = {step.action for step in self._plan.steps if not step.optional and pays(step.action)}
        failed = [one for one in path if one.what is Happening.DOUBT and one.state.name in needed]
        since = self._past.since(move, failed[-1]) if failed else []
        return bool(failed) and all(one.state.type in ("Pass", "Succeed") for one in since)

    def _why(self, move: Move) -> str:
        trouble = self._past.first_trouble(move)
        if trouble.errors:
            return f"{trouble.state.name} failed"
        return "it was rolled back" if move.after.any_undone else "the rest of the saga was left out"

    def _silent_success(self, move: Move) -> Iterator[Finding]:
        messages = self._plan.messages
        if not messages.success or move.after.reported.success or messages.best_effort:
            return
        gave_up = f"let a message that gives up end the execution as failed, for {self._plan.recovered_by} to finish"
        yield self._silent(move.state.name, "success", messages.success, fix=gave_up if move.after.unreported else "")

    def _silent(
        self, name: str, outcome: str, messages: tuple[str, ...], by: int | None = None, fix: str = ""
    ) -> Finding:
        return Finding(
            NOT_ONE_MESSAGE,
            (name,),
            f"the saga ends in {name} as a {outcome}, and no message reports it",
            fix or f"let the way pass {' or '.join(messages)}",
            by,
        )

    def _rolled_back(self, move: Move) -> Iterator[Finding]:
        found = [*self._rollbacks.findings_on(move)]
        yield from found
        at_end, messages = move.after, self._plan.messages
        if found:
            return
        if at_end.gave_up or at_end.unreported:
            yield from self._left()
        elif messages.failure and not at_end.reported.failure and not messages.best_effort:
            last = self._past.wrong_turn(move)
            yield self._silent(last.state.name, "failure", messages.failure, last.catcher)


def no_recovery(plan: Plan, roles: Roles, move: Move) -> Iterator[Finding]:
    """An action that can end in doubt, where nothing finishes what the machine cannot."""
    if not plan.recovered_by and move.what is Happening.DOUBT and move.state.name in roles.undone_by:
        yield Finding(NOBODY_RECOVERS, (), NOTHING_RECOVERS, RECOVER)

"""The rules about how an execution ends: everything done or undone, in the right status, and reported."""

from collections.abc import Iterator
from typing import Final

from sagalint.paths.happening import Happening
from sagalint.paths.history import History
from sagalint.paths.roles import Roles
from sagalint.paths.situation import Did, End, Move, Situation
from sagalint.plan import Plan
from sagalint.rules.finding import Finding, Rule, listed, once, them
from sagalint.rules.messages import NOT_ONE_MESSAGE

NOTHING_RECOVERS: Final = (
    "nobody finishes an execution that ends halfway: when what cannot be undone gives up, at a timeout or an abort "
    "of the whole execution, at an error that cannot be caught (States.Runtime, States.DataLimitExceeded)"
)
RECOVER: Final = (
    "start something on executions that end as FAILED, TIMED_OUT or ABORTED (an EventBridge rule), let it finish "
    "what they left, and name it in the plan as recovered_by"
)

DOUBT_NOT_COMPENSATED: Final = Rule(
    id="doubt-not-compensated",
    statement="Every action that was done, or may have been, is compensated when the saga fails.",
    consequence="The customer has paid for something that never came, and nothing refunds it.",
    fix="Give each action a Catch for States.ALL that leads to its own compensation; only a clean failure may skip it.",
)
ROLLBACK_STOPS: Final = Rule(
    id="rollback-stops",
    statement="A compensation that gives up does not keep the others from running.",
    consequence="One failing service leaves every earlier step standing.",
    fix="Give each compensation a Catch for States.ALL that notes the failure and leads on to the next compensation.",
)
ENDS_IN_SUCCESS: Final = Rule(
    id="ends-in-success",
    statement="A saga that was rolled back, or could not be, ends in a failure status.",
    consequence="The status says that the customer got something, and that is wrong.",
    fix="Let each way of a rollback end in a Fail state.",
    follows_from=("undone-after-pivot",),
)
ENDS_IN_FAILURE: Final = Rule(
    id="ends-in-failure",
    statement="A saga in which nothing failed ends in success.",
    consequence="The status makes others do the work again.",
    fix="Let the way on which nothing failed end in a Succeed state.",
)
WRONG_ENDING: Final = Rule(
    id="wrong-ending",
    statement="A saga that could not be finished ends in a failure that the plan names.",
    consequence="An alarm on that name never rings.",
    fix="Catch States.ALL, and lead to a Fail state that `ending` in the plan names.",
)
STEP_LEFT_OUT: Final = Rule(
    id="step-left-out",
    statement="A saga that ends in success has done every step.",
    consequence="The customer gets a message about something that never happened.",
    fix="Let each way to a success pass every action of the plan.",
    follows_from=("undone-after-pivot",),
)
NOBODY_RECOVERS: Final = Rule(
    id="nobody-recovers",
    statement="Something finishes an execution that times out, is aborted, or meets an error that cannot be caught.",
    consequence="The saga stops halfway, without a message.",
    fix="Start a recovery when an execution fails, times out or is aborted, and name it in `recovered_by`.",
)
NEVER_ENDS: Final = Rule(
    id="never-ends",
    statement="From every situation some way leads to an end, and a recovery goes round only so often.",
    consequence="The execution goes round until its timeout, and each transition costs money.",
    fix="Lead out of the loop to an end.",
)
TOO_LARGE: Final = Rule(
    id="too-large",
    statement="Every situation is checked.",
    consequence="A fault in the rest is not found.",
    fix="Check parts of the machine separately, or let fewer variables decide where it goes.",
)


class Endings:
    """Checks the last move of a path."""

    def __init__(self, plan: Plan, roles: Roles, past: History) -> None:
        self._plan = plan
        self._roles = roles
        self._past = past

    def findings_on(self, move: Move) -> Iterator[Finding]:
        """What is wrong when an execution ends with a move."""
        at_end = move.after
        failed = any(did in (Did.MAYBE, Did.NOTHING) for did in at_end.did[: self._past.pivot]) or any(at_end.undone)
        committed = any(did is not Did.NOT_RUN for did in at_end.did[self._past.pivot :])
        if move.end is End.SUCCESS:
            yield from self._succeeds(move, failed or at_end.gave_up)
        elif move.end is End.UNCAUGHT and (committed or move.state.name in self._roles.reports_failure):
            # What a rollback had left out by then shows where its message is sent.
            yield from self._left()
        elif not failed and move.end is End.FAILURE:
            yield Finding(
                ENDS_IN_FAILURE,
                (move.state.name,),
                f"{move.state.name} ends a saga as failed in which nothing failed",
                "let the way on which nothing failed end in success",
            )
        else:
            yield from self._rolled_back(move)

    def _left(self) -> Iterator[Finding]:
        if not self._plan.recovered_by:
            yield Finding(NOBODY_RECOVERS, (), NOTHING_RECOVERS, RECOVER)

    def _succeeds(self, move: Move, failed: bool) -> Iterator[Finding]:
        name, at_end = move.state.name, move.after
        left_out = [self._past.actions[index] for index, did in enumerate(at_end.did) if did is not Did.DONE]
        if failed:
            yield Finding(
                ENDS_IN_SUCCESS,
                (name,),
                f"the execution ends as a success in {name} though {self._past.first_trouble(move).state.name} failed",
                "let every way of a rollback end in a Fail state",
            )
        elif left_out:
            yield Finding(
                STEP_LEFT_OUT,
                (left_out[0], name),
                f"the execution ends as a success in {name} though {left_out[0]} was not done",
                f"let every way to a success pass {left_out[0]}",
            )
        elif self._plan.messages.success and not at_end.reported.success:
            gave_up = (
                f"let a message that gives up end the execution as failed, for {self._plan.recovered_by} to finish"
            )
            fix = gave_up if at_end.unreported else ""
            yield self._silent(name, "success", self._plan.messages.success, fix=fix)

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
        owed, at_end = self._past.owed(move.after), move.after
        last = self._past.wrong_turn(move)
        name = last.state.name
        if owed and last.what is Happening.GAVE_UP:
            yield Finding(
                ROLLBACK_STOPS,
                once(name, *owed),
                f"when {name} gives up, the rollback ends: {listed(owed)} {self._may(at_end, owed)}, "
                f"and nothing undoes {them(owed)}",
                f"give {name} a Catch for States.ALL that notes that it gave up and leads on to "
                f"{self._past.compensation_of(owed[0])}",
                last.catcher,
            )
        elif owed:
            where = f"when {name} fails with {last.errors[0]}" if last.errors else f"after {name}"
            yield Finding(
                DOUBT_NOT_COMPENSATED,
                once(name, *owed),
                f"{where}, {listed(owed)} {self._may(at_end, owed)}, and nothing undoes {them(owed)}",
                self._let_it_lead(last, self._past.compensation_of(owed[0])),
                last.catcher,
            )
        elif at_end.gave_up or at_end.unreported:
            yield from self._left()
            yield from self._unnamed(move)
        elif self._plan.messages.failure and not at_end.reported.failure:
            yield self._silent(name, "failure", self._plan.messages.failure, last.catcher)

    @staticmethod
    def _let_it_lead(last: Move, target: str) -> str:
        name = last.state.name
        if not last.errors:
            return f"let {name} lead on to {target}"
        if last.catcher is None:
            return f"give {name} a Catch for States.ALL, after those for its clean failures, that leads to {target}"
        return f"let the Catch of {name} that takes {last.errors[0]} lead to {target}"

    def _unnamed(self, move: Move) -> Iterator[Finding]:
        """A compensation that gives up, where nothing catches it: the end has its own error's name."""
        name = move.state.name
        endings = [one for one in self._plan.ending if one not in self._plan.messages.failure]
        if endings and move.end is End.UNCAUGHT and name in self._roles.undoes:
            yield Finding(
                WRONG_ENDING,
                (name,),
                f"when {name} fails with {move.errors[0]}, nothing catches it, and the execution ends with that error",
                f"give {name} a Catch for States.ALL that leads to {' or '.join(endings)}",
            )

    def _may(self, at_end: Situation, owed: tuple[str, ...]) -> str:
        sure = all(at_end.did[self._past.actions.index(name)] is Did.DONE for name in owed)
        return ("are done" if len(owed) > 1 else "is done") if sure else "may be done"


def no_recovery(plan: Plan, roles: Roles, move: Move) -> Iterator[Finding]:
    """An action that can end in doubt, where nothing finishes what the machine cannot."""
    if not plan.recovered_by and move.what is Happening.DOUBT and move.state.name in roles.undone_by:
        yield Finding(NOBODY_RECOVERS, (), NOTHING_RECOVERS, RECOVER)


def goes_on(move: Move) -> Finding:
    """A recovery that can take a move again and again."""
    name, after = move.state.name, move.after.at
    return Finding(
        NEVER_ENDS,
        (name, after),
        f"{name} can lead to {after} again and again, and nothing counts how often",
        f"count the rounds in a variable, and let {name} lead to an end after some",
        move.catcher,
    )


def goes_round(move: Move) -> Finding:
    """What is wrong with a move after which no way leads to an end."""
    name, after = move.state.name, move.after.at
    return Finding(
        NEVER_ENDS,
        (name, after),
        f"once {name} has led to {after}, no way leads to an end",
        f"let {name} lead to another state, or {after} to an end",
        move.catcher,
    )


def partly_checked(most: int) -> Finding:
    """A machine with more situations than are checked."""
    return Finding(
        TOO_LARGE,
        (),
        f"the machine has more than {most:,} situations, and only the nearest {most:,} were checked",
        "check parts of it separately, or let fewer variables decide where it goes",
    )

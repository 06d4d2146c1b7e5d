"""The rules about a rollback as a whole: whether it undoes everything, whatever gives up, and whether that shows."""

from collections.abc import Iterator
from typing import Final

from sagalint.definition.naming.task_kinds import TaskKind, kind_of_task, worth_of
from sagalint.definition.naming.translations import in_script_of_its_own
from sagalint.paths.happening import Happening
from sagalint.paths.history import History
from sagalint.paths.roles import Roles
from sagalint.paths.situation import Did, End, Move, Situation
from sagalint.plan import Plan
from sagalint.rules.finding import Finding, Rule, either, listed, once, them
from sagalint.rules.saga.harm import BESIDE, CANNOT_RUN, IN_DOUBT, KEPT, LEFT_OUT, NOTHING_UNDOES, weight
from sagalint.rules.saga.late import Late, insist, let_it_lead, where
from sagalint.rules.saga.silence import Complete, Silence

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
WRONG_ENDING: Final = Rule(
    id="wrong-ending",
    statement="A saga that could not be finished ends in a failure that the plan names.",
    consequence="An alarm on that name never rings.",
    fix="Catch States.ALL, and lead to a Fail state that `ending` in the plan names.",
)

_MANY: Final = 3
"""From how many steps on a compensation undoes all."""


class Rollbacks:
    """Checks what is left of a saga that has failed, when its execution ends."""

    def __init__(self, plan: Plan, roles: Roles, past: History, silence: Silence) -> None:
        self._plan = plan
        self._roles = roles
        self._past = past
        self._late = Late(plan, roles, past)
        self._silence = silence
        self._complete = Complete(silence, past)

    def findings_on(self, move: Move) -> Iterator[Finding]:
        """What a rollback that ends with a move has left, if anything."""
        owed = self._past.owed(move.after)
        if owed:
            yield self._not_undone(move, owed)
        for action in self._past.bare(move.after):
            if not owed or worth_of([action]) <= worth_of(owed):
                yield self._undone_by_nothing(move, action)
        if owed:
            return
        if move.after.gave_up or move.after.unreported:
            yield from self._unnamed(move)
        elif move.after.any_undone:
            self._complete.add(move)

    def _not_undone(self, move: Move, owed: tuple[str, ...]) -> Finding:
        at_end, last = move.after, self._past.wrong_turn(move)
        roles, between = self._roles, self._is_between(move, owed)
        if between:
            last = move
        elif last.state.name in self._roles.does and not last.errors:
            # It has gone forward again, and should have gone on undoing; or something beside the steps has failed.
            last = self._past.last_undoing(move) or (move if move.errors else self._past.turning(move) or last)
        if self._plan.guessed:
            last = self._past.stopped_since(move, last, owed[0]) or last
        last = self._past.given_up_into(move, last)
        name = last.state.name
        compensation = self._late.way_to(last.stopped or name, owed[0])
        if between or (last.what is Happening.GAVE_UP and name in roles.undoes):
            stopped = f", which stops the rest of {last.stopped}" if last.stopped else ""
            return Finding(
                ROLLBACK_STOPS,
                once(*([last.stopped] if last.stopped else []), name, *owed),
                f"when {name} gives up{stopped}, the rollback ends: {listed(owed)} {self._may(at_end, owed)}, "
                f"and nothing undoes {them(owed)}",
                f"give {name} a Catch for States.ALL that notes that it gave up and leads on to {compensation}"
                if not last.stopped
                else f"give {name}, and what runs beside it in {last.stopped}, a Catch for States.ALL of its own",
                last.catcher,
                cause="a compensation stops the others" if self._plan.guessed else "",
            )
        if at_end.gave_up:
            owed = owed[:1]  # the others are left by what gave up since, which is another finding
        late = self._late.to_finish(move)
        return Finding(
            DOUBT_NOT_COMPENSATED,
            once(last.stopped or name, *owed),
            f"{where(last)}, {self._left_by(at_end, owed)}",
            insist(late) if late else let_it_lead(last, compensation),
            last.catcher,
            cause=self._cause(last, owed),
            rests_on=self._late.rests_on(move),
            gravity=self._gravity(at_end, owed, last, LEFT_OUT),
        )

    def _is_between(self, move: Move, owed: tuple[str, ...]) -> bool:
        """Whether a note or an alert has failed, from which the rollback would have gone on."""
        name, machine = move.state.name, self._roles.layout.machine
        parts = self._roles.does.keys() | self._roles.undoes.keys()
        begun = move.before.turned or move.before.any_undone
        if not move.errors or not begun or name not in machine.states or name in parts:
            return False
        return not machine.reached(name).isdisjoint(self._plan.steps[self._past.actions.index(owed[0])].undone_by)

    def _undone_by_nothing(self, move: Move, action: str) -> Finding:
        trouble = self._past.trouble_after(move, action)
        only_named = self._plan.steps[self._past.actions.index(action)].undone_in_name_by
        if only_named:
            return Finding(
                DOUBT_NOT_COMPENSATED,
                (action, only_named),
                f"{where(trouble)}, {action} {self._may(move.after, (action,))}, and {only_named}, which is only a "
                f"Pass, undoes nothing",
                f"let {only_named} be a Task that undoes {action}, and every failure from there on lead to it",
                gravity=self._gravity(move.after, (action,), trouble, CANNOT_RUN),
            )
        return Finding(
            DOUBT_NOT_COMPENSATED,
            (action,),
            f"{where(trouble)}, {action} {self._may(move.after, (action,))}, and nothing undoes it",
            f"give {action} a compensation that every failure from there on leads to; if it needs none, say why in "
            f"uncompensated_because in the plan",
            cause=self._why_bare(action),
            rests_on=self._late.rests_on(move),
            gravity=self._gravity(move.after, (action,), trouble, NOTHING_UNDOES),
        )

    def _why_bare(self, action: str) -> str:
        """What an action that nothing undoes has in common with others: of what is not worth much, one question."""
        if in_script_of_its_own(action):
            return "a name that is not understood"
        step = self._plan.steps[self._past.actions.index(action)]
        asked = self._plan.guessed and step.rests_on and worth_of([action]) == worth_of([])
        return "what nothing undoes may need it" if asked else f"nothing undoes {action}"

    def _cause(self, last: Move, owed: tuple[str, ...]) -> str:
        """What the finding has in common with others: no Catch, or Catches that lead past the compensation."""
        if last.stopped or not last.errors:
            return "" if last.stopped or not self._plan.guessed else "the rollback leaves some out"
        if last.state.type == "Choice":
            return "no Default"
        if last.catcher is None:
            return "no Catch"
        return "own compensation left out" if self._plan.guessed and owed[0] == last.state.name else ""

    def _gravity(self, at_end: Situation, owed: tuple[str, ...], trouble: Move, why: int) -> int:
        """What is left by the likeliest failure first.

        A step that fails leaves what is done for sure; then comes what may be done; then what is done and left only
        where something beside the steps fails: a message, a note, a lock.
        """
        sure = [name for name in owed if at_end.did[self._past.actions.index(name)] is Did.DONE]
        doubtful = [name for name in owed if name not in sure]
        weights = [weight(IN_DOUBT, doubtful, why)] if doubtful else []
        if sure:
            weights.append(weight(BESIDE if self._late.is_beside(trouble) else KEPT, sure, why))
        return min(weights)

    def _unnamed(self, move: Move) -> Iterator[Finding]:
        """A compensation that gives up, where the end of the execution does not say so."""
        name = move.state.name
        endings = [one for one in self._plan.ending if one not in self._plan.messages.failure]
        if self._plan.guessed:
            yield from self._swallowed(move)
            yield from self._unheard(move)
        elif endings and move.end is End.UNCAUGHT and name in self._roles.undoes:
            yield Finding(
                WRONG_ENDING,
                (name,),
                f"when {name} fails with {move.errors[0]}, nothing catches it, and the execution ends with that error",
                f"give {name} a Catch for States.ALL that leads to {' or '.join(endings)}",
            )

    def _unheard(self, move: Move) -> Iterator[Finding]:
        """What undoes all, and gives up, and with it the message that would report the failure."""
        name = move.state.name
        if move.end is not End.UNCAUGHT or len(self._roles.undoes.get(name, ())) < _MANY:
            return
        after = [one for one in self._roles.layout.machine.reached(name) if one in self._roles.reports_failure]
        if after:
            message = sorted(after)[0]
            yield Finding(
                ROLLBACK_STOPS,
                (name, message),
                f"when {name} gives up, the execution ends: what it undoes stays, and {message} does not run",
                f"give {name} a Catch for States.ALL that leads to {message}",
            )

    def _swallowed(self, move: Move) -> Iterator[Finding]:
        """A compensation that gives up, where the execution ends as after a complete rollback."""
        end = move.state.name
        if not move.after.unseen or move.end is End.UNCAUGHT or not self._complete.has(end):
            return
        names = [name for name, ends in self._silence.ends.items() if end in ends]
        if not names:
            return
        actions = once(*(action for name in names for action in self._past.undone_by_state(name)))
        yield Finding(
            WRONG_ENDING,
            (*names, end),
            f"when {either(names)} gives up, the execution ends in {end} all the same, as after a complete "
            f"rollback: nothing shows that {either(actions)} may still stand",
            "let each Catch of a compensation note that it gave up, and end the execution with another error then",
            rests_on=("nothing beside the machine, such as an alarm, reports what gave up",),
            cause="nothing shows what gave up",
            gravity=worth_of(actions),
        )

    def _left_by(self, at_end: Situation, owed: tuple[str, ...]) -> str:
        """What is left, in words. What is only a check by its name is not said to be the action."""
        states = self._roles.layout.states
        looks = [one for one in owed if self._plan.guessed and kind_of_task(states[one]) is TaskKind.LOOKS]
        rest = tuple(one for one in owed if one not in looks)
        if not rest:
            return f"{self._past.compensation_of(owed[0])} does not run, and what it is there to undo is left"
        return f"{listed(rest)} {self._may(at_end, rest)}, and nothing undoes {them(rest)}"

    def _may(self, at_end: Situation, owed: tuple[str, ...]) -> str:
        sure = all(at_end.did[self._past.actions.index(name)] is Did.DONE for name in owed)
        return ("are done" if len(owed) > 1 else "is done") if sure else "may be done"

"""The rules of a machine that finishes what another one's execution left."""

from collections.abc import Iterator, Sequence
from typing import Final

from sagalint.paths.happening import Happening
from sagalint.paths.history import History
from sagalint.paths.roles import Roles
from sagalint.paths.situation import End, Move, Situation
from sagalint.plan import Meaning, TakesOver
from sagalint.rules.finding import Finding, Rule, listed, them
from sagalint.rules.saga.compensations import NOTHING_TO_COMPENSATE
from sagalint.rules.saga.endings import ENDS_IN_FAILURE, ENDS_IN_SUCCESS
from sagalint.rules.saga.rollbacks import ROLLBACK_STOPS, WRONG_ENDING

TAKEN_OVER_TOO_EARLY: Final = Rule(
    id="taken-over-too-early",
    statement="A recovery undoes nothing before the other execution is barred, and all that it left running has ended.",
    consequence="The other execution commits what is being undone.",
    fix="Let every way to a compensation pass the claim and the wait.",
)
VERDICT_IGNORED: Final = Rule(
    id="verdict-ignored",
    statement="A recovery follows its verdict: it claims once, inspects again if refused, parks only failures, "
    "and notes that it is done.",
    consequence="It goes round, or gives a person what it could have finished.",
    fix="Lead each verdict to the states that `takes_over` in the plan says.",
)
NOT_PARKED: Final = Rule(
    id="not-parked",
    statement="A recovery hands to a person what it cannot finish.",
    consequence="The saga stays half done, and nothing reports it.",
    fix="Catch States.ALL on each of its tasks, and lead to the state that parks.",
)


class TakingOver:
    """Checks its compensations, where its states lead, and the last move of a path."""

    def __init__(self, takes_over: TakesOver, ending: Sequence[str], roles: Roles, past: History) -> None:
        self._takes_over = takes_over
        self._ending = ending
        self._roles = roles
        self._past = past

    def findings_on(self, move: Move) -> Iterator[Finding]:
        """What is wrong with a move of a recovery."""
        name = move.state.name
        steps = self._roles.undoes.get(name, ())
        if any(self._past.may_undo(move.before, step) for step in steps):
            yield from self._undoes(move.before, name)
        yield from self._leads_on(move)
        if move.end is not None:
            yield from self._ends(move)

    def _undoes(self, before: Situation, name: str) -> Iterator[Finding]:
        """What is wrong with a compensation that runs in a situation."""
        takes_over = self._takes_over
        claimed, waited = before.claimed, before.waited
        if before.meaning is Meaning.UNDO and not claimed:
            yield Finding(
                TAKEN_OVER_TOO_EARLY,
                (takes_over.claim, name),
                f"{name} runs before {takes_over.claim} has barred the other execution from going on",
                f"let every way to {name} pass {takes_over.claim}, and go on only when it is done",
            )
        elif not waited and before.meaning in (Meaning.UNDO, Meaning.UNDO_UNCLAIMED):
            yield Finding(
                TAKEN_OVER_TOO_EARLY,
                (takes_over.wait, name),
                f"{name} runs before {takes_over.wait} has let end what the other execution left running",
                f"let every way to {name} pass {takes_over.wait}",
            )
        elif before.meaning is None or before.meaning is Meaning.NOTHING:
            yield Finding(
                NOTHING_TO_COMPENSATE,
                (name, takes_over.look),
                f"{name} runs though {takes_over.look} has not said that anything is to be undone",
                f"let only the verdicts that mean so lead to {name}",
            )

    def _leads_on(self, move: Move) -> Iterator[Finding]:
        """What is wrong with the state that a move leads to."""
        takes_over, name, after = self._takes_over, move.state.name, move.after
        yield from self._delays(move)
        if after.at == takes_over.park:
            yield from self._parks(move)
        elif after.at == takes_over.claim and (after.meaning is not Meaning.UNDO or after.claimed or after.troubled):
            yield Finding(
                VERDICT_IGNORED,
                (name, takes_over.claim),
                f"{name} leads to {takes_over.claim} though "
                + ("it has claimed before" if after.claimed else "the look has not asked for it"),
                f"let only the verdict that means so lead to {takes_over.claim}, and a claim that gives up to "
                f"{takes_over.park}",
                move.catcher,
            )
        elif after.at == takes_over.look and not self._may_look(move):
            yield Finding(
                VERDICT_IGNORED,
                (name, takes_over.look),
                f"{name} leads back to {takes_over.look}, which would see no more than it has seen",
                f"look again only when {takes_over.claim} is refused: something has moved then",
                move.catcher,
            )

    def _delays(self, move: Move) -> Iterator[Finding]:
        """What is wrong where an overload ends the recovery for a person, or something else ends it for a next one."""
        later, park, delays = self._takes_over.later, self._takes_over.park, set(self._takes_over.delays)
        errors, name = set(move.errors), move.state.name
        if not later:
            return
        may_delay = errors and errors <= delays and name not in self._roles.undoes
        wrong = later if move.after.at == later and not may_delay else ""
        if wrong or (move.after.at == park and errors & delays and name not in self._roles.undoes):
            fix = f"lead {listed(sorted(delays))} to {later}, and nothing else"
            why = f"{name} leads to {wrong or park} though {'it met no overload' if wrong else 'it met one'}"
            yield Finding(VERDICT_IGNORED, (name, wrong or park), why, fix, move.catcher)

    def _may_look(self, move: Move) -> bool:
        """Whether it has not inspected yet, or the last thing that it did was a claim that was refused."""
        return self._claim_was_refused(move) or not self._past.passed(move, self._takes_over.look)

    def _claim_was_refused(self, move: Move) -> bool:
        """Whether the last thing that it did was a claim that was refused."""
        last = move if move.what is not Happening.PASSED else self._past.came_from(move)
        return last.state.name == self._takes_over.claim and last.what is Happening.REFUSED

    def _parks(self, move: Move) -> Iterator[Finding]:
        name, after, park = move.state.name, move.after, self._takes_over.park
        owed = self._past.owed(after)
        gives_up = self._claim_was_refused(move) and self._past.times_passed(move, self._takes_over.look) > 1
        if after.meaning is not None and not after.troubled and not gives_up:
            yield Finding(
                VERDICT_IGNORED,
                (name, park),
                f"{name} leads to {park} though nothing has gone wrong that a person could fix",
                f"let only what gives up, and an unknown verdict, lead to {park}",
                move.catcher,
            )
        elif any(after.undone) and owed and after.meaning is not Meaning.TELL:
            turn = self._past.wrong_turn(move)
            yield Finding(
                ROLLBACK_STOPS,
                (turn.state.name, *owed),
                f"when {turn.state.name} gives up, the saga is parked before the other compensations have run: "
                f"{listed(owed)} may be done, and nothing has tried to undo {them(owed)}",
                f"let {turn.state.name} lead on to {self._past.compensation_of(owed[0])}, and park at the end",
                turn.catcher,
            )

    def _ends(self, move: Move) -> Iterator[Finding]:
        """What is wrong when a recovery ends with a move."""
        finished = self._finished(move.after)
        if move.end is End.SUCCESS:
            yield from self._succeeds(move, finished=finished)
        else:
            yield from self._fails(move, finished=finished)

    def _succeeds(self, move: Move, *, finished: bool) -> Iterator[Finding]:
        at_end, name = move.after, move.state.name
        if not finished:
            yield Finding(
                ENDS_IN_SUCCESS,
                (name,),
                f"the recovery ends as a success in {name} though {self._unfinished(at_end)}",
                "let only the way on which all was finished end in success; park what cannot be",
            )
        elif self._takes_over.close and not at_end.recorded and not at_end.handed_on:
            yield Finding(
                VERDICT_IGNORED,
                (name, self._takes_over.close),
                f"{name} ends a recovery that {self._takes_over.close} has not noted: another one will be started",
                f"let every way to {name} pass {self._takes_over.close}",
                move.catcher,
            )

    def _fails(self, move: Move, *, finished: bool) -> Iterator[Finding]:
        at_end, name = move.after, move.state.name
        if move.end is End.FAILURE and finished and at_end.meaning is not None:
            yield Finding(
                ENDS_IN_FAILURE,
                (name,),
                f"{name} ends a recovery as failed that has finished everything",
                "let the way on which all was finished end in success",
            )
        elif self._not_recorded(move):
            yield Finding(
                NOT_PARKED,
                (name, str(self._takes_over.record)),
                f"{name} ends a recovery whose saga a person has, and {self._takes_over.record} has not noted it: "
                "another recovery will be started",
                f"let every way from {self._takes_over.park} to an end pass {self._takes_over.record}",
                move.catcher,
            )
        elif at_end.handed_on and not self._ends_as_planned(move):
            yield Finding(
                WRONG_ENDING,
                (name,),
                f"a recovery that has handed the saga to a person ends in {name}, no failure that the plan names",
                f"let it end in {' or '.join(self._ending)}",
                move.catcher,
            )
        elif not at_end.handed_on and name != self._takes_over.later:
            park = self._takes_over.park
            yield Finding(
                NOT_PARKED,
                (name, park),
                f"the recovery ends in {name} without having handed the saga to a person, though "
                f"{self._unfinished(at_end)}",
                f"catch States.ALL on every task of it, and let what gives up lead to {park}",
                self._past.first_trouble(move).catcher,
            )

    def _not_recorded(self, move: Move) -> bool:
        """Whether a saga was parked, and nothing was tried to keep the recovery from being started for it again."""
        if not self._takes_over.record or move.after.recorded or move.end is End.UNCAUGHT:
            return False
        return self._past.passed(move, self._takes_over.park)

    def _ends_as_planned(self, move: Move) -> bool:
        """Whether a saga that was handed to a person ends so that one who watches for it sees it."""
        park, name = self._takes_over.park, move.state.name
        if name == park or not self._past.passed(move, park):
            return True
        return move.end is End.FAILURE and name in self._ending

    def _finished(self, at_end: Situation) -> bool:
        success, failure = at_end.reported
        match at_end.meaning:
            case None:
                return at_end.handed_on and not any(at_end.undone)
            case Meaning.NOTHING:
                return not any(at_end.reported)
            case Meaning.FINISH:
                return success == 1 and not failure
            case Meaning.TELL:
                return failure == 1 and not success
        return failure == 1 and not self._past.owed(at_end) and not at_end.gave_up

    def _unfinished(self, at_end: Situation) -> str:
        if at_end.gave_up:
            return "a compensation gave up"
        if at_end.meaning in (Meaning.UNDO, Meaning.UNDO_UNCLAIMED) and self._past.owed(at_end):
            return (
                f"{listed(self._past.owed(at_end))} may be done, and nothing has undone {them(self._past.owed(at_end))}"
            )
        if at_end.meaning is None:
            return "it has not found out what there is to do"
        return "its one message was not sent" if sum(at_end.reported) != 1 else "its message was not the true one"

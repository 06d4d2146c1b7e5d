"""Explores every path of a machine under the fault model.

Each task is done, fails cleanly, or ends in doubt, with each error name that its kind of resource can raise. Paths
that differ in nothing that matters for what follows lead to the same situation, so that there are few situations
however many paths there are; since the nearest are explored first, the way back from any is a shortest path.
"""

from collections import deque
from collections.abc import Iterator
from typing import Final

from sagalint.definition.errors import QUERY_FAILED, first_match, raised_by
from sagalint.definition.machine import Machine, State, Way
from sagalint.paths.happening import Happening
from sagalint.paths.knowledge import Knowledge, Known
from sagalint.paths.roles import Roles
from sagalint.paths.situation import Did, End, Move, Reported, Situation
from sagalint.plan import Meaning, Plan, TakesOver

MOST_SITUATIONS: Final = 400_000


class Situations:
    """Every situation that a machine can come into."""

    def __init__(self, machine: Machine, plan: Plan, roles: Roles, knowledge: Knowledge) -> None:
        self._machine = machine
        self._plan = plan
        self._roles = roles
        self._knowledge = knowledge
        self._came_by: dict[Situation, Move | None] = {}
        self._fates: dict[str, tuple[tuple[Happening, int | None, tuple[str, ...]], ...]] = {}
        self.all_seen = True
        """Whether there were few enough to explore all of them."""

    def __len__(self) -> int:
        """How many there are."""
        return len(self._came_by)

    def moves(self) -> Iterator[Move]:
        """Every way on from every situation, the nearest first."""
        start = self.start()
        self._came_by = {start: None}
        to_do = deque([start])
        while to_do:
            situation = to_do.popleft()
            for move in self.moves_from(situation):
                yield move
                if move.end is None and move.after not in self._came_by:
                    if len(self._came_by) >= MOST_SITUATIONS:
                        self.all_seen = False
                        return
                    self._came_by[move.after] = move
                    to_do.append(move.after)

    def path(self, move: Move) -> list[Move]:
        """A shortest path that ends with a move."""
        path = [move]
        while before := self._came_by[path[-1].before]:
            path.append(before)
        return path[::-1]

    def start(self) -> Situation:
        """The situation in which an execution begins."""
        steps = len(self._plan.steps)
        nothing = (Did.NOT_RUN,) * steps
        return Situation(at=self._machine.start, did=nothing, undone=(0,) * steps)

    def moves_from(self, situation: Situation) -> Iterator[Move]:
        """Every way on from a situation."""
        state = self._machine.states[situation.at]
        match state.type:
            case "Succeed":
                yield self._ended(situation, state, End.SUCCESS)
            case "Fail":
                yield self._ended(situation, state, End.FAILURE)
            case "Choice":
                for way in self._knowledge.ways(state, situation.known):
                    yield self._took(situation, state, Happening.PASSED, way)
            case "Pass" | "Wait":
                took_over = self._plan.takes_over
                waited = took_over is not None and took_over.wait == state.name
                after = situation._replace(waited=True) if waited else situation
                yield self._took(situation, state, Happening.PASSED, state.onward[0], after=after)
            case _:
                yield from self._worked(situation, state)

    def _worked(self, situation: Situation, state: State) -> Iterator[Move]:
        asserted = self._knowledge.assertion(state, situation.known)
        if asserted is not False:
            for after in self._done(situation, state):
                yield self._took(situation, state, Happening.DONE, state.onward[0], after=after)
        for what, catcher, errors in self._ways_to_fail(state):
            if asserted is False:
                if QUERY_FAILED not in errors:
                    continue
                errors = (QUERY_FAILED,)  # noqa: PLW2901 - of these, it is the one that happens
            after = self._failed(situation, state, what)
            way = None if catcher is None else state.catches[catcher]
            move = self._took(situation, state, what, way, after=after, errors=errors, catcher=catcher)
            yield move._replace(held=asserted)

    def _ways_to_fail(self, state: State) -> tuple[tuple[Happening, int | None, tuple[str, ...]], ...]:
        """What can become of a state that is not done, the errors that lead the same way taken together."""
        if state.name not in self._fates:
            groups: dict[tuple[Happening, int | None], list[str]] = {}
            answers = self._roles.answers(state.name)
            for error in raised_by(state, answers):
                what = self._roles.meaning_of(state, error)
                catcher = first_match([one.errors for one in state.catches], error)
                groups.setdefault((what, catcher), []).append(error)
            self._fates[state.name] = tuple(
                (what, catcher, tuple(errors)) for (what, catcher), errors in groups.items()
            )
        return self._fates[state.name]

    def _done(self, situation: Situation, state: State) -> Iterator[Situation]:
        """The situations in which a state that did its work can leave the saga."""
        roles, takes_over = self._roles, self._plan.takes_over
        did = _with(situation.did, roles.does.get(state.name, ()), Did.DONE)
        reported = Reported(
            success=min(2, situation.reported.success + (state.name in roles.reports_success)),
            failure=min(2, situation.reported.failure + (state.name in roles.reports_failure)),
        )
        after = self._recording(self._undoing(situation, state), state)._replace(did=did, reported=reported)
        if takes_over and state.name == takes_over.look:
            yield from self._looked(after, takes_over)
        elif takes_over and state.name == takes_over.claim:
            yield after._replace(claimed=True)
        elif takes_over and state.name == takes_over.park:
            yield after._replace(handed_on=True)
        else:
            yield after

    def _failed(self, situation: Situation, state: State, what: Happening) -> Situation:
        takes_over = self._plan.takes_over
        doubt = Did.NOTHING if what is Happening.CLEAN else Did.MAYBE
        did = _with(situation.did, self._roles.does.get(state.name, ()), doubt)
        after = self._recording(self._undoing(situation, state), state)._replace(did=did)
        if what is Happening.GAVE_UP and state.name in self._roles.undoes:
            after = after._replace(gave_up=True)
        if what is Happening.GAVE_UP and state.name in self._roles.reports_success | self._roles.reports_failure:
            after = after._replace(unreported=True)
        if takes_over and what is not Happening.REFUSED:
            after = after._replace(troubled=True)
        if takes_over and state.name == takes_over.park:
            return after._replace(handed_on=True)
        if takes_over and state.name == takes_over.look:
            nothing = self.start()
            return after._replace(
                did=nothing.did, undone=nothing.undone, meaning=None, handed_on=what is Happening.REFUSED
            )
        return after

    def _recording(self, situation: Situation, state: State) -> Situation:
        takes_over = self._plan.takes_over
        records = takes_over is not None and state.name in (takes_over.record, takes_over.close)
        return situation._replace(recorded=True) if records else situation

    def _undoing(self, situation: Situation, state: State) -> Situation:
        undoes = self._roles.undoes.get(state.name, ())
        if not undoes:
            return situation
        undone = tuple(min(2, times + (index in undoes)) for index, times in enumerate(situation.undone))
        return situation._replace(undone=undone)

    def _looked(self, situation: Situation, takes_over: TakesOver) -> Iterator[Situation]:
        """The situations that a look can find, by its verdict."""
        before_pivot = len(self._plan.compensable)
        steps = len(self._plan.steps)
        for verdict, meaning in takes_over.verdicts.items():
            finish = meaning is Meaning.FINISH
            earlier = Did.MAYBE if meaning in (Meaning.UNDO, Meaning.UNDO_UNCLAIMED) else Did.DONE
            did = [earlier if index < before_pivot else Did.NOT_RUN for index in range(steps)]
            if finish and before_pivot < steps:
                did[before_pivot] = Did.DONE
            undone = [int(meaning is Meaning.TELL and index < before_pivot) for index in range(steps)]
            yield situation._replace(
                did=tuple(did),
                undone=tuple(undone),
                meaning=meaning,
                known=self._knowledge.set(situation.known, takes_over.variable, verdict),
                claimed=False,
                waited=False,
                troubled=False,
            )
        yield situation._replace(
            meaning=None, known=self._knowledge.set(situation.known, takes_over.variable, "a word that is no verdict")
        )

    def _took(
        self,
        before: Situation,
        state: State,
        what: Happening,
        way: Way | None,
        *,
        after: Situation | None = None,
        errors: tuple[str, ...] = (),
        catcher: int | None = None,
    ) -> Move:
        """A move along a way; None is the way of what nothing catches."""
        after = after or before
        if way is None:
            errors = errors or ("States.NoChoiceMatched",)
            return Move(before, state, what, errors, None, after._replace(at=""), End.UNCAUGHT)
        known = self._learned(after, state, what, way)
        end = End.SUCCESS if way.target is None else None
        return Move(before, state, what, errors, catcher, after._replace(at=way.target or "", known=known), end)

    def _learned(self, after: Situation, state: State, what: Happening, way: Way) -> Known:
        """What is known after a way; a verdict stays as it was given, whatever expression assigns it."""
        known = self._knowledge.after(after.known, state, way)
        takes_over = self._plan.takes_over
        if takes_over and state.name == takes_over.look and what is Happening.DONE:
            verdict = dict(after.known).get(takes_over.variable)
            assigned = takes_over.variable in way.fields.get("Assign", {})
            return (
                tuple(sorted({**dict(known), takes_over.variable: verdict}.items())) if verdict and assigned else known
            )
        return known

    def _ended(self, situation: Situation, state: State, end: End) -> Move:
        return Move(situation, state, Happening.ENDED, (), None, situation._replace(at=""), end)


def _with(did: tuple[Did, ...], steps: tuple[int, ...], what: Did) -> tuple[Did, ...]:
    return tuple(what if index in steps else one for index, one in enumerate(did)) if steps else did

"""Explores every path of a machine under the fault model.

Each task is done, fails cleanly, or ends in doubt, with each error name that its kind of resource can raise. Paths
that differ in nothing that matters for what follows lead to the same situation, so that there are few situations
however many paths there are. Those with the fewest failures are explored first, of these the nearest: so the way back
from any has no failure too many, and no step.
"""

from collections.abc import Iterator
from heapq import heapify, heappop, heappush
from itertools import count
from typing import Final

from sagalint.definition.errors import QUERY_FAILED, ended_with, raised_by
from sagalint.definition.layout import Taker
from sagalint.definition.machine import State, Way
from sagalint.paths.effects import NOT_FOLLOWED, Effects, Forgetting, GivenUp, nothing_done, with_steps
from sagalint.paths.forks import Forks
from sagalint.paths.happening import Happening
from sagalint.paths.knowledge import Knowledge
from sagalint.paths.roles import Roles
from sagalint.paths.situation import Did, End, Move, Situation
from sagalint.plan import Plan

MOST_SITUATIONS: Final = 400_000
_MOST_FACTS: Final = 20_000_000
"""How many steps all situations together may have."""
_PART_WITHOUT_FORGETTING: Final = 20
"""Where nothing is forgotten, one part in so many of them is followed at most: enough for a saga of thirty steps."""
NO_CHOICE: Final = "States.NoChoiceMatched"


class Situations:
    """Every situation that a machine can come into; `forgets` if a rollback forgets what nothing can ask for.

    `near` if a failure counts no more than any other move: of too many, those near the start are followed.
    """

    def __init__(
        self,
        plan: Plan,
        roles: Roles,
        knowledge: Knowledge,
        given_up: GivenUp = NOT_FOLLOWED,
        *,
        forgets: bool = True,
        near: bool = False,
    ) -> None:
        self._machine = roles.layout.machine
        self._plan = plan
        self._roles = roles
        self._knowledge = knowledge
        self._came_by: dict[Situation, Move | None] = {}
        self._layout = roles.layout
        self._forks = Forks(roles, knowledge)
        self._effects = Effects(plan, roles, knowledge, given_up)
        self._forgetting = Forgetting(plan, roles) if forgets else None
        self._fates: dict[str, list[tuple[Happening, tuple[str, ...]]]] = {}
        self._taken: dict[tuple[str, tuple[str, ...]], dict[Taker, tuple[str, ...]]] = {}
        self._near = near
        self.all_seen = True
        """Whether there were few enough to explore all of them."""

    def __len__(self) -> int:
        """How many there are."""
        return len(self._came_by)

    @property
    def most(self) -> int:
        """How many situations are followed: fewer where each is large, so that the time stays the same."""
        most = min(MOST_SITUATIONS, _MOST_FACTS // max(1, len(self._plan.steps)))
        return most if self._forgetting else most // _PART_WITHOUT_FORGETTING

    def moves(self) -> Iterator[Move]:
        """Every way on from every situation: those with the fewest failures first, of these the nearest."""
        self._came_by = {self.start(): None}
        numbers = count()
        to_do = [(far, next(numbers), move) for far, move in self._further((0, 0), self.start())]
        heapify(to_do)
        while to_do:
            far, _, move = heappop(to_do)
            yield move
            if move.end is None and move.after not in self._came_by:
                if len(self._came_by) >= self.most:
                    self.all_seen = False
                    return
                self._came_by[move.after] = move
                for further, following in self._further(far, move.after):
                    heappush(to_do, (further, next(numbers), following))

    def _further(self, far: tuple[int, int], situation: Situation) -> Iterator[tuple[tuple[int, int], Move]]:
        """The moves from a situation, each with the failures and the states on the way to its end."""
        for move in self.moves_from(situation):
            after = self._forgetting.forget(move.after, move.state) if self._forgetting else move.after
            yield (far[0] + (move.fails and not self._near), far[1] + 1), move._replace(after=after)

    def path(self, move: Move) -> list[Move]:
        """A path that ends with a move: one with the fewest failures, of these a shortest."""
        path = [move]
        while before := self._came_by[path[-1].before]:
            path.append(before)
        return path[::-1]

    def start(self) -> Situation:
        """The situation in which an execution begins."""
        return nothing_done(self._machine.start, self._plan)._replace(known=self._knowledge.start)

    def moves_from(self, situation: Situation) -> Iterator[Move]:
        """Every way on from a situation."""
        state = self._layout.states[situation.at]
        match state.type:
            case "Succeed":
                yield self._onward(situation, state, self._ending(state), None)
            case "Fail":
                yield from self._failing(situation, state, self._ending(state), ended_with(state))
            case "Choice":
                for way in self._knowledge.ways(state, situation.known):
                    if way is None:
                        yield from self._failing(situation, state, Happening.PASSED, (NO_CHOICE,))
                    else:
                        after = self._refused(situation, state, way)
                        yield self._onward(situation, state, Happening.PASSED, way, after=after)
            case "Pass" | "Wait":
                took_over = self._plan.takes_over
                waited = took_over is not None and took_over.wait == state.name
                after = situation._replace(waited=True) if waited else situation
                yield self._onward(situation, state, Happening.PASSED, state.onward[0], after=after)
            case "Parallel" | "Map":
                for branch in state.inner:
                    entered = situation._replace(at=branch.start)
                    yield Move(situation, state, Happening.PASSED, (), None, entered, None)
            case _:
                yield from self._worked(situation, state)

    def _worked(self, situation: Situation, state: State) -> Iterator[Move]:
        asserted = self._knowledge.assertion(state, situation.known)
        if asserted is not False:
            for after in self._effects.done(situation, state):
                yield self._onward(situation, state, Happening.DONE, state.onward[0], after=after)
        for what, errors in self._ways_to_fail(state):
            if asserted is False and QUERY_FAILED not in errors:
                continue
            happens = (QUERY_FAILED,) if asserted is False else errors  # of these, it is the one that happens
            after = self._effects.failed(situation, state, what)
            for move in self._failing(situation, state, what, happens, after=after):
                yield move._replace(held=asserted)

    def _ways_to_fail(self, state: State) -> list[tuple[Happening, tuple[str, ...]]]:
        """The errors of a state, by what they say of its work."""
        if state.name not in self._fates:
            by_meaning: dict[Happening, list[str]] = {}
            for error in raised_by(state, self._roles.answers(state.name)):
                by_meaning.setdefault(self._roles.meaning_of(state, error), []).append(error)
            self._fates[state.name] = [(what, tuple(errors)) for what, errors in by_meaning.items()]
        return self._fates[state.name]

    def _ending(self, state: State) -> Happening:
        """What a state at its end is: that of a branch ends no execution."""
        return Happening.PASSED if self._layout.fork_of(state.name) else Happening.ENDED

    def _failing(
        self,
        before: Situation,
        state: State,
        what: Happening,
        errors: tuple[str, ...],
        *,
        after: Situation | None = None,
    ) -> Iterator[Move]:
        """The moves by which a state fails, by what takes its errors."""
        for taker, some in self._takers(state, errors).items():
            for stopped, fork in self._stopped(after or before, state, taker):
                if taker.owner is None:
                    ends = what is Happening.ENDED
                    end, given = (End.FAILURE, ()) if ends else (End.UNCAUGHT, some)
                    yield Move(before, state, what, given, None, stopped._replace(at=""), end, stopped=fork)
                elif taker.catcher is None:
                    tolerated = self._onward(before, taker.owner, what, taker.owner.onward[0], after=stopped, by=state)
                    yield tolerated._replace(errors=some)
                else:
                    way = taker.owner.catches[taker.catcher]
                    move = self._onward(before, taker.owner, what, way, after=stopped, by=state)
                    yield move._replace(errors=some, catcher=taker.catcher, stopped=fork)

    def _takers(self, state: State, errors: tuple[str, ...]) -> dict[Taker, tuple[str, ...]]:
        key = (state.name, errors)
        if key not in self._taken:
            groups: dict[Taker, list[str]] = {}
            for error in errors:
                groups.setdefault(self._layout.taker(state, error), []).append(error)
            self._taken[key] = {taker: tuple(some) for taker, some in groups.items()}
        return self._taken[key]

    def _stopped(self, after: Situation, state: State, taker: Taker) -> list[tuple[Situation, str]]:
        """The situations once the error of a state has reached who takes it, and the outermost fork that failed."""
        several, failed = [after], ""
        while state is not taker.owner and (fork := self._layout.fork_of(state.name)) and taker != Taker(fork):
            several = [one for situation in several for one in self._forks.stopped(situation, state.name, fork)]
            state, failed = fork, fork.name
        return [(situation, failed) for situation in several]

    def _refused(self, situation: Situation, state: State, way: Way) -> Situation:
        """The situation after a Choice: with a step that did nothing, if its result says so on this way."""
        step = self._roles.says_no.get((state.name, way.target or ""))
        if step is None or situation.did[step] is not Did.DONE:
            return situation
        return situation._replace(did=with_steps(situation.did, (step,), Did.SAID_NO))

    def _onward(
        self,
        before: Situation,
        state: State,
        what: Happening,
        way: Way | None,
        *,
        after: Situation | None = None,
        by: State | None = None,
    ) -> Move:
        """A move along a way; None, and a way without a target, is that of a branch or an execution that is over.

        Args:
            before: The situation in which it begins.
            state: The state that has the way.
            what: What became of it.
            way: The way.
            after: The situation after it; the one before if left out.
            by: The state that has done it, where a catcher of a fork around it leads on.
        """
        after = self._learned(after or before, state, what, way) if way else after or before
        here = state
        while (way is None or way.target is None) and (fork := self._layout.fork_of(here.name)) is not None:
            after, here, way = self._forks.joined(after, here.name, fork), fork, fork.onward[0]
            after = self._learned(after, fork, Happening.PASSED, way)
        target = way.target if way else None
        aside = target in self._roles.turns_back or (
            target is not None and target not in self._layout.way_forward and not self._roles.goes_on(target)
        )
        turned = after.turned or (target is not None and aside and not self._roles.only_unsent(state, target))
        after = after._replace(at=target or "", turned=turned)
        return Move(before, by or state, what, (), None, after, End.SUCCESS if target is None else None)

    def _learned(self, after: Situation, state: State, what: Happening, way: Way) -> Situation:
        """With what is known after a way; a verdict stays as it was given, whatever expression assigns it."""
        known = self._knowledge.after(after.known, state, way)
        takes_over = self._plan.takes_over
        if takes_over and state.name == takes_over.look and what is Happening.DONE:
            verdict = dict(after.known).get(takes_over.variable)
            if verdict and takes_over.variable in way.fields.get("Assign", {}):
                known = tuple(sorted({**dict(known), takes_over.variable: verdict}.items()))
        return after._replace(known=known)

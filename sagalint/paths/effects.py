"""What the work of a state does to the saga: when it is done, and when it fails; and what may be forgotten of it."""

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Final, NamedTuple

from sagalint.definition.machine import State
from sagalint.paths.happening import Happening
from sagalint.paths.knowledge import Knowledge
from sagalint.paths.roles import Roles
from sagalint.paths.situation import Did, Forgotten, Reported, Situation
from sagalint.plan import Meaning, Plan, TakesOver


def nothing_done(at: str, plan: Plan) -> Situation:
    """The situation in which no step has run."""
    steps = len(plan.steps)
    return Situation(at=at, did=(Did.NOT_RUN,) * steps, undone=(0,) * steps)


class GivenUp(NamedTuple):
    """What follows when a compensation gives up, as far as it has been looked for.

    Attributes:
        unseen: The compensations of which nothing may show that they gave up.
        tried_again: The compensations to which a way comes back when they give up.
    """

    unseen: frozenset[str] = frozenset()
    tried_again: frozenset[str] = frozenset()


NOT_FOLLOWED: Final = GivenUp()
"""Where nobody has looked for it."""


class Effects:
    """Changes a situation by what a state has done."""

    def __init__(self, plan: Plan, roles: Roles, knowledge: Knowledge, given_up: GivenUp) -> None:
        self._given_up = given_up
        self._plan = plan
        self._roles = roles
        self._knowledge = knowledge

    def done(self, situation: Situation, state: State) -> Iterator[Situation]:
        """The situations in which a state that did its work can leave the saga."""
        roles, takes_over = self._roles, self._plan.takes_over
        did = with_steps(situation.did, roles.does.get(state.name, ()), Did.DONE)
        reported = Reported(
            success=min(2, situation.reported.success + (state.name in roles.reports_success)),
            failure=min(2, situation.reported.failure + (state.name in roles.reports_failure)),
        )
        after = self._recording(self._undoing(situation, state), state)._replace(did=did, reported=reported)
        if takes_over and state.name == takes_over.look:
            yield from _looked(after, takes_over, self._plan, self._knowledge)
        elif takes_over and state.name == takes_over.claim:
            yield after._replace(claimed=True)
        elif (takes_over and state.name == takes_over.park) or self._hands_over(state):
            yield after._replace(handed_on=True)
        else:
            yield after

    def _hands_over(self, state: State) -> bool:
        return self._plan.hands_over is not None and state.name == self._plan.hands_over.state

    def failed(self, situation: Situation, state: State, what: Happening) -> Situation:
        """The situation in which a state that failed leaves the saga."""
        takes_over = self._plan.takes_over
        doubts = {Happening.CLEAN: Did.NOTHING, Happening.REFUSED: Did.DONE}
        doubt = doubts.get(what, Did.MAYBE)
        did = with_steps(situation.did, self._roles.does.get(state.name, ()), doubt)
        after = self._recording(self._undoing(situation, state), state)._replace(did=did)
        if what is Happening.GAVE_UP and state.name in self._roles.undoes:
            after = after._replace(gave_up=True, unseen=after.unseen or state.name in self._given_up.unseen)
        if what is Happening.GAVE_UP and state.name in self._roles.reports_success | self._roles.reports_failure:
            after = after._replace(unreported=True)
        if takes_over and what is not Happening.REFUSED:
            after = after._replace(troubled=True)
        if self._hands_over(state):
            return after._replace(handed_on=True)
        if takes_over and state.name == takes_over.park:
            return after._replace(handed_on=True)
        if takes_over and state.name == takes_over.look:
            nothing = nothing_done(state.name, self._plan)
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
        undone = situation.undone
        if state.name in self._given_up.tried_again:
            situation = situation._replace(gave_up=False, unseen=False)
        for step in undoes:
            undone = (*undone[:step], min(2, undone[step] + 1), *undone[step + 1 :])
        return situation._replace(undone=undone)


class Forgetting:
    """Forgets of a rollback what nothing can ask for that may follow: many situations are one then.

    A step that is undone, or was not begun, is forgotten once no state can follow that does, undoes or asks for it.
    Without that, the situations of a saga grow with the square of its steps, or with their cube.
    """

    def __init__(self, plan: Plan, roles: Roles) -> None:
        self._plan = plan
        self._roles = roles
        self._steps = tuple(
            index
            for index, step in enumerate(plan.compensable)
            if not (plan.takes_over or plan.hands_over or step.undone_by_nothing)
        )
        self._does = _reachable(roles, roles.does)
        self._undoes = _reachable(roles, roles.undoes)
        asked: dict[str, tuple[int, ...]] = {}
        for (choice, _), step in roles.says_no.items():
            asked[choice] = (*asked.get(choice, ()), step)
        self._asks = _reachable(roles, asked)
        self._tells = _reachable(roles, dict.fromkeys(roles.reports_success, (0,)))
        self._free = cache(self._uncached_free)

    def forget(self, situation: Situation, state: State) -> Situation:
        """The situation after a state without what may be forgotten.

        Only a compensation makes forget: until one has run, what has failed is where something is to be fixed.
        """
        if state.name not in self._roles.undoes or not situation.turned or not situation.at:
            return situation
        undoable, others = self._free(situation.at)
        was, times = situation.did, situation.undone
        gone = [one for one in undoable if times[one] or was[one] > Did.MAYBE]
        gone += [one for one in others if was[one] and (self._plan.guessed or was[one] is not Did.DONE)]
        if not gone:
            return situation
        did, undone, kept = [*was], [*times], situation.forgotten
        for step in gone:
            kept = Forgotten(
                undone=kept.undone or times[step] > 0,
                failed=kept.failed or was[step] in (Did.MAYBE, Did.NOTHING),
                done=kept.done or was[step] in (Did.DONE, Did.MAYBE),
                in_doubt=kept.in_doubt or (was[step] is Did.MAYBE and not self._plan.steps[step].optional),
            )
            did[step], undone[step] = Did.NOT_RUN, 0
        return situation._replace(did=tuple(did), undone=tuple(undone), forgotten=kept)

    def _uncached_free(self, at: str) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """The steps that nothing asks for that may follow a state: those that can be undone, and the others.

        Without those whose order still matters: in a plan that a person gave, an earlier step is undone after a later
        one, and an action is done before a later one.
        """
        if self._tells[at]:
            return (), ()
        asked = self._does[at] | self._undoes[at] | self._asks[at]
        last = self._undoes[at].bit_length() - 1
        first = (self._does[at] & -self._does[at]).bit_length() - 1 if self._does[at] else len(self._plan.steps)
        free = [one for one in self._steps if not asked >> one & 1 and (self._plan.guessed or last <= one <= first)]
        undoable = tuple(one for one in free if self._plan.steps[one].undone_by)
        return undoable, tuple(one for one in free if one not in undoable)


def _reachable(roles: Roles, steps: Mapping[str, tuple[int, ...]]) -> dict[str, int]:
    """By state, the steps of all states that can follow it, itself included, as the bits of a number."""
    layout = roles.layout
    found = {name: sum(1 << step for step in {*steps.get(name, ())}) for name in layout.states}
    before: dict[str, set[str]] = {name: set() for name in found}
    for name, state in layout.states.items():
        around = layout.fork_of(name)
        follows = [*(str(way.target) for way in state.ways if way.target), *(one.start for one in state.inner)]
        beside = [one for machine in (around.inner if around else ()) for one in machine.states]
        for one in (*follows, *beside, *([around.name] if around else [])):
            before[one].add(name)
    to_do = [*found]
    while to_do:
        name = to_do.pop()
        for one in before[name]:
            if found[one] | found[name] != found[one]:
                found[one] |= found[name]
                to_do.append(one)
    return found


def with_steps(did: tuple[Did, ...], steps: tuple[int, ...], what: Did) -> tuple[Did, ...]:
    """What is known of the steps, with some of them changed."""
    for step in steps:
        did = (*did[:step], what, *did[step + 1 :])
    return did


def _looked(situation: Situation, takes_over: TakesOver, plan: Plan, knowledge: Knowledge) -> Iterator[Situation]:
    """The situations that an inspection can find, by its verdict."""
    before_pivot, steps = len(plan.compensable), len(plan.steps)
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
            known=knowledge.set(situation.known, takes_over.variable, verdict),
            claimed=False,
            waited=False,
            troubled=False,
        )
    yield situation._replace(
        meaning=None, known=knowledge.set(situation.known, takes_over.variable, "an unknown verdict")
    )

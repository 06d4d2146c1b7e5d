"""What a Parallel or a Map does to the saga, seen from one of its branches, or from one of its items.

A path follows one branch. If that branch ends well, so did the others. If it fails, the others were stopped wherever
they were: what they do is in doubt, and what they undo may not be undone. Each branch is followed in turn.

What another branch does behind a Choice hangs on its answer. Where the answer is known, it is used. Where it is not, a
step that only some of the ways do is neither owed nor wrongly undone while this branch is followed to its end: the
other branch is followed, too. Where that was stopped, it is stopped on each of its ways in turn.
"""

from collections.abc import Iterator
from functools import cache
from typing import Final, NamedTuple

from sagalint.definition.layout import Layout, forward_in
from sagalint.definition.machine import Machine, State, Way
from sagalint.paths.knowledge import Knowledge, Known
from sagalint.paths.roles import Roles
from sagalint.paths.situation import Did, Reported, Situation

_MOST_WAYS: Final = 16
"""How many ways through a branch are followed one by one. Of more ways, only what all of them do is known."""
_MOST_PLACES: Final = 2_000
"""Beyond so many states on them, a branch is taken to do all that it can."""


class _Run(NamedTuple):
    """What a branch does on one of its ways while no error happens."""

    steps: frozenset[int]
    known: Known
    """With the answers of its Choices."""


class Forks:
    """Leaves a fork, as one branch sees it."""

    def __init__(self, roles: Roles, knowledge: Knowledge) -> None:
        self._roles = roles
        self._knowledge = knowledge
        self._layout: Layout = roles.layout
        self._steps_of = cache(self._uncached_steps_of)
        self._runs = cache(self._uncached_runs)

    def joined(self, situation: Situation, name: str, fork: State) -> Situation:
        """The situation once the branch of a state has ended well, and so have the others."""
        did, undone, reported = [*situation.did], [*situation.undone], situation.reported
        if fork.type == "Map":
            return situation
        for machine in self._layout.beside(name):
            done, undoes = self._steps_of(machine)
            on_some = self._on_some_ways(machine, situation.known)
            for step in done:
                left_out = Did.SAID_NO if did[step] is Did.NOT_RUN else did[step]
                did[step] = left_out if step in on_some else Did.DONE
            for step in undoes:
                undone[step] = max(1, undone[step])
            tells = {*forward_in(machine)}
            reported = Reported(
                max(reported.success, int(not tells.isdisjoint(self._roles.reports_success))),
                max(reported.failure, int(not tells.isdisjoint(self._roles.reports_failure))),
            )
        return situation._replace(did=tuple(did), undone=tuple(undone), reported=reported)

    def stopped(self, situation: Situation, name: str, fork: State) -> Iterator[Situation]:
        """The situations once the branch of a state has failed, and the others were stopped.

        One, but where a Choice of another branch decides what that does: then one for each of its ways.
        """
        beside = self._layout.beside(name)
        several = [run for machine in beside if len(runs := self._runs(machine, situation.known)) > 1 for run in runs]
        for run in several or [_Run(frozenset(), situation.known)]:
            yield self._stopped_on(run, situation._replace(known=run.known), beside, fork)

    def _stopped_on(self, run: _Run, situation: Situation, beside: tuple[Machine, ...], fork: State) -> Situation:
        """The situation once others were stopped, one of them on a way."""
        did, undone = [*situation.did], [*situation.undone]
        for machine in beside:
            everything = [task.name for state in machine.states.values() for task in state.tasks]
            on_some = self._on_some_ways(machine, situation.known)
            for step in {step for task in everything for step in self._roles.does.get(task, ())}:
                if step in on_some and step not in run.steps:
                    did[step] = Did.SAID_NO if did[step] is Did.NOT_RUN else did[step]
                    continue
                did[step] = Did.MAYBE
                undone[step] = 0 if fork.type == "Map" else undone[step]
            if fork.type == "Map":
                for step in {step for task in everything for step in self._roles.undoes.get(task, ())}:
                    undone[step] = 0
        return situation._replace(did=tuple(did), undone=tuple(undone))

    def _on_some_ways(self, machine: Machine, known: Known) -> frozenset[int]:
        """The steps that a branch does on some of its ways and not on all, or no longer, as far as is known."""
        runs = self._runs(machine, known)
        every = frozenset(self._steps_of(machine)[0])
        on_all = frozenset.intersection(*(run.steps for run in runs)) if runs else every
        return every - on_all

    def _uncached_runs(self, machine: Machine, known: Known) -> tuple[_Run, ...]:
        """The ways on which a branch ends well, as far as they differ in the steps that they do."""
        found: dict[frozenset[int], Known] = {}
        to_do, seen = [(machine.start, _Run(frozenset(), known))], set[tuple[str, _Run]]()
        while to_do:
            name, run = to_do.pop()
            state = machine.states[name]
            if (name, run) in seen or state.type == "Fail":
                continue
            seen.add((name, run))
            if len(seen) > _MOST_PLACES:
                return (_Run(frozenset(self._steps_of(machine)[0]), known),)
            steps = run.steps | self._done_by(state)
            for way, told in self._onward(state, run.known):
                if way.target is not None:
                    to_do.append((way.target, _Run(steps, told)))
                else:
                    found[steps] = tuple(sorted({*found.get(steps, told)} & {*told}))
        if 1 < len(found) <= _MOST_WAYS:
            return tuple(_Run(steps, told) for steps, told in found.items())
        return (_Run(frozenset.intersection(*found), known),) if found else ()

    def _onward(self, state: State, known: Known) -> Iterator[tuple[Way, Known]]:
        """The ways out of a state while no error happens, with what a Choice has answered."""
        if state.type != "Choice":
            yield from ((way, known) for way in state.onward)
            return
        for way in self._knowledge.ways(state, known):
            if way is not None:
                yield way, self._knowledge.after(known, state, way)

    def _done_by(self, state: State) -> frozenset[int]:
        """The steps that a state does while no error happens, those inside it too."""
        names = (state.name, *(name for inner in state.inner for name in forward_in(inner)))
        return frozenset(step for name in names for step in self._roles.does.get(name, ()))

    def _uncached_steps_of(self, machine: Machine) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """The steps that a branch does, and those that it undoes, while no error happens."""
        names = forward_in(machine)
        done = dict.fromkeys(step for name in names for step in self._roles.does.get(name, ()))
        undoes = dict.fromkeys(step for name in names for step in self._roles.undoes.get(name, ()))
        return tuple(done), tuple(undoes)

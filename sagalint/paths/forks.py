"""What a Parallel or a Map does to the saga, seen from one of its branches, or from one of its items.

A path follows one branch. If that branch ends well, so did the others. If it fails, the others were stopped wherever
they were: what they do is in doubt, and what they undo may not be undone. Each branch is followed in turn.
"""

from functools import cache

from sagalint.definition.layout import Layout, forward_in
from sagalint.definition.machine import Machine, State
from sagalint.paths.roles import Roles
from sagalint.paths.situation import Did, Reported, Situation


class Forks:
    """Leaves a fork, as one branch sees it."""

    def __init__(self, roles: Roles) -> None:
        self._roles = roles
        self._layout: Layout = roles.layout
        self._steps_of = cache(self._uncached_steps_of)

    def joined(self, situation: Situation, name: str, fork: State) -> Situation:
        """The situation once the branch of a state has ended well, and so have the others."""
        did, undone, reported = [*situation.did], [*situation.undone], situation.reported
        if fork.type == "Map":
            return situation
        for machine in self._layout.beside(name):
            done, undoes = self._steps_of(machine)
            for step in done:
                did[step] = Did.DONE
            for step in undoes:
                undone[step] = max(1, undone[step])
            tells = {*forward_in(machine)}
            reported = Reported(
                max(reported.success, int(not tells.isdisjoint(self._roles.reports_success))),
                max(reported.failure, int(not tells.isdisjoint(self._roles.reports_failure))),
            )
        return situation._replace(did=tuple(did), undone=tuple(undone), reported=reported)

    def stopped(self, situation: Situation, name: str, fork: State) -> Situation:
        """The situation once the branch of a state has failed, and the others were stopped."""
        did, undone = [*situation.did], [*situation.undone]
        for machine in self._layout.beside(name):
            everything = [task.name for state in machine.states.values() for task in state.tasks]
            for step in {step for task in everything for step in self._roles.does.get(task, ())}:
                did[step] = Did.MAYBE
                undone[step] = 0 if fork.type == "Map" else undone[step]
            if fork.type == "Map":
                for step in {step for task in everything for step in self._roles.undoes.get(task, ())}:
                    undone[step] = 0
        return situation._replace(did=tuple(did), undone=tuple(undone))

    def stops(self, fork: State, name: str) -> tuple[int, ...]:
        """The steps whose action, or whose compensation, is stopped when the branch of a state fails."""
        around = self._layout.forks_around(name)
        inside = name if fork.name not in around else (name, *around)[around.index(fork.name)]
        tasks = [
            task.name
            for machine in self._layout.beside(inside)
            for state in machine.states.values()
            for task in state.tasks
        ]
        return tuple(
            dict.fromkeys(
                step for task in tasks for step in (*self._roles.does.get(task, ()), *self._roles.undoes.get(task, ()))
            )
        )

    def _uncached_steps_of(self, machine: Machine) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """The steps that a branch does, and those that it undoes, while no error happens."""
        names = forward_in(machine)
        done = dict.fromkeys(step for name in names for step in self._roles.does.get(name, ()))
        undoes = dict.fromkeys(step for name in names for step in self._roles.undoes.get(name, ()))
        return tuple(done), tuple(undoes)

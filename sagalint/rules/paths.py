"""The promises of every path: what a move on it breaks, given what happened before."""

from collections.abc import Iterator

from sagalint.paths.happening import Happening
from sagalint.paths.history import History
from sagalint.paths.roles import Roles
from sagalint.paths.situation import Did, Move, Situation
from sagalint.plan import Plan
from sagalint.rules.breach import Breach
from sagalint.rules.endings import Endings
from sagalint.rules.recoveries import TakingOver


class PathRules:
    """Looks at one move at a time."""

    def __init__(self, plan: Plan, roles: Roles, past: History) -> None:
        self._plan = plan
        self._roles = roles
        self._past = past
        self._endings = Endings(plan, roles, past)
        self._taking_over = TakingOver(plan.takes_over, plan.ending, past) if plan.takes_over else None

    def breaches_of(self, move: Move) -> Iterator[Breach]:
        """The promises that a move breaks."""
        name = move.state.name
        if move.state.type in ("Task", "Parallel", "Map"):
            for step in self._roles.undoes.get(name, ()):
                yield from self._undoes(move, step)
            for step in self._roles.does.get(name, ()):
                yield from self._does(move, step)
            if move.what is Happening.DONE:
                yield from self._tells(move)
                yield from self._settles(move)
            elif move.held is False and not move.before.gave_up:
                yield self._never_settled(move)
        if self._taking_over:
            yield from self._taking_over.leads_on(move)
        if move.end is not None:
            yield from self._taking_over.ends(move) if self._taking_over else self._endings.breaches_of(move)

    # What runs

    def _undoes(self, move: Move, step: int) -> Iterator[Breach]:
        before, name, action = move.before, move.state.name, self._past.actions[step]
        if before.undone[step]:
            yield Breach(
                "compensated-twice",
                (name,),
                f"{name} runs a second time on one path",
                f"let no way lead from {name}, or from what follows it, back to {name}",
            )
            return
        if any(
            before.did[index] in (Did.DONE, Did.MAYBE) for index in range(self._past.pivot, len(self._past.actions))
        ):
            came_from = self._past.came_from(move)
            if came_from.state.name in self._roles.undoes:
                return  # the first of them has said it
            yield Breach(
                "undone-after-pivot",
                (came_from.state.name, name),
                f"{name} runs though {self._past.actions[self._past.pivot]}, the pivot, was done or may have been",
                f"let {came_from.state.name} not lead to {name}: retry it, and go forward",
                came_from.catcher,
            )
            return
        yield from self._needs_an_action(move, name, action, before.did[step])
        earlier = [index for index in range(step) if before.undone[index]]
        if earlier:
            yield Breach(
                "out-of-order",
                (name, str(self._past.compensations[earlier[0]])),
                f"{name} runs after {self._past.compensations[earlier[0]]}, which undoes an earlier step",
                f"let {name} run first: what was done last is undone first",
            )
        if self._taking_over:
            yield from self._taking_over.undoes(before, name)

    def _needs_an_action(self, move: Move, name: str, action: str, did: Did) -> Iterator[Breach]:
        if did is Did.NOTHING:
            yield Breach(
                "clean-failure-compensated",
                (action, name),
                f"{name} runs though {action} has checked, by a clean failure, that it did nothing",
                f"catch the clean failures of {action} by name, before the others, and go on to "
                f"the compensation of the step before it",
            )
        elif did is Did.NOT_RUN and not (self._plan.takes_over and move.before.meaning is None):
            came_from = self._past.came_from(move)
            yield Breach(
                "nothing-to-compensate",
                (came_from.state.name, name),
                f"{name} runs though {action} cannot have run",
                f"let {came_from.state.name} lead past it, to the compensation of the newest step that may have run",
                came_from.catcher,
            )

    def _does(self, move: Move, step: int) -> Iterator[Breach]:
        later = [
            index for index in range(step + 1, len(self._past.actions)) if move.before.did[index] is not Did.NOT_RUN
        ]
        if later:
            yield Breach(
                "out-of-order",
                (move.state.name, self._past.actions[later[0]]),
                f"{move.state.name} runs after {self._past.actions[later[0]]}, a later step of the plan",
                f"let {move.state.name} run before {self._past.actions[later[0]]}, or change their order in the plan",
            )

    # What is told and settled

    def _tells(self, move: Move) -> Iterator[Breach]:
        name, before, after = move.state.name, move.before, move.after
        if not {name} & (self._roles.tells_success | self._roles.tells_failure):
            return
        if sum(after.told) > 1:
            yield Breach(
                "not-one-message",
                (name,),
                f"{name} reports an outcome on a path that has reported one already",
                "let every path pass one message",
            )
            return
        if name in self._roles.tells_success:
            yield from self._success_is_true(name, before)
        else:
            yield from self._failure_is_true(name, before)

    def _success_is_true(self, name: str, before: Situation) -> Iterator[Breach]:
        me = self._past.actions.index(name) if name in self._past.actions else len(self._past.actions)
        missing = [
            self._past.actions[index] for index in range(min(me, self._past.pivot + 1)) if before.did[index] != Did.DONE
        ]
        undone = [str(self._past.compensations[index]) for index, times in enumerate(before.undone) if times]
        if missing or undone:
            what = f"{missing[0]} is not surely done" if missing else f"{undone[0]} has run"
            yield Breach(
                "untrue-message",
                (name, *(missing or undone)[:1]),
                f"{name} reports a success though {what}",
                f"let only the way on which every step was done lead to {name}",
            )

    def _failure_is_true(self, name: str, before: Situation) -> Iterator[Breach]:
        owed = self._past.owed(before)
        if any(did is Did.DONE for did in before.did[self._past.pivot : self._past.pivot + 1]):
            yield Breach(
                "untrue-message",
                (name, self._past.actions[self._past.pivot]),
                f"{name} reports a failure though {self._past.actions[self._past.pivot]}, the pivot, is done",
                f"let nothing after the pivot lead to {name}",
            )
        elif before.gave_up or owed:
            why = "a compensation gave up" if before.gave_up else f"{owed[0]} is not undone yet"
            yield Breach(
                "untrue-message",
                (name, *owed[:1]),
                f"{name} reports that the saga failed and was rolled back though {why}",
                f"let only a rollback that is whole lead to {name}: note the compensations that give up, "
                f"and end otherwise when there is one",
            )

    def _settles(self, move: Move) -> Iterator[Breach]:
        if move.state.name == self._plan.settles and move.before.gave_up:
            yield Breach(
                "settled-too-early",
                (move.state.name,),
                f"{move.state.name} settles the saga though a compensation has given up",
                f"note in a variable which compensations gave up, and let the arguments of {move.state.name} "
                f"$assert that it is empty",
            )

    @staticmethod
    def _never_settled(move: Move) -> Breach:
        name = move.state.name
        return Breach(
            "never-settled",
            (name,),
            f"what {name} asserts cannot hold on some path, though no compensation has given up on it",
            "correct the assertion, or what is assigned to the variables that it reads",
        )

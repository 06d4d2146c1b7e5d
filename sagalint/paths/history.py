"""What happened before a move: what is still to undo, and where the way went wrong."""

from collections.abc import Callable

from sagalint.definition.naming.task_kinds import leaves_something, pays
from sagalint.paths.happening import Happening
from sagalint.paths.roles import Roles
from sagalint.paths.situation import Did, Move, Situation
from sagalint.plan import Plan


class History:
    """Looks back from a move.

    Attributes:
        actions: The steps' actions.
        compensations: The states that undo them, by step, as a sentence has them.
        pivot: The position of the step from which on nothing is undone; after the last if there is none.
    """

    def __init__(self, plan: Plan, roles: Roles, path: Callable[[Move], list[Move]]) -> None:
        self._roles = roles
        self._path = path
        self.actions = [step.action for step in plan.steps]
        self.compensations = [" or ".join(step.undone_by) for step in plan.steps]
        self.pivot = len(plan.compensable)
        self._newest_first = [index for index in reversed(range(self.pivot)) if self.compensations[index]]
        self._nothing_undoes = [index for index, step in enumerate(plan.compensable) if step.undone_by_nothing]
        needed = [index for index, step in enumerate(plan.compensable) if not step.optional]
        self._last_needed = needed[-1] if needed else -1

    def first_trouble(self, move: Move) -> Move:
        """The first move of its path on which something failed; the move itself if nothing did."""
        path = self._path(move)
        return next((one for one in path if one.errors), path[-1])

    def came_from(self, move: Move) -> Move:
        """The last move of its path before it that did some work."""
        path = self._path(move)[:-1]
        return next((one for one in reversed(path) if one.what is not Happening.PASSED), move)

    def passed(self, move: Move, state: str) -> bool:
        """Whether its path comes through a state."""
        return self.times_passed(move, state) > 0

    def times_passed(self, move: Move, state: str) -> int:
        """How often its path comes through a state."""
        return sum(one.state.name == state for one in self._path(move))

    def wrong_turn(self, move: Move) -> Move:
        """The move of its path after which the newest step that is still to undo should have been undone."""
        path = self._path(move)
        turn = path[0]
        for later in path:
            undoes, does = self._roles.undoes.get(later.state.name, ()), self._roles.does.get(later.state.name, ())
            owed = self.owed(later.before)
            if undoes and owed and self.actions.index(owed[0]) not in undoes and not self._at_once(later, owed[0]):
                return turn
            if undoes or does or later.stopped:
                turn = later
        return turn

    def _at_once(self, move: Move, action: str) -> bool:
        """Whether what undoes an action runs at the same time as the state of a move."""
        undone_by = self._roles.plan.steps[self.actions.index(action)].undone_by
        return any(self._roles.layout.at_once(move.state.name, one) for one in undone_by)

    def bare(self, situation: Situation) -> tuple[str, ...]:
        """The actions that were done, or may have been, and that nothing can undo, though something should."""
        found = []
        for index in self._nothing_undoes:
            did = situation.did[index]
            last_one = index == self._last_needed and self._roles.plan.is_saga
            if did is Did.DONE or (did is Did.MAYBE and (last_one or self._runs_beside_another(index))):
                found.append(self.actions[index])
        return tuple(found)

    def _runs_beside_another(self, index: int) -> bool:
        """Whether another step can stop it: one of another branch of the same Parallel, that fails."""
        action = self.actions[index]
        others = (one for one in self.actions if one != action)
        grave = pays(action) or leaves_something(action)
        return grave and any(self._roles.layout.at_once(action, one) for one in others)

    def all_done(self, situation: Situation, *, but: str = "") -> bool:
        """Whether the saga is done, whatever has become of its messages since.

        Args:
            situation: The situation.
            but: An action that is not asked about.
        """
        steps = zip(self._roles.plan.steps, situation.did, strict=True)
        done = all(did is Did.DONE or step.optional or step.action == but for step, did in steps)
        return done and not situation.turned

    def could_have_gone_otherwise(self, move: Move) -> bool:
        """Whether an error or a Choice has led its path here."""
        return any(one.errors or one.state.type == "Choice" for one in self._path(move))

    def trouble_after(self, move: Move, action: str) -> Move:
        """The move of its path that left an action standing: the first failure, or the first wrong turn, after it."""
        path = self._path(move)
        began = next((index for index, one in enumerate(path) if one.state.name == action), 0)
        return next((one for one in path[began:] if one.errors or (one.after.turned and not one.before.turned)), move)

    def stopped_since(self, move: Move, turn: Move, action: str) -> Move | None:
        """The compensation of its path that gave up after a turn, and would have led on to what undoes an action."""
        undone_by = {*self._roles.plan.steps[self.actions.index(action)].undone_by}
        given_up = (one for one in self.since(move, turn) if one.what is Happening.GAVE_UP)
        undoing = (one for one in given_up if one.state.name in self._roles.undoes)
        return next((one for one in undoing if self._roles.layout.after(one.state) & undone_by), None)

    def given_up_into(self, move: Move, last: Move) -> Move:
        """The compensation that gave up, where a Fail state of its branch stops a rollback; else the last move."""
        if last.state.type != "Fail" or not last.stopped or last.stopped in self._roles.layout.way_forward:
            return last
        path = self._path(move)
        before = reversed(path[: path.index(last)])
        gave_up = (one for one in before if one.what is Happening.GAVE_UP and one.state.name in self._roles.undoes)
        inside = (one for one in gave_up if last.stopped in self._roles.layout.forks_around(one.state.name))
        found = next(inside, None)
        return found._replace(stopped=last.stopped) if found else last

    def tries_again(self, move: Move) -> bool:
        """Whether the state of a move has run before on its path, and has given up then."""
        before = [one for one in self._path(move)[:-1] if one.state.name == move.state.name]
        return bool(before) and before[-1].what is Happening.GAVE_UP

    def last_undoing(self, move: Move) -> Move | None:
        """The last move of its path on which a compensation was done."""
        done = (one for one in reversed(self._path(move)) if one.state.name in self._roles.undoes)
        return next(done, None)

    def turning(self, move: Move) -> Move | None:
        """The move of its path that has left the way on which all goes well, if no error did."""
        return next((one for one in self._path(move) if one.after.turned and not one.before.turned), None)

    def since(self, move: Move, earlier: Move) -> list[Move]:
        """The moves of its path after an earlier one."""
        path = self._path(move)
        return path[path.index(earlier) + 1 :]

    def since_start(self, move: Move) -> list[Move]:
        """The moves of its path before it."""
        return self._path(move)[:-1]

    def undone_by_state(self, state: str) -> list[str]:
        """The actions that a state undoes."""
        return [self.actions[step] for step in self._roles.undoes.get(state, ())]

    def compensation_of(self, action: str) -> str:
        """The state that undoes an action."""
        return str(self.compensations[self.actions.index(action)])

    def owed(self, situation: Situation) -> tuple[str, ...]:
        """The actions that were done, or may have been, and that nothing has tried to undo; newest first."""
        owed = (Did.DONE, Did.MAYBE)
        did, undone = situation.did, situation.undone
        return tuple(self.actions[i] for i in self._newest_first if not undone[i] and did[i] in owed)

    def may_undo(self, situation: Situation, step: int) -> bool:
        """Whether a step can still be undone: its compensation has not run, and the pivot was not passed."""
        passed = any(did in (Did.DONE, Did.MAYBE) for did in situation.did[self.pivot :])
        return not situation.undone[step] and not passed

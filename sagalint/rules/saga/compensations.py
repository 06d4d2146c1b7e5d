"""The rules about what is undone: by which compensation, in which order, how often, and after what."""

from collections.abc import Iterator
from typing import Final

from sagalint.definition.machine import State
from sagalint.definition.naming.called import called_function
from sagalint.definition.naming.task_kinds import pays
from sagalint.paths.happening import Happening
from sagalint.paths.history import History
from sagalint.paths.roles import Roles
from sagalint.paths.situation import Did, Move
from sagalint.plan import Plan
from sagalint.rules.finding import Finding, Rule

OUT_OF_ORDER: Final = Rule(
    id="out-of-order",
    statement="Steps are done in their order, and compensations run newest first.",
    consequence="A step that still stands can use again what was undone too early.",
    fix="Chain the compensations in the reverse order of the actions.",
    rests_on_plan=True,
)
COMPENSATED_TWICE: Final = Rule(
    id="compensated-twice",
    statement="A compensation runs at most once on any path.",
    consequence="A second refund is money lost, if the compensation is not repeatable.",
    fix="Remove the way back to the compensation.",
    rests_on_plan=True,
)
NOTHING_TO_COMPENSATE: Final = Rule(
    id="nothing-to-compensate",
    statement="No compensation runs for a step that cannot have run.",
    consequence="It refunds what was never charged.",
    fix="Let each Catch lead to the compensation of the newest step that may have run.",
    rests_on_plan=True,
)
CLEAN_FAILURE_COMPENSATED: Final = Rule(
    id="clean-failure-compensated",
    statement="A clean failure does not compensate its own step.",
    consequence="The step has checked that it did nothing; a compensation that needs its record fails on it.",
    fix="Catch clean failures by name, before the others, and lead to the compensation of the step before.",
    rests_on_plan=True,
)
UNDONE_AFTER_PIVOT: Final = Rule(
    id="undone-after-pivot",
    statement="From the pivot on nothing is undone.",
    consequence="One message says that it was done, another that it was rolled back.",
    fix="Retry the pivot and all that follows, and go forward; leave the rest to a recovery.",
    rests_on_plan=True,
)

DOUBT_UNDONE_HERE: Final = Rule(
    id="doubt-undone-here",
    statement="A machine that hands doubt over undoes nothing while an action may still happen.",
    consequence="Another delivery of the execution commits what is being undone.",
    fix="Let each Catch but those of clean failures lead to the state that hands the saga over.",
    rests_on_plan=True,
)


class Compensations:
    """Checks one move at a time: what it undoes, and what it does."""

    def __init__(self, plan: Plan, roles: Roles, past: History) -> None:
        self._plan = plan
        self._roles = roles
        self._past = past

    def findings_on(self, move: Move) -> Iterator[Finding]:
        """What is wrong with the actions and compensations of a move."""
        name = move.state.name
        steps = self._roles.undoes.get(name, ())
        if any(move.before.undone[step] for step in steps) and (first := self._ran_before(move)):
            again = "runs a second time" if first == name else f"calls the function of {first} a second time"
            yield Finding(
                COMPENSATED_TWICE,
                (name,),
                f"{name} {again} on one path",
                f"let no way lead from {first}, or from what follows it, to {name}",
            )
        elif steps:
            yield from self._undoes(move, steps)
        for step in self._roles.does.get(name, ()):
            yield from self._does(move, step)

    def _ran_before(self, move: Move) -> str | None:
        """The same compensation that ran before; a guess takes several for those of one step.

        One that has given up only tries again.
        """
        if self._past.tries_again(move):
            return None
        name = move.state.name
        if not self._plan.guessed or self._past.times_passed(move, name) > 1:
            return name
        pays_back = any(pays(self._past.actions[step]) for step in self._roles.undoes[name])
        done = (one.state for one in self._past.since_start(move) if one.what is Happening.DONE)
        return next((one.name for one in done if pays_back and self._is_same(one, move.state)), None)

    def _is_same(self, one: State, other: State) -> bool:
        """Whether two states call one function to undo the same step."""
        undoes, function = self._roles.undoes, called_function(one)
        same = {*undoes.get(one.name, ())} & {*undoes[other.name]}
        return bool(same and function) and function == called_function(other)

    def _undoes(self, move: Move, steps: tuple[int, ...]) -> Iterator[Finding]:
        before, name = move.before, move.state.name
        if any(
            before.did[index] in (Did.DONE, Did.MAYBE) for index in range(self._past.pivot, len(self._past.actions))
        ):
            came_from = self._past.came_from(move)
            if came_from.state.name in self._roles.undoes:
                return  # the first of them has said it
            yield Finding(
                UNDONE_AFTER_PIVOT,
                (came_from.state.name, name),
                f"{name} runs though {self._past.actions[self._past.pivot]}, the pivot, was done or may have been",
                f"let {came_from.state.name} not lead to {name}: retry it, and go forward",
                came_from.catcher,
            )
            return
        yield from self._is_left_to_another(move)
        yield from self._needs_an_action(move, name, steps)
        yield from self._in_turn(move, name, steps)

    def _is_left_to_another(self, move: Move) -> Iterator[Finding]:
        """A compensation in doubt, where only the machine that takes over may undo what may still happen."""
        if not self._plan.hands_over:
            return
        in_doubt = [
            self._past.actions[step] for step, did in enumerate(move.before.did[: self._past.pivot]) if did is Did.MAYBE
        ]
        if in_doubt:
            came_from = self._past.came_from(move)
            yield Finding(
                DOUBT_UNDONE_HERE,
                (move.state.name, in_doubt[0]),
                f"{move.state.name} runs though {in_doubt[0]} may be done or may still happen, and the saga is not"
                " claimed",
                f"let {came_from.state.name} lead to {self._plan.hands_over.state}",
                came_from.catcher,
            )

    def _in_turn(self, move: Move, name: str, steps: tuple[int, ...]) -> Iterator[Finding]:
        if self._plan.guessed:
            return  # which order matters, only a plan says
        before = move.before
        earlier = [
            index
            for index in range(max(steps))
            if before.undone[index] and index not in steps and not self._at_once(index, max(steps), name)
        ]
        if earlier:
            yield Finding(
                OUT_OF_ORDER,
                (name, str(self._past.compensations[earlier[0]])),
                f"{name} runs after {self._past.compensations[earlier[0]]}, which undoes an earlier step",
                f"let {name} run first: what was done last is undone first",
                cause="the order of the rollback",
            )

    def _at_once(self, earlier: int, later: int, name: str) -> bool:
        """Whether two steps are done, or undone, at the same time: then neither is the newest."""
        steps, layout = self._plan.steps, self._roles.layout
        pairs = [(steps[earlier].action, steps[later].action), *((name, one) for one in steps[earlier].undone_by)]
        return any({one, other} <= layout.states.keys() and layout.at_once(one, other) for one, other in pairs)

    def _needs_an_action(self, move: Move, name: str, steps: tuple[int, ...]) -> Iterator[Finding]:
        did = {move.before.did[step] for step in steps}
        action = self._past.actions[steps[0]]
        if did == {Did.NOTHING}:
            yield Finding(
                CLEAN_FAILURE_COMPENSATED,
                (action, name),
                f"{name} runs though {action} has checked, by a clean failure, that it did nothing",
                f"catch the clean failures of {action} by name, before the others, and go on to "
                f"the compensation of the step before it",
            )
        elif did == {Did.NOT_RUN} and not self._plan.guessed:
            if self._plan.takes_over and move.before.meaning is None:
                return
            came_from = self._past.came_from(move)
            yield Finding(
                NOTHING_TO_COMPENSATE,
                (came_from.state.name, name),
                f"{name} runs though {action} cannot have run",
                f"let {came_from.state.name} lead past it, to the compensation of the newest step that may have run",
                came_from.catcher,
                cause="the rollback undoes too much",
            )

    def _does(self, move: Move, step: int) -> Iterator[Finding]:
        if self._plan.guessed:
            return  # the order of the steps is that of the machine
        later = [
            index for index in range(step + 1, len(self._past.actions)) if move.before.did[index] is not Did.NOT_RUN
        ]
        if later:
            yield Finding(
                OUT_OF_ORDER,
                (move.state.name, self._past.actions[later[0]]),
                f"{move.state.name} runs after {self._past.actions[later[0]]}, a later step of the plan",
                f"let {move.state.name} run before {self._past.actions[later[0]]}, or change their order in the plan",
            )

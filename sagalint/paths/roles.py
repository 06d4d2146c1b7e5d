"""Which part each state of a machine has in the saga, as its plan says."""

from sagalint.definition.machine import Machine, State
from sagalint.paths.happening import Happening
from sagalint.plan import Plan


class Roles:
    """The parts of a machine's states; a Parallel or a Map has those of the tasks inside it."""

    def __init__(self, machine: Machine, plan: Plan) -> None:
        self.plan = plan
        actions = {step.action: index for index, step in enumerate(plan.steps)}
        compensations = {step.compensation: index for index, step in enumerate(plan.steps) if step.compensation}
        inside = {
            name: [task.name for task in state.tasks] if state.inner else [name]
            for name, state in machine.states.items()
        }
        self.does = {
            name: steps for name, tasks in inside.items() if (steps := tuple(actions[t] for t in tasks if t in actions))
        }
        """By state, the steps whose action it does."""
        self.undoes = {
            name: steps
            for name, tasks in inside.items()
            if (steps := tuple(compensations[t] for t in tasks if t in compensations))
        }
        """By state, the steps that it undoes."""
        self.reports_success = frozenset(n for n, tasks in inside.items() if {*tasks} & {*plan.messages.success})
        self.reports_failure = frozenset(n for n, tasks in inside.items() if {*tasks} & {*plan.messages.failure})
        self.forward_only = frozenset(
            name for name, steps in self.does.items() if min(steps) >= len(plan.compensable)
        )  # fmt: skip
        """The states from the pivot on."""
        self.undone_by = frozenset(
            name for name, steps in self.does.items() if any(plan.steps[step].compensation for step in steps)
        )
        """The actions that something undoes."""
        self._clean = {step.action: tuple(failure.error for failure in step.clean_failures) for step in plan.steps}

    def answers(self, state: str) -> tuple[str, ...]:
        """The errors of a state that are answers: a repeat cannot change them."""
        return (*self._clean.get(state, ()), *self.plan.refusals.get(state, ()))

    def must_get_done(self, state: str) -> bool:
        """Whether the saga has no way back from a state: compensations, messages, and all from the pivot on."""
        parks = {self.plan.takes_over.park} if self.plan.takes_over else set()
        return state in (self.undoes.keys() | self.reports_success | self.reports_failure | self.forward_only | parks)

    def meaning_of(self, state: State, error: str) -> Happening:
        """What an error that a state ends with says of its work."""
        answer = error in self.answers(state.name)
        if state.name in self.undoes:
            return Happening.REFUSED if answer else Happening.GAVE_UP
        if state.name in self.does and state.name not in self.forward_only:
            return Happening.CLEAN if answer else Happening.DOUBT
        return Happening.REFUSED if answer else Happening.GAVE_UP if self.must_get_done(state.name) else Happening.DOUBT

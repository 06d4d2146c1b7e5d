"""Which part each state of a machine has in the saga, as its plan says."""

from collections.abc import Iterable
from functools import cache, cached_property

from sagalint.definition.layout import Layout, denies
from sagalint.definition.machine import Machine, State
from sagalint.paths.happening import Happening
from sagalint.plan import Plan


class Roles:
    """The parts of a machine's states, those inside a Parallel or a Map too."""

    def __init__(self, machine: Machine, plan: Plan) -> None:
        self.plan = plan
        self.layout = Layout(machine)
        names = self.layout.states
        self.does = {
            name: steps for name in names if (steps := _where(step.action == name for step in plan.steps))
        }  # fmt: skip
        """By state, the steps whose action it does."""
        self.undoes = {
            name: steps for name in names if (steps := _where(name in step.undone_by for step in plan.steps))
        }
        """By state, the steps that it undoes."""
        self.reports_success = frozenset(names.keys() & {*plan.messages.success})
        self.reports_failure = frozenset(names.keys() & {*plan.messages.failure})
        self.forward_only = frozenset(
            name for name, steps in self.does.items() if min(steps) >= len(plan.compensable)
        )  # fmt: skip
        """The states from the pivot on."""
        self.undone_by = frozenset(
            name for name, steps in self.does.items() if any(plan.steps[step].undone_by for step in steps)
        )
        """The actions that something undoes."""
        self.turns_back = frozenset(self.undoes) | self.reports_failure | {*plan.ending}
        """The states that belong to the way of a failure alone."""
        self.says_no = {
            (one.choice, one.next): index for index, step in enumerate(plan.steps) for one in step.clean_results
        }
        """By Choice and the state that follows, the step whose result says there that it did nothing."""
        self._clean = {step.action: tuple(failure.error for failure in step.clean_failures) for step in plan.steps}

    @cached_property
    def unsent(self) -> frozenset[str]:
        """What comes only after a message that could not be sent, where the saga may succeed without it."""
        ways = [
            (way, state.name)
            for state in self.layout.states.values()
            if self._only_sends(state)
            for way in state.catches
        ]
        after = [(self.layout.aside_from(str(way.target)), message) for way, message in ways]
        return frozenset().union(*(follow for follow, message in after if not self._fails_in(follow, message)))

    def only_unsent(self, state: State, target: str) -> bool:
        """Whether a way leads to what comes only after a message that could not be sent."""
        return target in self.unsent and (state.name in self.unsent or self._only_sends(state))

    def _only_sends(self, state: State) -> bool:
        """Whether a state does nothing but report a success, and a saga may end without that."""
        inside = {task.name for task in state.tasks}
        sends = inside & self.reports_success and not inside & (self.does.keys() | self.undoes.keys())
        return bool(sends) and self.plan.messages.best_effort

    def _fails_in(self, states: Iterable[str], message: str) -> bool:
        """Whether some states after a message that could not be sent belong to a failure, or do a step."""
        return any(
            name in self.turns_back
            or name in self.does
            or self.layout.states[name].type == "Fail"
            or (self.plan.guessed and denies(self.layout.states[name], message, self.layout.work))
            for name in states
        )

    @cache  # noqa: B019 # there is one for a check
    def goes_on(self, target: str) -> bool:
        """Whether a way aside leads back to an action of the way forward, before it undoes anything: to a repeat."""
        seen, to_do = {target}, [target]
        while to_do:
            state = self.layout.states[to_do.pop()]
            if state.name in self.turns_back or state.type == "Fail":
                continue
            if state.name in self.does and state.name in self.layout.way_forward:
                return True
            new = {way.target for way in state.onward if way.target} - seen
            seen |= new
            to_do.extend(new)
        return False

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
            had_nothing_to_do = error in self.plan.refusals.get(state.name, ())
            return Happening.REFUSED if had_nothing_to_do else Happening.CLEAN if answer else Happening.DOUBT
        return Happening.REFUSED if answer else Happening.GAVE_UP if self.must_get_done(state.name) else Happening.DOUBT


def _where(holds: Iterable[bool]) -> tuple[int, ...]:
    return tuple(index for index, one in enumerate(holds) if one)

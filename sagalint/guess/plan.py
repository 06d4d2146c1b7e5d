"""A first plan of any machine, guessed from its names and edges, for somebody to correct."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from sagalint.definition.errors import kind_of
from sagalint.definition.machine import Machine
from sagalint.guess.course import Course
from sagalint.guess.doubts import Findings, doubts_of
from sagalint.guess.errors import asserts, clean_failures, refusals, transient
from sagalint.guess.input_fields import fields_read, looks_secret
from sagalint.guess.pairing import fails_by_name, paired, undoes_by_name, words
from sagalint.input_error import InputError
from sagalint.plan import Messages, Plan, PlannedStep

_LOOKS: Final = frozenset(words("Get Check Validate Verify Find Lookup Read Query Describe Calculate Compute Fetch"))
_TELLS: Final = frozenset(words("Notify Tell Inform Announce Alert"))
_SENDS: Final = frozenset(words("Send Publish Emit"))
_OUTCOMES: Final = frozenset(
    words("Success Succeeded Completed Done Failure Failed Error Rejected Confirmation Notification Email Sms Outcome")
)
_CLOSES: Final = frozenset(words("Close Status"))


@dataclass(frozen=True)
class Guess:
    """A plan that may be wrong.

    Attributes:
        plan: The plan.
        doubts: What was guessed, on what ground, and where to look; and what no machine tells.
    """

    plan: Plan
    doubts: tuple[str, ...]


def guess_plan(definition: Mapping[str, Any]) -> Guess:
    """Guesses the plan of a saga from the state names and edges of its machine.

    Guarantee: the plan is valid, and names only states that the machine has. It is a beginning: a proof
    against it is worth what the plan is worth, so read the doubts first.

    Args:
        definition: The machine in the Amazon States Language, with JSONPath or JSONata.

    Raises:
        InputError: It is no state machine, or none of its tasks can be taken for an action.
    """
    machine = Machine.read(definition)
    course = Course(machine, lambda name: undoes_by_name(name) or fails_by_name(name))
    _refuse_no_action(course)
    guesser = _Guesser(machine, course)
    return Guess(guesser.plan(), doubts_of(guesser.findings()))


def _refuse_no_action(course: Course) -> None:
    if not any(state.type == "Task" for state in course.states.values()):
        raise InputError("no plan can be guessed, since the machine has no Task: give the one that does the work")
    if not course.tasks:
        raise InputError(
            "no plan can be guessed, since no Task is on a way from StartAt to a Succeed or an End: lead the way on "
            "which all goes well to a success, or write the plan by hand"
        )


class _Guesser:
    """Guesses part after part; each rests on those before it."""

    def __init__(self, machine: Machine, course: Course) -> None:
        self._machine = machine
        self._course = course
        tasks = course.tasks
        last_work = max((index for index, name in enumerate(tasks) if not self._tells(name)), default=-1)
        self._success = tasks[last_work + 1 :]
        actions = [name for name in tasks if name not in self._success]
        aside = [name for name in course.aside if course.states[name].type == "Task"]
        self._pairs = paired(course, actions, [name for name in aside if self._may_undo(name)])
        self._undoing = {pair.compensation for pair in self._pairs.values()}
        whole = course.leads_to([machine.start], uncaught_at=self._undoing)
        telling = [name for name in aside if self._tells(name) and name not in self._undoing]
        self._failure = tuple(name for name in telling if name in whole)
        self._alarms = tuple(name for name in telling if name in course.reached and name not in whole)
        skipped = next((index for index, name in enumerate(tasks) if name in self._pairs), 0)
        self._skipped, self._actions = tasks[:skipped], tasks[skipped:]
        self._pivot = self._pivot_index()
        self._fields = fields_read(machine)
        self._steps = tuple(self._step(index, action) for index, action in enumerate(self._actions))

    def plan(self) -> Plan:
        """The plan."""
        return Plan(
            steps=self._steps,
            ending=self._ending(),
            messages=Messages(success=self._success, failure=self._failure),
            settles=self._settles(),
            refusals=self._refusals(),
            transient=self._transient(),
            inputs=tuple(self._fields) or None,
            secrets=self._secrets(),
        )

    def findings(self) -> Findings:
        """What the plan rests on."""
        course = self._course
        return Findings(
            machine=self._machine,
            course=course,
            plan=self.plan(),
            pairs=self._pairs,
            skipped=self._skipped,
            alarms=self._alarms,
            missable=tuple(name for name in self._actions if course.can_be_missed(name)),
            left_over=tuple(
                name
                for name in course.aside
                if course.states[name].type == "Task" and name not in {*self._undoing, *self._failure, *self._alarms}
            ),
            fields=self._fields,
        )

    # Steps

    def _tells(self, name: str) -> bool:
        state, said = self._course.states[name], words(name).keys()
        if state.type != "Task":
            return False
        return self._course.sends(name) or bool(_TELLS & said) or bool(_SENDS & said and _OUTCOMES & said)

    def _may_undo(self, name: str) -> bool:
        return not self._tells(name) or (undoes_by_name(name) and not _TELLS & words(name).keys())

    def _step(self, index: int, action: str) -> PlannedStep:
        pair = self._pairs.get(action)
        return PlannedStep(
            action=action,
            compensation=pair.compensation if pair else None,
            clean_failures=clean_failures(self._course, action, pair) if index < self._pivot else (),
            uncompensated_because=None if pair else self._why_uncompensated(action),
            pivot=index == self._pivot,
        )

    def _why_uncompensated(self, action: str) -> str:
        if self._tells(action):
            return "guessed: a message cannot be unsent"
        if looks := [word for stem, word in words(action).items() if stem in _LOOKS]:
            return f"guessed: no state seems to undo it, and its name ('{looks[0]}') says that it only looks"
        return "guessed: no state seems to undo it"

    def _pivot_index(self) -> int:
        """The first action after which nothing is undone any more; behind the last one if there is none."""
        last = len(self._actions)
        while last > 0 and self._only_forward(self._actions[last - 1]):
            last -= 1
        return last if last > 0 and self._pairs else len(self._actions)

    def _only_forward(self, action: str) -> bool:
        targets = [one.target for one in self._course.troubles(action)]
        return action not in self._pairs and self._undoing.isdisjoint(self._course.leads_to(targets))

    # What is beside the steps

    def _ending(self) -> tuple[str, ...]:
        """The messages and ends of the rollbacks, and what else no compensation follows."""
        course = self._course
        targets = [one.target for action in self._actions for one in course.troubles(action)]
        passed = course.leads_to(targets) - {*course.forward} - self._undoing
        late = [name for name in passed if self._undoing.isdisjoint(course.leads_to([name]))]
        kinds = ("Task", "Fail", "Succeed")
        return tuple(name for name in course.aside if name in late and course.states[name].type in kinds)

    def _settles(self) -> str | None:
        """The first step's compensation, if it asserts, those that give up lead around it, or its name says so."""
        first = self._steps[0].compensation
        if first is None:
            return None
        course, others = self._course, self._undoing - {first}
        last = bool(others) and all(first in course.leads_to([name], caught=False) for name in others)
        spared = all(first not in course.leads_to(str(way.target) for way in course.caught(name)) for name in others)
        told = fails_by_name(first) or bool(_CLOSES & words(first).keys())
        return first if asserts(course.states[first]) or (last and (spared or told)) else None

    def _refusals(self) -> dict[str, tuple[str, ...]]:
        onward = [step.action for index, step in enumerate(self._steps) if index >= self._pivot]
        names = [*onward, *sorted(self._undoing), *self._failure]
        return {name: found for name in names if (found := refusals(self._course, name))}

    def _transient(self) -> dict[str, tuple[str, ...]]:
        clean = {step.action: {failure.error for failure in step.clean_failures} for step in self._steps}
        names = [*self._actions, *sorted(self._undoing), *self._failure]
        return {
            name: found
            for name in names
            if (found := transient(self._course.states[name], besides=clean.get(name, set())))
        }

    def _secrets(self) -> dict[str, tuple[str, ...]]:
        """By secret field, the functions that read it by name: what a table or a message is told, is told on."""
        return {
            field: tuple(
                name
                for name in readers
                if self._course.states[name].type == "Task" and kind_of(self._course.states[name]).names_of_its_own
            )
            for field, readers in self._fields.items()
            if looks_secret(field)
        }

"""A first plan of any machine, guessed from its names and edges, for somebody to correct."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sagalint.definition.errors import kind_of
from sagalint.definition.machine import Machine
from sagalint.definition.naming.task_kinds import TaskKind, kind_of_task, locks_by_name
from sagalint.guess.course import Course
from sagalint.guess.doubts import Findings, doubts_of
from sagalint.guess.input_fields import fields_read, looks_secret
from sagalint.guess.meaning import refusals, settling, transient_errors
from sagalint.guess.needs import NO_ACTIONS
from sagalint.guess.steps import Steps
from sagalint.guess.vocabulary import fails_by_name, undoes_by_name
from sagalint.input_error import InputError
from sagalint.plan import Messages, Plan
from sagalint.rules.data.made import machine_made

NO_PLAN = "no plan was given, and what the states are for was guessed"


@dataclass(frozen=True)
class Guess:
    """A plan that may be wrong.

    Attributes:
        plan: The plan.
        doubts: The pairs, each with its reason; then the questions whose answer changes what is found.
    """

    plan: Plan
    doubts: tuple[str, ...]


def guess_plan(definition: Mapping[str, Any]) -> Guess:
    """Guesses the plan of a saga from the state names and edges of its machine.

    Guarantee: the plan is valid, and names only states that the machine has. It is a beginning: what is found
    with it is worth what the plan is worth, so read the doubts first.

    Args:
        definition: The machine in the Amazon States Language, with JSONPath or JSONata.

    Raises:
        InputError: It is not a state machine, or none of its tasks can be taken for an action.
    """
    machine = Machine.read(definition)
    others = _undo_nothing(machine)
    course = Course(machine, lambda name: fails_by_name(name) or (_undoes(name) and name not in others))
    _refuse_no_action(course)
    guesser = _Guesser(machine, course)
    return Guess(guesser.plan(), doubts_of(guesser.findings()))


def _undoes(name: str) -> bool:
    """Whether a state undoes something, as far as its name says; a lock is released when all goes well, too."""
    return undoes_by_name(name) and not locks_by_name(name)


def _undo_nothing(machine: Machine) -> set[str]:
    """The states that undo nothing whatever they are called: each that asks, or before which nothing can be done."""
    acts = [
        name
        for name, state in machine.states.items()
        if any(kind_of_task(task) not in NO_ACTIONS and not _undoes(task.name) for task in state.tasks)
    ]
    follow = {way.target for name in acts for way in machine.states[name].ways if way.target}
    after = {one for name in follow for one in machine.reached(name)}
    return {state.name for state in machine.everywhere() if state.type == "Choice"} | (machine.states.keys() - after)


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
        self._steps = Steps(course)
        self._undoing = self._steps.undoing
        aside = [name for name in course.aside if self._kind(name) is TaskKind.TELLS and name not in self._undoing]
        whole = course.leads_to([machine.start], uncaught_at=self._undoing)
        self._failure = tuple(name for name in aside if name in whole)
        self._alarms = tuple(name for name in aside if name in course.reached and name not in whole)
        self._success = self._steps.messages
        made = machine_made(machine)
        self._fields = {name: states for name, states in fields_read(machine).items() if name not in made}

    def plan(self) -> Plan:
        """The plan."""
        steps = self._steps.planned
        names = [*(step.action for step in steps), *sorted(self._undoing), *self._failure]
        return Plan(
            steps=steps,
            ending=self._ending(),
            messages=Messages(success=self._success, failure=self._failure, best_effort=True),
            settles=settling(self._course, steps),
            refusals={
                **refusals(self._course, [*self._onward, *sorted(self._undoing), *self._failure]),
                **self._steps.already_done,
            },
            transient=transient_errors(self._course, steps, names),
            inputs=tuple(self._fields) or None,
            secrets=self._secrets(),
            rests_on=(NO_PLAN,),
        )

    def findings(self) -> Findings:
        """What the plan rests on."""
        course = self._course
        return Findings(
            machine=self._machine,
            course=course,
            plan=self.plan(),
            pairs=self._steps.pairs,
            alarms=self._alarms,
            left_over=tuple(
                name
                for name in course.aside
                if self._kind(name) in (TaskKind.MOVES, TaskKind.CHANGES, TaskKind.COMMITS)
                and name not in {*self._undoing, *self._failure, *self._alarms}
            ),
            fields=self._fields,
        )

    def _kind(self, name: str) -> TaskKind | None:
        state = self._course.states[name]
        return kind_of_task(state) if state.type == "Task" else None

    @property
    def _onward(self) -> list[str]:
        steps = self._steps.planned
        pivot = next((index for index, step in enumerate(steps) if step.pivot), len(steps))
        return [step.action for step in steps[pivot:]]

    def _ending(self) -> tuple[str, ...]:
        """The messages and ends of the rollbacks, and what else no compensation follows."""
        course = self._course
        targets = [one.target for task in course.tasks for one in course.troubles(task)]
        passed = course.leads_to(targets) - {*course.forward} - self._undoing
        late = [name for name in passed if self._undoing.isdisjoint(course.leads_to([name]))]
        kinds = ("Task", "Fail", "Succeed")
        return tuple(name for name in course.aside if name in late and course.states[name].type in kinds)

    def _secrets(self) -> dict[str, tuple[str, ...]]:
        """By secret field, the functions that read it by name: what a table or a message is given, is passed on."""
        return {
            field: tuple(
                name
                for name in readers
                if self._course.states[name].type == "Task" and kind_of(self._course.states[name]).names_of_its_own
            )
            for field, readers in self._fields.items()
            if looks_secret(field)
        }

"""The steps of a guessed plan: which tasks are actions, what undoes each, and what their results and errors say."""

from collections.abc import Iterator
from dataclasses import replace
from functools import cached_property
from typing import Final

from sagalint.definition.errors import ALL
from sagalint.definition.naming.task_kinds import (
    TaskKind,
    builds_resources,
    clears_away,
    hands_over,
    kind_of_task,
    leaves_something,
    moves_money,
    named_as_message,
    opens_for_somebody,
)
from sagalint.definition.naming.words import stems, words
from sagalint.guess.course import Course
from sagalint.guess.given_back import GivenBack
from sagalint.guess.meaning import already_done, clean_failures, clean_results
from sagalint.guess.needs import NO_ACTIONS, SURE, Needs
from sagalint.guess.pairs.pairing import Pair, paired
from sagalint.guess.vocabulary import gives_back, rolls_back_everything, undoes_a_look, undoes_by_name
from sagalint.plan import CHOICE_ONLY, PlannedStep

_ISSUED: Final = stems("issue ticket")
"""Words of what somebody travels or enters with."""
_INSISTS = 5
"""From how many attempts on a task is retried until it is done."""


class Steps:
    """Finds the steps of a machine, as far as its course and its names show them."""

    def __init__(self, course: Course) -> None:
        self._course = course
        self._kinds = {name: kind_of_task(course.states[name]) for name in course.tasks}
        tasks = [name for name in course.tasks if self._kinds[name] not in NO_ACTIONS]
        given_back = GivenBack(course, tasks)
        released = given_back.no_actions
        aside = [name for name in course.aside if course.states[name].type == "Task"]
        undo = [name for name in aside if self._may_undo(name)]
        looks = self._named_in(undo, [name for name in tasks if name not in released])
        self._actions = [name for name in course.tasks if name in looks or (name in tasks and name not in released)]
        self.pairs: dict[str, Pair] = paired(course, self._actions, undo)
        """By action, its compensations with the grounds."""
        if not self.pairs and (first := self._leads_to_rollback(undo)):
            self._actions = [name for name in course.tasks if name in self._actions or name == first]
            self.pairs = {name: replace(pair, sure=False) for name, pair in paired(course, [first], undo).items()}
        self.undoing = frozenset(name for pair in self.pairs.values() for name in pair.compensations)
        """The compensations."""
        self._needs = Needs(course, self._actions, self._kinds, self.pairs, given_back.left)

    @cached_property
    def planned(self) -> tuple[PlannedStep, ...]:
        """The steps; one that says that nothing is to be undone, if there is none."""
        steps = [*self._planned()]
        while steps and self.pairs and steps[0].uncompensated_because:
            steps.pop(0)
        first = self._course.tasks[0]
        return tuple(steps) or (
            PlannedStep(action=first, uncompensated_because=f"guessed: {self._kinds[first].value}"),
        )

    @property
    def messages(self) -> tuple[str, ...]:
        """The tasks at the end of the way to success that report it."""
        tasks = self._course.tasks
        steps = {name for name in self._actions if self._kinds[name] is not TaskKind.NOTES or name in self.pairs}
        last = max((index for index, name in enumerate(tasks) if name in steps), default=-1)
        return tuple(name for name in tasks[last + 1 :] if self._kinds[name] is TaskKind.TELLS)

    @property
    def already_done(self) -> dict[str, tuple[str, ...]]:
        """By action, the errors that say that it was done before."""
        names = (step.action for step in self.planned)
        return {name: found for name in names if (found := already_done(self._course, name))}

    def _may_undo(self, name: str) -> bool:
        kind = kind_of_task(self._course.states[name])
        if kind in (TaskKind.TELLS, TaskKind.LOOKS):
            publishes = "sns:publish" in self._course.states[name].resource
            return undoes_by_name(name) and not named_as_message(name) and not publishes
        return True

    def _named_in(self, undo: list[str], actions: list[str]) -> list[str]:
        """The tasks that seem only to read, though the name of what undoes something speaks of them alone."""
        nouns = [words(name).keys() for name in actions]
        tasks = self._course.tasks
        looks = [name for name in tasks if self._kinds[name] is TaskKind.LOOKS]
        caught = self._course.leads_to(str(way.target) for one in tasks for way in self._course.caught(one))
        undo = [
            one
            for one in undo
            if one in caught and gives_back(one) and not rolls_back_everything(one, tasks) and not undoes_a_look(one)
        ]
        lonely = [
            words(one).keys() for one in undo if gives_back(one) and not any(words(one).keys() & it for it in nouns)
        ]
        return [name for name in looks if any(words(name).keys() & one for one in lonely)]

    def _leads_to_rollback(self, undo: list[str]) -> str | None:
        """The first of several tasks that only look, if their failures lead to what rolls back everything."""
        whole = [one for one in undo if rolls_back_everything(one, self._course.tasks)]
        led = [
            name
            for name in self._course.tasks
            if any(one.errors and one.target in whole for one in self._course.troubles(name))
        ]
        return led[0] if len(led) > 1 else None

    def _planned(self) -> Iterator[PlannedStep]:
        pivot = self._pivot
        for name in self._actions:
            if step := self._step(name, pivot):
                yield step

    def _step(self, name: str, pivot: str | None) -> PlannedStep | None:
        if name in self.pairs:
            return self._with_compensation(name, self.pairs[name])
        kind = self._kinds[name]
        if name == pivot:
            return PlannedStep(action=name, uncompensated_because=f"guessed: {kind.value}", pivot=True)
        if kind is TaskKind.NOTES:
            return None
        only_named = self._needs.undone_in_name_by(name)
        if needs := (SURE,) if only_named else self._needs.undoing(name, kind):
            return PlannedStep(
                action=name,
                undone_by_nothing=True,
                undone_in_name_by=only_named,
                optional=self._is_optional(name),
                clean_failures=clean_failures(self._course, name, None),
                clean_results=clean_results(self._course, name),
                rests_on=needs if needs != (SURE,) else (),
            )
        caught = self._course.leads_to(str(way.target) for way in self._course.caught(name))
        insists = bool(self._course.states[name].retriers) and self.undoing.isdisjoint(caught)
        commits = (f"{name} is not the commit of the saga",) if kind is TaskKind.COMMITS and insists else ()
        return PlannedStep(
            action=name,
            uncompensated_because=f"guessed: {kind.value if kind is TaskKind.COMMITS else 'nothing after it can fail'}",
            optional=self._is_optional(name),
            clean_failures=clean_failures(self._course, name, None),
            rests_on=commits,
        )

    def _with_compensation(self, name: str, pair: Pair) -> PlannedStep:
        first, *more = pair.compensations
        return PlannedStep(
            action=name,
            compensation=first,
            compensations=tuple(more),
            clean_failures=clean_failures(self._course, name, pair),
            clean_results=clean_results(self._course, name),
            optional=self._is_optional(name),
            rests_on=self._doubts(name, pair),
        )

    def _doubts(self, name: str, pair: Pair) -> tuple[str, ...]:
        """What it rests on that a step is undone by its compensation, and must be when it fails."""
        first = pair.compensations[0]
        caught = [way.target for one in self._course.tasks for way in self._course.caught(one)]
        if self.undoing & self._course.reached and self.undoing.isdisjoint(self._course.leads_to(map(str, caught))):
            return (f"{first} is to undo {name} whatever fails, {CHOICE_ONLY}",)
        return () if pair.sure else (f"{first} undoes {name}",)

    def _is_optional(self, name: str) -> bool:
        """Whether a way to success goes past it, or on when it has failed."""
        ways = self._course.caught(name)
        forward = [way for way in ways if way.target in self._course.forward]
        passed = [way for way in forward if ALL not in way.errors or not self._is_missed(name, str(way.target))]
        looked_into = any(self._looks_into(str(way.target)) for way in ways)
        return bool(passed) or looked_into or self._course.can_be_missed(name)

    def _is_missed(self, name: str, target: str) -> bool:
        """Whether somebody clearly has or pays for what a step does, so that it is missed if its failure goes on.

        Not where the way on begins with a question: that may ask whether it was done.
        """
        if moves_money(name):
            return True
        opens = leaves_something(name) or opens_for_somebody(name) or builds_resources(self._course.states[name])
        sends = hands_over(name) or words(name).keys() >= _ISSUED
        state = self._course.states[target]
        while state.type == "Pass" and state.onward[0].target:
            state = self._course.states[state.onward[0].target]
        asks = state.type == "Choice" or (state.type == "Task" and kind_of_task(state) is TaskKind.LOOKS)
        return (opens or sends) and not asks

    def _looks_into(self, target: str) -> bool:
        """Whether a way aside finds out what became of a step, and goes on: it begins with more than a note of it."""
        state = self._course.states[target]
        notes = state.type != "Task" or kind_of_task(state) in (TaskKind.NOTES, TaskKind.TELLS)
        return not notes and self._course.goes_on(target, self._actions, self.undoing)

    @property
    def _pivot(self) -> str | None:
        """The first of the last actions that clear the old away, or make final what was done and are retried long."""
        found = None
        for name in reversed(self._actions):
            clears = clears_away(name)
            if (self._kinds[name] not in (TaskKind.COMMITS, TaskKind.NOTES) and not clears) or name in self.pairs:
                break
            leads_back = self._course.leads_to(one.target for one in self._course.troubles(name))
            if not self.undoing.isdisjoint(leads_back):
                break
            insists = any(
                ALL in one.errors and one.max_attempts >= _INSISTS for one in self._course.states[name].retriers
            )
            found = name if insists or clears else found
        return found if self.pairs else None

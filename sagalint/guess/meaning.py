"""What the errors and results of a state seem to mean, by what catches, repeats and asks them."""

import json
import re
from collections.abc import Collection, Iterable, Mapping, Sequence

from sagalint.definition.errors import ALL, QUERY_FAILED, first_match, kind_of
from sagalint.definition.machine import FORK_TYPES, JSONATA, State
from sagalint.definition.naming.task_kinds import TaskKind, kind_of_task
from sagalint.definition.naming.words import stems, words
from sagalint.guess.course import Course, Trouble
from sagalint.guess.pairs.pairing import Pair
from sagalint.plan import CleanFailure, CleanResult, PlannedStep

_ASKS = stems("get check wait poll status state result for the is describe")


def clean_failures(course: Course, action: str, pair: Pair | None) -> tuple[CleanFailure, ...]:
    """The errors that an author has caught by name, and led elsewhere than the others, or past the own compensation."""
    troubles = course.troubles(action)
    others = [one.target for one in troubles if ALL in one.errors]
    found: dict[str, CleanFailure] = {}
    for error in dict.fromkeys(error for one in troubles for error in one.errors):
        first = first_match([one.errors for one in troubles], error)
        if first is None or not _can_be_clean(course.states[action], error):
            continue
        target = troubles[first].target
        after = course.leads_to([target])
        past = after.isdisjoint(pair.compensations) if pair else target not in others
        if past:
            told = _reported_as(course, troubles[first], others)
            found[error] = CleanFailure(error=error, reported_as=None if told == error else told)
    return tuple(found.values())


def already_done(course: Course, action: str) -> tuple[str, ...]:
    """The errors of an action that lead on as its success does: it was done before."""
    state = course.states[action]
    named = [error for way in course.caught(action) if way.target in course.onward(action) for error in way.errors]
    return tuple(dict.fromkeys(error for error in named if is_answer(state, error)))


def clean_results(course: Course, action: str) -> tuple[CleanResult, ...]:
    """The ways of a Choice that leave the way to success because of what an action has answered."""
    found = []
    for name in _asked_next(course, action):
        choice = course.states[name]
        for way in choice.onward:
            if way.target and way.target not in course.forward and _asks_for(course, choice, action):
                found.append(CleanResult(choice=name, next=way.target))
    return tuple(dict.fromkeys(found))


def _asked_next(course: Course, action: str) -> list[str]:
    """The Choices that follow an action before anything else is done, but for a task that asks how it went."""
    found, seen, to_do = [], {action}, [*course.onward(action)]
    while to_do:
        name = to_do.pop(0)
        state = course.states[name]
        if name in seen or name not in course.forward:
            continue
        seen.add(name)
        if state.type == "Choice":
            found.append(name)
        asks = state.type == "Task" and kind_of_task(state) is TaskKind.LOOKS and _of_the_same(name, action)
        if state.type not in ("Task", *FORK_TYPES) or asks:
            to_do.extend(course.onward(name))
    return found


def _of_the_same(name: str, action: str) -> bool:
    said = words(name).keys() & words(action).keys()
    return bool(said) or not words(name).keys() - _ASKS


def _asks_for(course: Course, choice: State, action: str) -> bool:
    """Whether a Choice asks for what an action has answered, as far as its definition shows that."""
    told = json.dumps(choice.body)
    asked = [action, *(name for name in course.tasks if name != action and _of_the_same(name, action))]
    return any(name in told for one in asked for name in _kept_in(course.states[one]))


def _kept_in(state: State) -> list[str]:
    """How a state's result is read after it: in any way, if it has replaced everything."""
    if state.language == JSONATA:
        kept = [f"${name}" for name, value in state.body.get("Assign", {}).items() if "states.result" in str(value)]
        return [*kept, "$states.input"]
    path = state.body.get("ResultPath", "$")
    return [] if path is None else [path]


def refusals(course: Course, names: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """By state, the errors that lead on as a success does, or that nothing repeats and nothing catches."""
    return {name: found for name in names if (found := _refusals_of(course, name))}


def _refusals_of(course: Course, name: str) -> tuple[str, ...]:
    state, catches = course.states[name], course.caught(name)
    named = [error for way in catches for error in way.errors]
    never = [error for one in state.retriers if not one.max_attempts for error in one.errors]
    found = []
    for error in dict.fromkeys([*named, *never]):
        match = first_match([way.errors for way in catches], error)
        leads_on = match is not None and catches[match].target in course.onward(name)
        if is_answer(state, error) and (leads_on or (match is None and error in never)):
            found.append(error)
    return tuple(found)


def transient_errors(course: Course, steps: Sequence[PlannedStep], names: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """By state, the errors of a function's own that a retrier names, besides those that mean something else."""
    clean = {step.action: {failure.error for failure in step.clean_failures} for step in steps}
    return {name: found for name in names if (found := _transient(course.states[name], clean.get(name, set())))}


def settling(course: Course, steps: Sequence[PlannedStep]) -> str | None:
    """The first step's compensation, if it asserts something."""
    first = steps[0].compensation
    return first if first and asserts(course.states[first]) else None


def _transient(state: State, besides: Collection[str]) -> tuple[str, ...]:
    if not kind_of(state).names_of_its_own:
        return ()
    repeated = [error for one in state.retriers if one.max_attempts for error in one.errors]
    own = [error for error in repeated if is_answer(state, error) and "." not in error]
    return tuple(dict.fromkeys(error for error in own if error not in besides))


def is_answer(state: State, error: str) -> bool:
    """Whether an error's name is an author's or a service's, and says nothing of a hiccup."""
    if state.type != "Task" or error.startswith(("States.", "Lambda.")):
        return False
    passing = kind_of(state).transient
    return error not in passing and error not in {name.partition(".")[2] for name in passing}


def asserts(state: State) -> bool:
    """Whether the arguments of a state refuse by themselves."""
    return any(function in json.dumps(state.arguments) for function in ("$assert(", "$error("))


def _can_be_clean(state: State, error: str) -> bool:
    return is_answer(state, error) or (error == QUERY_FAILED and asserts(state))


def _reported_as(course: Course, trouble: Trouble, other: Iterable[str]) -> str | None:
    """The error that an execution ends with after a trouble, if the definition writes it out; else None.

    Args:
        course: The course of the machine.
        trouble: The way that it takes.
        other: States where other troubles of the same action lead: what these end with too says nothing.
    """
    ends = [name for name in course.leads_to([trouble.target], caught=False) if course.states[name].type == "Fail"]
    shared = course.leads_to(other, caught=False)
    told = {_told(course.states[name], trouble, shared=name in shared) for name in ends}
    return told.pop() if len(told) == 1 else None


def _told(end: State, trouble: Trouble, *, shared: bool) -> str | None:
    error = end.body.get("Error")
    if not isinstance(error, str):
        return None
    if variable := re.fullmatch(r"\{%\s*\$(\w+)\.(\w+)\s*%\}", error):
        assigned = trouble.way.fields.get("Assign", {}).get(variable[1]) if trouble.way else None
        value = assigned.get(variable[2]) if isinstance(assigned, Mapping) else None
        return value if isinstance(value, str) and not value.strip().startswith("{%") else None
    return None if shared or error.strip().startswith("{%") else error

"""What the errors of a state seem to mean, by who catches and repeats them: an answer, a refusal, a hiccup."""

import json
import re
from collections.abc import Collection, Iterable, Mapping

from sagalint.definition.errors import ALL, QUERY_FAILED, first_match, kind_of
from sagalint.definition.machine import State
from sagalint.guess.course import Course, Trouble
from sagalint.guess.pairing import Pair
from sagalint.plan import CleanFailure


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
        past = pair.compensation not in course.leads_to([target]) if pair else target not in others
        if past:
            told = _reported_as(course, troubles[first], others)
            found[error] = CleanFailure(error=error, reported_as=None if told == error else told)
    return tuple(found.values())


def refusals(course: Course, name: str) -> tuple[str, ...]:
    """The errors that lead on as a success does, or that nothing repeats and nothing catches."""
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


def transient(state: State, besides: Collection[str]) -> tuple[str, ...]:
    """The errors of a function's own that a retrier names, besides those that are known to mean something else."""
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
        other: States where other troubles of the same action lead: what these end with too tells nothing.
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

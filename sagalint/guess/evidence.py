"""What speaks for a pair beside the names of its states: functions, tables, and what a resource is a part of."""

from collections.abc import Mapping, Sequence
from typing import Final

from sagalint.definition.machine import State
from sagalint.definition.names import stems, words
from sagalint.definition.task_kinds import WRITES_A_ROW, called_function
from sagalint.guess.course import Course
from sagalint.guess.vocabulary import Evidence, alike, fails_by_name, gives_back, rolls_back_everything

_CLEAR: Final = 3.0
"""What names are worth together that have a verb and a thing in common."""
_WHOLES: Final = stems("pool bucket table stack cluster database vpc namespace")
"""What has parts that go when it goes: a client of a user pool, an item of a table."""


def by_called(course: Course, action: str, candidate: str, actions: Sequence[str]) -> list[Evidence]:
    """What the function of a candidate, or of an action, says for the pair beside what the states' names say."""
    if sum(worth for worth, _ in alike(action, candidate, actions)) >= _CLEAR:
        return []
    if calls_function_of(course, candidate, actions) == action:
        return [(_CLEAR, f"{candidate} calls the function of {action} alone")]
    names = [spoken(course, action), spoken(course, candidate)]
    if names == [action, candidate]:
        return []
    every = [spoken(course, one) for one in actions]
    found = [alike(names[0], names[1], every), alike(action, names[1], actions), alike(names[0], candidate, every)]
    best = max(found, key=lambda one: sum(worth for worth, _ in one))
    clear = sum(worth for worth, _ in best) >= _CLEAR
    return [(_CLEAR, f"by the functions' names, {how}") for _, how in best[-1:]] if clear else []


def undoes_one_by_function(course: Course, candidate: str, actions: Sequence[str]) -> bool:
    """Whether a candidate that seems to undo everything calls a function that undoes one action."""
    if calls_function_of(course, candidate, actions):
        return True
    called = spoken(course, candidate)
    if called == candidate or rolls_back_everything(called, course.tasks) or not gives_back(called):
        return False
    return sum(max(_worth(one, called), _worth(spoken(course, one), called)) >= _CLEAR for one in actions) == 1


def _worth(action: str, candidate: str) -> float:
    return sum(worth for worth, _ in alike(action, candidate, [action]))


def calls_function_of(course: Course, candidate: str, actions: Sequence[str]) -> str | None:
    """The one action whose function a candidate calls too, if each of several actions calls its own."""
    called = {one: called_function(course.states[one]) for one in actions}
    mine = called_function(course.states[candidate])
    same = [one for one, function in called.items() if function and function == mine]
    own = len({*called.values()}) == len(called) > 1
    return same[0] if own and len(same) == 1 else None


def spoken(course: Course, name: str) -> str:
    """The name of the function that a state calls, if it is known and has other words; the state's own otherwise."""
    called = called_function(course.states[name])
    return called if called and words(called).keys() != words(name).keys() else name


def takes_the_whole(action: str, undone_by: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
    """What takes away the resource whose part an action makes.

    Args:
        action: The action.
        undone_by: By action, what undoes it.
    """
    said = words(action).keys()
    wholes = (one for one in undone_by if words(one).keys() < said and _WHOLES & words(one).keys())
    return tuple(undo for whole in wholes for undo in undone_by[whole])


def in_the_same_row(course: Course, action: str, undone_by: Sequence[str], candidates: Sequence[str]) -> list[str]:
    """What notes a failure in the table that an action and what undoes it write to."""
    table = _table_of(course.states[action])
    if not table or not any(_table_of(course.states[one]) == table for one in undone_by):
        return []
    return [one for one in candidates if fails_by_name(one) and _table_of(course.states[one]) == table]


def _table_of(state: State) -> str:
    """The table in which a state writes a row; empty if it writes none."""
    arguments = state.arguments if isinstance(state.arguments, Mapping) else {}
    return str(arguments.get("TableName", "")) if WRITES_A_ROW.search(state.resource) else ""

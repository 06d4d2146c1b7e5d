"""What speaks for a pair beside the names of its states: functions, tables, and what a resource is a part of."""

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from sagalint.definition.errors import ALL
from sagalint.definition.machine import State
from sagalint.definition.naming.called import called_function
from sagalint.definition.naming.task_kinds import WRITES_A_ROW, TaskKind, kind_of_task, notes_by_name
from sagalint.definition.naming.words import FAILS, LITTLE_WORDS, same_thing, stems, what_of, words
from sagalint.guess.course import Course
from sagalint.guess.vocabulary import (
    SAYS_NO_THING,
    Evidence,
    alike,
    fails_by_name,
    gives_back,
    handles_errors,
    rolls_back_everything,
)

_CLEAR: Final = 3.0
"""What names are worth together that have a verb and a thing in common."""
_MOST_CALLERS: Final = 4
"""How many states may call a function whose name says what they do."""
_WHOLES: Final = stems("pool bucket table stack cluster database vpc namespace")
"""What has parts that go when it goes: a client of a user pool, an item of a table."""

_DOES: Final = (TaskKind.MOVES, TaskKind.CHANGES, TaskKind.COMMITS)
_HOSTS: Final = stems("cluster instance server machine sandbox environment stack node fleet")
"""What jobs and steps run on, and what they leave there goes with it."""

_DEALS_WITH: Final = stems(
    "retry again escalate escalation queue quarantine investigate alternative manual human dispute flag fallback dlq"
)
"""Words of what is done about a failure, and undoes nothing."""
_OF_ONE_ALONE: Final = 3.5
"""What names are worth that speak of a thing of one action alone: enough on a rollback that all steps share."""


class Things:
    """The things of which a way back and one action alone speak: `FreeBed` and `ReserveBed`, whatever the verbs."""

    def __init__(self, course: Course, actions: Sequence[str], candidates: Sequence[str]) -> None:
        self._course = course
        self._every = actions
        does = [one for one in actions if kind_of_task(course.states[one]) in _DOES or _writes(course, one)]
        things = {one: _things_in(words(one)) for one in does}
        aside = {one for one in course.aside if course.states[one].type == "Task"}
        failures = course.leads_to([*course.forward], uncaught_at=aside)
        self._thing: dict[tuple[str, str], str] = {}
        for candidate in candidates:
            if (candidate in failures or candidate not in course.reached) and self._leads_back(candidate):
                said = _things_in(what_of(candidate))
                shared = {
                    one: [it for it in said if any(same_thing(it, other) for other in things[one])] for one in does
                }
                spoken_of = [one for one in does if shared[one]]
                if len(spoken_of) == 1:
                    self._thing[spoken_of[0], candidate] = what_of(candidate)[shared[spoken_of[0]][0]]

    def evidence(self, action: str, candidate: str, found: Sequence[Evidence]) -> list[Evidence]:
        """What things say for a pair, where what the verbs say is less."""
        more = _OF_ONE_ALONE - _sum(found)
        thing = self._thing.get((action, candidate))
        return [(more, f"{thing!r} is of no other step")] if thing and more > 0 else []

    def alone_speak(self, action: str, undone_by: Iterable[str]) -> bool:
        """Whether only things speak for a pair, no verb that is known, and not all of a name: `RestorePaidPoints`."""
        parts = [one for one in undone_by if not words(action).keys() < words(one).keys()]
        said = [(one, alike(action, one, self._every)) for one in parts]
        return any(_sum(found) < _CLEAR and self.evidence(action, one, found) for one, found in said)

    def is_own(self, action: str, undone_by: Iterable[str]) -> bool:
        """Whether things speak for a pair, and what nobody foresaw in the action leads straight to what undoes it."""
        caught = [one.target for one in self._course.troubles(action) if ALL in one.errors]
        return any(one in caught and self.evidence(action, one, []) for one in undone_by)

    def _leads_back(self, name: str) -> bool:
        """Whether a task may undo something: it sends or notes nothing, and leads on to no step."""
        state, said = self._course.states[name], what_of(name).keys()
        kind = kind_of_task(state)
        notes = kind in (TaskKind.TELLS, TaskKind.LOOKS, TaskKind.NOTES)
        goes_on = not self._course.leads_to([name], caught=False).isdisjoint(self._course.tasks)
        return not notes and not goes_on and not said & (_DEALS_WITH | FAILS) and not handles_errors(name)


def _things_in(said: Mapping[str, str]) -> list[str]:
    return [stem for stem in said if stem not in SAYS_NO_THING | LITTLE_WORDS]


class Called:
    """The functions that the states of a saga call, by their names."""

    def __init__(self, course: Course, actions: Sequence[str], candidates: Sequence[str]) -> None:
        self._course = course
        self._actions = actions
        called = {one: called_function(course.states[one]) for one in (*actions, *candidates)}
        callers = Counter(called.values())
        self._spoken = {
            one: name if 0 < callers[name] <= _MOST_CALLERS and words(name).keys() != words(one).keys() else one
            for one, name in called.items()
            if name
        }
        mine = {one: called[one] for one in actions if called[one]}
        each_its_own = len({*mine.values()}) == len(mine) > 1
        self._of_action = {function: one for one, function in mine.items()} if each_its_own else {}
        self._called = called
        self._every = [self.spoken(one) for one in actions]

    def spoken(self, name: str) -> str:
        """The name of the function that a state calls, if it is known and has other words; the state's own otherwise.

        A function that many states call does everything, or is a placeholder: it says nothing.
        """
        return self._spoken.get(name, name)

    def evidence(self, action: str, candidate: str, found: Sequence[Evidence]) -> list[Evidence]:
        """What the functions say for a pair, where what the states' names say is not clear."""
        if _sum(found) >= _CLEAR:
            return []
        if self._of_action.get(self._called[candidate]) == action:
            return [(_CLEAR, f"{candidate} calls the function of {action} alone")]
        doing, undoing = self.spoken(action), self.spoken(candidate)
        if (doing, undoing) == (action, candidate):
            return []
        said = [alike(doing, undoing, self._every), alike(action, undoing, self._actions)]
        best = max((*said, alike(doing, candidate, self._every)), key=_sum)
        return [(_CLEAR, f"by the functions' names, {best[-1][1]}")] if _sum(best) >= _CLEAR else []

    def undoes_one(self, candidate: str) -> bool:
        """Whether a candidate that seems to undo everything calls a function that undoes one action."""
        if self._called[candidate] in self._of_action:
            return True
        said = self.spoken(candidate)
        if said == candidate or rolls_back_everything(said, self._course.tasks) or not gives_back(said):
            return False
        clear = [_sum(alike(one, said, [one])) >= _CLEAR for one in self._actions]
        by_function = [_sum(alike(one, said, [one])) >= _CLEAR for one in self._every]
        return sum(one or other for one, other in zip(clear, by_function, strict=True)) == 1


def _writes(course: Course, name: str) -> bool:
    """Whether a task that writes a row does something by its name, and only by its resource seems to note."""
    state = course.states[name]
    return kind_of_task(state) is TaskKind.NOTES and not notes_by_name(name) and bool(_table_of(state))


def _sum(found: Sequence[Evidence]) -> float:
    return sum(worth for worth, _ in found)


def takes_the_whole(action: str, undone_by: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
    """What takes away the resource whose part an action makes.

    Args:
        action: The action.
        undone_by: By action, what undoes it.
    """
    said = words(action).keys()
    wholes = (one for one in undone_by if words(one).keys() < said and _WHOLES & words(one).keys())
    return tuple(undo for whole in wholes for undo in undone_by[whole])


def takes_away_a_whole(action: str, undone_by: Iterable[str]) -> bool:
    """Whether what undoes an action takes away something that others are done on: a cluster with its jobs."""
    return any(_HOSTS & words(one).keys() for one in (action, *undone_by))


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


def by_function(course: Course, names: Sequence[str], others: Sequence[str]) -> dict[str, str]:
    """By state, the first that calls the same function in the same way, and that it never follows, or does again.

    A function that the others call too says nothing: it is a placeholder, or does everything.
    """
    theirs = {_called(course.states[one]) for one in others}
    members: dict[str, list[str]] = defaultdict(list)
    found = {}
    for name in names:
        called = _called(course.states[name])
        same = [] if called in theirs else members[called]
        apart = any(_follow(course, name, one) and not _does_again(course, name, one) for one in same)
        first = same[0] if same and not apart else name
        if first == name and same:
            found[name] = name
            continue
        found[name] = first
        members[called].append(name)
    return found


def _follow(course: Course, one: str, other: str) -> bool:
    """Whether two states can run one after the other."""
    return other in course.leads_to([one]) or one in course.leads_to([other])


def _does_again(course: Course, one: str, other: str) -> bool:
    """Whether two states of a rollback that call one function mean the same, though either can follow the other.

    `ReleasePressToo` repeats in what an outer Catch leads to what `ReleasePress` has undone in its branch. One function
    that two states with names of their own call, may undo something else each time, unless it is named as one of them.
    """
    if {one, other} & {*course.forward}:
        return False
    said, also = words(one).keys(), words(other).keys()
    function = words(called_function(course.states[one])).keys()
    return said <= also or also <= said or function in (said, also)


def _is_prose(value: object) -> bool:
    """Whether a value says something to a person, such as why a function is called, and not what it is to do."""
    return isinstance(value, str) and len(value.split()) > 1


def _called(state: State) -> str:
    arguments = state.arguments if isinstance(state.arguments, Mapping) else {}
    fixed = {key: value for key, value in sorted(arguments.items()) if not key.endswith(".$") and key != "Payload"}
    reported = json.dumps([state.resource, fixed], sort_keys=True)
    payload = arguments.get("Payload")
    if isinstance(payload, Mapping):
        chosen = {key: value for key, value in payload.items() if not key.endswith(".$") and not _is_prose(value)}
        reported += json.dumps(chosen, sort_keys=True)
    named = ":states:::" not in state.resource or bool(fixed)
    return reported if named else f"{reported} {state.name}"

"""Which compensation undoes which action, as far as names, comments and the order of a rollback say."""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from sagalint.definition.errors import ALL
from sagalint.definition.naming.task_kinds import TaskKind, kind_of_task, notes_by_name
from sagalint.definition.naming.words import words
from sagalint.guess.course import Course, Trouble
from sagalint.guess.pairs.assignment import best_assignment
from sagalint.guess.pairs.evidence import Called, Things, by_function, in_the_same_row, takes_the_whole
from sagalint.guess.vocabulary import (
    Evidence,
    alike,
    changes_something,
    cleans_up,
    fails_by_name,
    gives_back,
    handles_errors,
    only_reports_failure,
    rolls_back_everything,
    speaks_of_one,
    speaks_of_undoing,
    undoes_anything,
    undoes_by_name,
    undoing_failed,
)

_ENOUGH: Final = 2.0
"""What a pair must be worth to be taken."""
_SURE: Final = 3.0
"""What a pair is worth that names and course, or a verb and a noun, speak for."""


_SEVERAL: Final = 2
"""How many pairs it takes to be a saga whose names say nothing."""
_MANY: Final = 3
"""From how many tasks on a cleanup that their Catches lead to is one of everything."""


@dataclass(frozen=True)
class Pair:
    """The compensations that were found for an action.

    Attributes:
        compensations: Their states: several if the same function is called on several ways.
        grounds: What speaks for it, each as a part of a sentence.
        sure: Whether that is much.
    """

    compensations: tuple[str, ...]
    grounds: tuple[str, ...]
    sure: bool = True


def paired(course: Course, actions: Sequence[str], candidates: Sequence[str]) -> dict[str, Pair]:
    """The compensations of actions: the assignment for which most speaks in all.

    States that call the same function are one action, or one compensation. What rolls back everything is the
    compensation of each action that has none of its own, if a failure from there on leads to it.

    Args:
        course: The course of the machine.
        actions: The actions, in order.
        candidates: What may be a compensation.
    """
    candidates = [one for one in candidates if not undoing_failed(one)]
    called = Called(course, actions, candidates)
    whole = [one for one in candidates if rolls_back_everything(one, course.tasks) and not called.undoes_one(one)]
    back = [one for one in candidates if undoes_anything(one)]
    everything = [one for one in whole if len(back) == 1 or not speaks_of_one(one, actions)]
    everything += [one for one in candidates if one not in everything and _clears_all(course, actions, candidates, one)]
    own = [one for one in candidates if one not in everything and not handles_errors(one)]
    things = Things(course, actions, own)
    pairs = _one_to_one(course, actions, own, called, things)
    if not _is_saga(pairs, called, things):
        pairs = {one: pair for one, pair in pairs.items() if things.is_own(one, pair.compensations)}
    pairs |= _by_exclusion(course, actions, own, pairs)
    for action, pair in pairs.items():
        pairs[action] = _with(pair, in_the_same_row(course, action, pair.compensations, candidates))
    everything += [one for one in _only_one(course, actions, own) if not called.undoes_one(one)]
    for name in everything:
        for action in _led_to(course, actions, name):
            known = pairs.get(action, Pair((), ()))
            if name not in known.compensations:
                grounds = (*known.grounds, f"{name} seems to roll back everything")
                pairs[action] = Pair((*known.compensations, name), grounds, name not in own)
    undone_by = {action: pair.compensations for action, pair in pairs.items()}
    return {action: _with(pairs[action], takes_the_whole(action, undone_by)) for action in actions if action in pairs}


def _is_saga(pairs: Mapping[str, Pair], called: Called, things: Things) -> bool:
    """Whether some pairs are more than one of which only a thing, or nothing, speaks."""
    undoing = {one for pair in pairs.values() for one in pair.compensations}
    nameless = [one for one in undoing if not notes_by_name(one) and not fails_by_name(one)]
    if len(nameless) >= _SEVERAL or any(map(undoes_by_name, undoing)):
        return True
    verbs = [one for one in undoing if gives_back(one) or gives_back(called.spoken(one))]
    return bool(verbs) and not all(things.alone_speak(one, pair.compensations) for one, pair in pairs.items())


def _by_exclusion(
    course: Course, actions: Sequence[str], candidates: Sequence[str], pairs: Mapping[str, Pair]
) -> dict[str, Pair]:
    """The pair of the one action whose name says nothing, and the one compensation that is left over."""
    taken = {one for pair in pairs.values() for one in pair.compensations}
    left = [one for one in candidates if one not in taken and gives_back(one) and one in course.reached]
    unknown = [one for one in actions if one not in pairs and not changes_something(one)]
    bare = [one for one in unknown if kind_of_task(course.states[one]) is TaskKind.CHANGES]
    if not pairs or len(left) != 1 or len(bare) != 1 or left[0] not in course.leads_to(bare):
        return {}
    if not _can_undo(course, bare[0], left[0]) or _is_anothers(course, bare[0], left[0]):
        return {}
    return {bare[0]: Pair((left[0],), (f"{left[0]} undoes no other step",), sure=False)}


def _clears_all(course: Course, actions: Sequence[str], candidates: Sequence[str], name: str) -> bool:
    """Whether the Catches of many tasks lead straight to what clears away whatever was made, or alone undoes it."""
    straight = [one for one in course.tasks if any(way.target == name for way in course.caught(one))]
    own = [one for one in straight if any(way.target == name for way in course.states[one].catches)]
    alone = len(own) > _MANY and [one for one in candidates if gives_back(one)] == [name]
    return alone or (len(straight) >= _MANY and cleans_up(name, actions))


def _with(pair: Pair, more: Iterable[str]) -> Pair:
    """A pair with more compensations."""
    return replace(pair, compensations=tuple(dict.fromkeys((*pair.compensations, *more))))


def _only_one(course: Course, actions: Sequence[str], candidates: Sequence[str]) -> list[str]:
    """The one candidate that gives something back, if failures of several actions lead there, and it is none's own."""
    back = [one for one in candidates if gives_back(one) and one in course.reached]
    if len(back) != 1 or sum(speaks_of_undoing(action, back[0]) for action in actions) == 1:
        return []
    if any(sum(said in words(one) for one in actions) == 1 for said in words(back[0])):
        return []
    led = [one for one in actions if any(trouble.target == back[0] for trouble in course.troubles(one))]
    return back if len(led) >= _SEVERAL else []


def _one_to_one(
    course: Course, actions: Sequence[str], candidates: Sequence[str], called: Called, things: Things
) -> dict[str, Pair]:
    doing, undoing = by_function(course, actions, candidates), by_function(course, candidates, actions)
    evidence: dict[tuple[str, str], list[Evidence]] = defaultdict(list)
    for action in actions:
        for candidate in candidates:
            found = alike(action, candidate, actions)
            found += things.evidence(action, candidate, found)
            found += [*called.evidence(action, candidate, found), *_by_comment(course, action, candidate)]
            _take(evidence, (doing[action], undoing[candidate]), found)
    for (action, candidate), more in _by_course(course, actions, candidates):
        _take(evidence, (doing[action], undoing[candidate]), [more])
    after = {action: course.leads_to([action]) for action in actions}
    for action, candidate in [*evidence]:
        follows = candidate in after[action] or candidate not in course.reached
        wrong = not _can_undo(course, action, candidate) or _is_anothers(course, action, candidate)
        if not follows or wrong or _notes_a_refusal(course, actions, action, candidate):
            del evidence[action, candidate]
    worth = {key: total for key, found in evidence.items() if (total := sum(one for one, _ in found)) >= _ENOUGH}
    best = best_assignment(worth)
    return {
        action: Pair(
            tuple(one for one in candidates if undoing[one] == best[doing[action]]),
            tuple(reported for _, reported in evidence[doing[action], best[doing[action]]] if reported),
            sum(one for one, _ in evidence[doing[action], best[doing[action]]] if one > 0) >= _SURE,
        )
        for action in actions
        if doing[action] in best
    }


def _is_anothers(course: Course, action: str, candidate: str) -> bool:
    """Whether a name says that a state undoes another task, and has no word of this one."""
    said = words(candidate).keys()
    if said & words(action).keys() or speaks_of_undoing(action, candidate):
        return False
    return any(said & words(task).keys() and speaks_of_undoing(task, candidate) for task in course.tasks)


def _can_undo(course: Course, action: str, candidate: str) -> bool:
    """Whether an action changes something by its name, or a pair is one by its names."""
    kind = kind_of_task(course.states[action])
    if only_reports_failure(action, candidate):
        return False
    changes = kind in (TaskKind.MOVES, TaskKind.CHANGES) or (kind is TaskKind.NOTES and not notes_by_name(action))
    only_notes = notes_by_name(candidate) and not gives_back(candidate)
    return (changes and not only_notes) or speaks_of_undoing(action, candidate)


def _notes_a_refusal(course: Course, actions: Sequence[str], action: str, candidate: str) -> bool:
    """Whether a candidate only notes that the first action failed: no later failure leads to it, and no verb undoes."""
    notes = kind_of_task(course.states[candidate]) is TaskKind.NOTES or fails_by_name(candidate)
    if action != actions[0] or not notes or gives_back(candidate) or speaks_of_undoing(action, candidate):
        return False
    later = [one.target for other in actions[1:] for one in course.troubles(other)]
    return bool(later) and candidate not in course.leads_to(later) and candidate in course.reached


def _take(evidence: dict[tuple[str, str], list[Evidence]], key: tuple[str, str], more: list[Evidence]) -> None:
    """Adds grounds, of each kind the best one: states of one function speak once."""
    for worth, reported in more:
        said = [other for _, other in evidence[key]]
        if reported not in said and not (worth < 0 and any(one < 0 for one, _ in evidence[key])):
            evidence[key].append((worth, reported))


def _led_to(course: Course, actions: Sequence[str], name: str) -> list[str]:
    """The actions from which a failure, their own or that of a later task, leads to a state."""
    lead = [
        index
        for index, task in enumerate(course.tasks)
        if name in course.leads_to(trouble.target for trouble in course.troubles(task))
    ]
    before = course.tasks[: max(lead) + 1] if lead else ()
    return [one for one in actions if one in before]


def _by_comment(course: Course, action: str, candidate: str) -> list[Evidence]:
    comment = str(course.states[candidate].body.get("Comment", ""))
    names = action in comment and re.search(rf"\b{re.escape(action)}\b", comment)
    return [(3.0, "its Comment names it")] if names else []


def _by_course(
    course: Course, actions: Sequence[str], candidates: Sequence[str]
) -> list[tuple[tuple[str, str], Evidence]]:
    """What the ways of a rollback say: it begins with the own compensation, or with that of the step before."""
    found: dict[tuple[str, str], Evidence] = {}
    earlier: list[Trouble] = []
    undo = [one for one in candidates if gives_back(one)]
    for index, action in enumerate(actions):
        troubles = [one for one in course.troubles(action) if not course.goes_on(one.target, actions, undo)]
        shared = [one.way for one in troubles]  # a Parallel's catcher is that of every action in it
        before = [one.target for one in earlier if not any(one.way is way for way in shared)]
        for candidate in course.leads_to(before) & {*candidates}:
            found[action, candidate] = (-1.5, "")
        for trouble in troubles:
            for first in course.first_of(trouble.target, candidates):
                if ALL in trouble.errors:
                    found.setdefault((action, first), (2.0, f"what nobody foresaw in {action} leads there"))
                if index:
                    found.setdefault(
                        (actions[index - 1], first), (1.5, f"a failure of {action}, the next, leads there")
                    )
        earlier += troubles
    return [*found.items()]

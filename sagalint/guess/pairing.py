"""Which compensation undoes which action, as far as names, comments and the order of a rollback tell."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from sagalint.definition.errors import ALL
from sagalint.guess.course import Course, Trouble

_WORD: Final = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
_SUFFIXES: Final = ("ations", "ation", "ments", "ment", "ings", "ing", "ure", "ed", "es", "s", "ate", "e")
_SHORTEST_STEM: Final = 3
_ENOUGH: Final = 2.0
"""What a pair must be worth to be taken."""


def words(name: str) -> dict[str, str]:
    """The words of a state's name in lower case, by their stems: `ReserveHotel` has those of `hotel reservation`."""
    return {_stem(word.lower()): word.lower() for word in _WORD.findall(name)}


def _stem(word: str) -> str:
    suffix = next((one for one in _SUFFIXES if word.endswith(one) and len(word) - len(one) >= _SHORTEST_STEM), "")
    stem = word.removesuffix(suffix)
    return stem[:-1] if len(stem) > _SHORTEST_STEM and stem[-1] == stem[-2] else stem


def _stems(text: str) -> frozenset[str]:
    return frozenset(_stem(word) for word in text.split())


_OPENS: Final = _stems("register create open begin start place submit record put save add initiate accept new process")
_STATUS: Final = _stem("status")
_FAILS: Final = _stems(
    "fail failed failure reject rejected decline declined abort aborted error incomplete unsuccessful"
)
_UNDOES_ANYTHING: Final = _stems("undo revert rollback compensate compensation")
_UNDOES: Final[Mapping[str, frozenset[str]]] = {
    **{_stem(undo): _OPENS for undo in ("status", "fail", "reject", "abort", "decline")},
    **{
        _stem(undo): _stems(done)
        for undo, done in {
            "refund": "charge pay process take capture bill collect debit purchase",
            "release": "reserve hold lock allocate block acquire claim authorize authorise assign",
            "cancel": "book reserve order place create schedule request start ship subscribe rent make issue hire",
            "debit": "credit deposit",
            "credit": "debit withdraw charge",
            "reverse": "credit debit charge transfer post apply process pay",
            "delete": "create add insert put register save write store upload provision",
            "remove": "create add insert put register save write store attach assign",
            "unregister": "register",
            "deregister": "register",
            "void": "authorize authorise charge issue invoice register create capture",
            "close": "open register create",
            "revert": "process update apply",
            "withdraw": "deposit submit offer",
            "return": "reserve deduct decrease take remove borrow",
            "restock": "reserve deduct decrease take remove pick",
            "restore": "deduct decrease remove delete update",
            "increase": "decrease deduct reserve",
            "decrease": "increase",
            "increment": "decrement",
            "decrement": "increment",
            "detach": "attach",
            "stop": "start launch",
            "terminate": "start launch create provision",
            "deprovision": "provision",
            "disable": "enable",
            "revoke": "grant issue",
            "update": "update",
        }.items()
    },
}
_CLEARLY_UNDOES: Final = _UNDOES_ANYTHING | _stems(
    "refund release cancel reverse void unregister deregister restock revoke unlock unblock unassign"
)
_NEGATIONS: Final = ("un", "de", "dis")


def undoes_by_name(name: str) -> bool:
    """Whether the name alone says that a state undoes something."""
    return not _CLEARLY_UNDOES.isdisjoint(words(name))


def fails_by_name(name: str) -> bool:
    """Whether the name says that a state is about a failure."""
    return not _FAILS.isdisjoint(words(name))


@dataclass(frozen=True)
class Pair:
    """A compensation as it was found for an action.

    Attributes:
        compensation: The compensation.
        grounds: What speaks for it, each as a part of a sentence.
    """

    compensation: str
    grounds: tuple[str, ...]


def paired(course: Course, actions: Sequence[str], candidates: Sequence[str]) -> dict[str, Pair]:
    """The best assignment of compensations to actions: each used once, the most evidence in all.

    Args:
        course: The course of the machine.
        actions: The actions, in order.
        candidates: What may be a compensation.
    """
    evidence = {
        (action, candidate): [*_by_name(action, candidate, actions), *_by_comment(course, action, candidate)]
        for action in actions
        for candidate in candidates
    }
    for key, more in _by_course(course, actions, candidates):
        evidence[key].append(more)
    worth = {key: total for key, found in evidence.items() if (total := sum(one for one, _ in found)) >= _ENOUGH}
    return {
        action: Pair(candidate, tuple(told for _, told in evidence[action, candidate] if told))
        for action, candidate in best_assignment(worth).items()
    }


_Evidence = tuple[float, str]


def _by_name(action: str, candidate: str, actions: Sequence[str]) -> list[_Evidence]:
    done, undone = words(action), words(candidate)
    shared = [
        stem
        for stem in done
        if stem in undone and stem not in _FAILS and stem not in _CLEARLY_UNDOES and stem not in ("set", "and", "the")
    ]
    nouns = min(2.0, sum(1 / sum(stem in words(one) for one in actions) for stem in shared))
    found = [(nouns, f"both speak of {' and '.join(repr(done[stem]) for stem in shared)}")] if shared else []
    for undo, said in sorted(undone.items(), key=lambda one: one[0] == _STATUS):
        if pair := next((stem for stem in done if stem in _UNDOES.get(undo, ()) and stem != undo), None):
            how = "closes what" if _UNDOES[undo] == _OPENS else "undoes"
            return [
                *found,
                (3.0 if shared else 1.0, f"{said!r} {how} {done[pair]!r}{' opens' if how != 'undoes' else ''}"),
            ]
        if negated := next((word for word in done.values() if said in [f"{one}{word}" for one in _NEGATIONS]), None):
            return [*found, (3.0, f"{said!r} undoes {negated!r}")]
        if undo in _UNDOES_ANYTHING and shared:
            return [*found, (2.0, f"{said!r} undoes anything")]
    return found


def _by_comment(course: Course, action: str, candidate: str) -> list[_Evidence]:
    names = re.search(rf"\b{re.escape(action)}\b", str(course.states[candidate].body.get("Comment", "")))
    return [(3.0, "its Comment names it")] if names else []


def _by_course(
    course: Course, actions: Sequence[str], candidates: Sequence[str]
) -> list[tuple[tuple[str, str], _Evidence]]:
    """What the ways of a rollback tell: it begins with the own compensation, or with that of the step before."""
    found: dict[tuple[str, str], _Evidence] = {}
    earlier: list[Trouble] = []
    for index, action in enumerate(actions):
        troubles = course.troubles(action)
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


def best_assignment(worth: Mapping[tuple[str, str], float]) -> dict[str, str]:
    """Assigns right to left, each once, so that the whole is worth most.

    Each round takes the way of re-assignments that gains most, as long as one gains.
    """
    taken: dict[str, str] = {}
    while True:
        free = {left for left, _ in worth} - {*taken.values()}
        gain = dict.fromkeys(sorted(free), 0.0)
        gained: dict[str, float] = {}
        came: dict[str, str] = {}
        changed = True
        while changed:
            changed = False
            for (left, right), value in worth.items():
                if left not in gain or taken.get(right) == left or gain[left] + value <= gained.get(right, 0.0):
                    continue
                gained[right], came[right], changed = gain[left] + value, left, True
                if right in taken:
                    gain[taken[right]] = gained[right] - worth[taken[right], right]
        ends = {right: total for right, total in gained.items() if right not in taken}
        if not ends:
            return {left: right for right, left in taken.items()}
        right = max(ends, key=lambda one: ends[one])
        held = {left: one for one, left in taken.items()}
        way: str | None = right
        while way is not None:
            left = came[way]
            taken[way], way = left, held.get(left)

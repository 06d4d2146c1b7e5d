"""Whether anything shows that a compensation gave up: an alert, another end, or an error that says so."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from typing import Any, Final

from sagalint.definition.errors import TIMEOUT, ended_with
from sagalint.definition.layout import Taker
from sagalint.definition.machine import FORK_TYPES, JSONATA, State, Way
from sagalint.expressions.jsonata_tree import expressions_in, free_variables
from sagalint.paths.answers import overlap, placed_by
from sagalint.paths.effects import GivenUp
from sagalint.paths.history import History
from sagalint.paths.roles import Roles
from sagalint.paths.situation import Move

_PATH: Final = re.compile(r"\$(?:[A-Za-z_]\w*)?(?:\.[A-Za-z_][\w-]*|\[[^\]\"]*\])*")
_CONTEXT: Final = re.compile(r"\$\$[\w.\[\]]*")
_INPUT: Final = "$states"
_NOT_READ: Final = ("Next", "Catch", "Retry", "Comment", "ResultPath", "Default")
_SAYS_WHY: Final = ("Error", "ErrorPath")

_Mark = tuple[str, str]
"""A path or a variable, and what is put there."""


class Silence:
    """Follows each compensation that gives up, as far as its execution is as after a complete rollback."""

    def __init__(self, roles: Roles) -> None:
        self._roles = roles
        self._layout = roles.layout
        self.asking: set[str] = set()
        """The Choices that ask for what only a compensation that gives up places."""
        self._tried_again: set[str] = set()
        asked = roles.undoes if roles.plan.guessed else ()
        self.ends = {name: frozenset(self._ends_of(self._layout.states[name])) for name in asked}
        """By compensation, the ends that it can come to when it gives up, and neither a task nor a Choice notes it."""
        unseen = frozenset(name for name, ends in self.ends.items() if ends)
        self.given_up = GivenUp(unseen, frozenset(self._tried_again))
        """What follows when the compensations give up."""

    def _ends_of(self, compensation: State) -> Iterator[str]:
        taker = self._layout.taker(compensation, TIMEOUT)
        if taker.owner is None:
            return
        owner = taker.owner
        way = owner.onward[0] if taker.catcher is None else owner.catches[taker.catcher]
        starts = self._targets(owner, way)
        aside, beside = self._follow(starts, compensation), self._follow(self._next(compensation), compensation)
        if any(compensation in self._layout.states[name].tasks for name in aside):
            self._tried_again.add(compensation.name)
        marks = {mark for mark in _placed(owner, way) if mark not in self._usual}
        marks = self._marks(marks, aside, beside, taker, compensation)
        found, to_do = set(starts), [*starts]
        while to_do:
            state = self._layout.states[to_do.pop()]
            if (
                compensation in state.tasks
                or self._notes(state, beside)
                or self._asks(state, marks, compensation, beside)
            ):
                continue
            new = {*self._next(state)} - found
            found |= new
            to_do.extend(new)
            if self._is_end(state) and not (state.type == "Fail" and _reads(state, marks, *_SAYS_WHY)):
                yield state.name

    def _marks(
        self, marks: set[_Mark], aside: set[str], beside: set[str], taker: Taker, compensation: State
    ) -> set[_Mark]:
        """What is placed only where a compensation has given up, and what is made of that."""
        states = [self._layout.states[name] for name in sorted(aside) if name != compensation.name]
        around = [self._layout.states[name] for name in self._layout.forks_around(compensation.name)]
        if taker.owner in around:
            around = around[around.index(taker.owner) + (taker.catcher is not None) :]
        for one in states:
            if one.name not in beside and one.type in ("Pass", "Task"):
                marks = marks | {*_placed(one, one.onward[0])}
        while True:
            new = {
                mark
                for one in (*states, *around)
                if one.type in ("Pass", *FORK_TYPES) and (_reads(one, marks) or (one in around and marks))
                for mark in _placed(one, one.onward[0])
            } - marks
            if not new:
                return marks
            marks = marks | new

    def _asks(self, state: State, marks: set[_Mark], compensation: State, beside: set[str]) -> bool:
        """Whether a Choice asks for what was placed, and what follows depends on it."""
        if state.type != "Choice" or not _reads(state, marks):
            return False
        follows = {frozenset(self._outcomes(str(way.target), compensation, beside)) for way in state.onward}
        if len(follows - {frozenset()}) > 1:
            self.asking.add(state.name)
            return True
        return False

    def _outcomes(self, start: str, compensation: State, beside: set[str]) -> Iterator[str]:
        for name in self._follow([start], compensation):
            state = self._layout.states[name]
            if compensation not in state.tasks and (self._is_end(state) or self._notes(state, beside)):
                yield name

    def _notes(self, state: State, beside: set[str]) -> bool:
        """Whether a state is a task of its own, or has one: an alert, a note in a table."""
        roles = self._roles
        return any(
            one.name not in roles.undoes
            and one.name not in roles.does
            and (one.name not in roles.reports_failure or state.name not in beside)
            for one in state.tasks
        )

    def _follow(self, starts: Iterable[str], compensation: State) -> set[str]:
        """The states that can follow where nothing else fails; what the compensation leads to is not looked for."""
        found, to_do = {*starts}, [*starts]
        while to_do:
            state = self._layout.states[to_do.pop()]
            new = {*(() if compensation in state.tasks else self._next(state))} - found
            found |= new
            to_do.extend(new)
        return found

    def _next(self, state: State) -> list[str]:
        if state.type == "Fail":
            if self._layout.fork_of(state.name) is None:
                return []
            taker = self._layout.taker(state, ended_with(state)[0])
            if taker.owner is None:
                return []
            owner = taker.owner
            return self._targets(owner, owner.onward[0] if taker.catcher is None else owner.catches[taker.catcher])
        ways = state.onward or (Way(None, {}),)
        return [target for way in ways for target in self._targets(state, way)]

    def _targets(self, state: State, way: Way) -> list[str]:
        """Where a way leads: at the end of a branch, to what follows its fork."""
        if way.target is not None:
            return [way.target]
        fork = self._layout.fork_of(state.name)
        return [] if fork is None else self._next(fork)

    def _is_end(self, state: State) -> bool:
        """Whether an execution ends with a state, as its definition means."""
        return state.name in self._layout.machine.states and not self._next(state)

    @cached_property
    def _usual(self) -> frozenset[_Mark]:
        """What the Catches of actions place too: it does not say that a compensation gave up."""
        names = [*self._roles.does, *(fork for one in self._roles.does for fork in self._layout.forks_around(one))]
        states = [self._layout.states[name] for name in names]
        return frozenset(mark for state in states for way in state.catches for mark in _placed(state, way))


class Complete:
    """The states that end an execution after a complete rollback, as far as seen: the nearest come first."""

    def __init__(self, silence: Silence, past: History) -> None:
        self._silence = silence
        self._past = past
        self._ends: set[str] = set()
        self._by_choice: dict[str, set[str]] = {}

    def add(self, move: Move) -> None:
        """Notes where a complete rollback ends.

        After a Choice that asks what gave up, that counts only if every complete rollback ends there.
        """
        asking = self._silence.asking
        asked = [one.state.name for one in self._past.since_start(move) if one.state.name in asking] if asking else []
        if asked:
            self._by_choice.setdefault(asked[-1], set()).add(move.state.name)
        else:
            self._ends.add(move.state.name)

    def has(self, end: str) -> bool:
        """Whether a complete rollback ends there."""
        return end in self._ends or {end} in self._by_choice.values()


def _placed(state: State, way: Way) -> Iterator[_Mark]:
    for name, value in way.fields.get("Assign", {}).items():
        yield f"${str(name).removesuffix('.$')}", json.dumps(value)
    if state.language == JSONATA:
        if state.type in ("Task", *FORK_TYPES) or "Output" in way.fields:
            yield _INPUT, json.dumps(way.fields.get("Output"))
    elif (path := placed_by(state, way)) is not None:
        yield path, "" if way.errors else json.dumps([state.body.get("Result"), state.body.get("Parameters")])


def _reads(state: State, marks: set[_Mark], *fields: str) -> bool:
    """Whether a state reads what was placed, in some of its fields, or in any that does not only name states."""
    body = {name: value for name, value in state.body.items() if (name in fields if fields else name not in _NOT_READ)}
    body = {name: value for name, value in body.items() if name not in ("Branches", "ItemProcessor", "Iterator")}
    read = {*_variables(body)} if state.language == JSONATA else {*_paths(body)}
    return any(overlap(path, one) for path, _ in marks for one in read)


def _variables(body: Mapping[str, Any]) -> Iterator[str]:
    for text in expressions_in(body):
        yield from (f"${name}" for name in free_variables(text))


def _paths(value: Any) -> Iterator[str]:
    """Every path in a part of a definition, but for those of the context."""
    if isinstance(value, Mapping):
        value = [*value.values()]
    if isinstance(value, list):
        for inner in value:
            yield from _paths(inner)
    elif isinstance(value, str) and (value.startswith("$") or value.startswith("States.")):
        yield from _PATH.findall(_CONTEXT.sub("", value))

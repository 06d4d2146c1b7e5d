"""Fields of the data that only the states of a machine place, as far as every use of them shows it."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from sagalint.definition.machine import FORK_TYPES, JSONATA, Machine, State, Way
from sagalint.expressions.jsonpath import segments
from sagalint.paths.answers import placed_by
from sagalint.rules.data.uses import Path, related, uses_of

_EXECUTION_INPUT: Final = re.compile(r"(?:\$states\.context|\$\$)\.Execution\.Input\.([A-Za-z_]\w*)")
_ERROR: Final = ("Error", "Cause")
"""The fields of what a Catch places."""
_MOVES_THE_ROOT: Final = ("InputPath", "OutputPath")


@dataclass(frozen=True)
class Placers:
    """Who places a field.

    Attributes:
        done: The states that place it as their result.
        caught: The states of which a Catch places it.
    """

    done: tuple[str, ...]
    caught: tuple[str, ...]


class Root:
    """The data of one machine, or of one that is inside a fork and has data of its own.

    Attributes:
        machine: The machine.
        taken: Paths that are placed, given or read outside of it: they may be there when it begins.
    """

    def __init__(self, machine: Machine, taken: frozenset[Path] = frozenset()) -> None:
        self.machine = machine
        self.taken = taken

    @cached_property
    def placed(self) -> dict[Path, Placers]:
        """By path, the states that place it; nothing of what may be there when the machine begins."""
        found: dict[Path, tuple[dict[str, None], dict[str, None]]] = {}
        for state in self.machine.states.values():
            for way in state.ways:
                if path := places(state, way):
                    done, caught = found.setdefault(path, ({}, {}))
                    (caught if way.errors else done)[state.name] = None
        free = {path: who for path, who in found.items() if not any(related(path, one) for one in self.taken)}
        return {path: Placers(tuple(done), tuple(caught)) for path, (done, caught) in free.items()}

    @cached_property
    def made(self) -> dict[Path, Placers]:
        """The same as far as something reads it, without what the input must have.

        The input has what a state reads before anything has failed or placed it; but for a rollback that a Choice leads
        to as well. It has no error: what only a Catch places is not in it. With them, what is read as an error is,
        though no Catch places it.
        """
        inputs = {*_EXECUTION_INPUT.findall(str([state.body for state in self.machine.everywhere()]))}
        every = {one for state in self.machine.states.values() for one in self.reads(state)}
        errors = {one[:-1] or one for one in every if one[-1] in _ERROR and not self._may_be_there(one)}
        return {
            path: who
            for path, who in {**self.placed, **dict.fromkeys(errors, Placers((), ()))}.items()
            if path[0] not in inputs
            and any(one[: len(path)] == path for one in every)
            and ((who.caught and not who.done) or not self._is_given(path))
        }

    def _may_be_there(self, path: Path) -> bool:
        """Whether a state places something at a path, or it may be there when the machine begins."""
        ways = ((state, way) for state in self.machine.states.values() for way in state.ways)
        placed = (places(state, way) for state, way in ways)
        return any(one and related(one, path) for one in (*placed, *self.taken))

    def _is_given(self, path: Path) -> bool:
        given = self.before(path) - self._rolls_back
        states = (self.machine.states[name] for name in given if self._may_succeed(name))
        return any(one[: len(path)] == path for state in states for one in self.reads(state))

    @cached_property
    def _rolls_back(self) -> set[str]:
        """The states that a Catch leads to, and that a way to success goes past: a Choice may lead to them as well."""
        caught = {str(way.target) for state in self.machine.states.values() for way in state.catches}
        led = {name for target in caught for name in self.machine.reached(target)}
        return {name for name in led if name != self.machine.start and self._may_succeed(self.machine.start, name)}

    def _may_succeed(self, name: str, past: str | None = None) -> bool:
        """Whether a way on which nothing fails leads from a state to success: a rollback ends in a Fail.

        Args:
            name: The state.
            past: A state that the way does not come to.
        """
        seen, to_do = {name, past or name}, [name]
        while to_do:
            ways = self.machine.states[to_do.pop()].onward
            if any(way.target is None for way in ways):
                return True
            new = {str(way.target) for way in ways} - seen
            seen |= new
            to_do.extend(new)
        return False

    def before(self, path: Path) -> set[str]:
        """The states that can be entered while nothing has failed, and nothing has been placed at a path."""
        found, to_do = {self.machine.start}, [self.machine.start]
        while to_do:
            state = self.machine.states[to_do.pop()]
            ways = [way for way in state.onward if way.target and not settles(state, way, path)]
            new = {str(way.target) for way in ways} - found
            found |= new
            to_do.extend(new)
        return found

    def after(self, path: Path, *, replaced: bool = True) -> set[str]:
        """The states that can be entered when something may have been placed at a path.

        Args:
            path: The path.
            replaced: Whether that can also be where all the data was replaced by something else.
        """
        found: set[str] = set()
        for state in self.machine.states.values():
            for way in state.ways:
                if way.target and way.target not in found and settles(state, way, path):
                    found |= self.machine.reached(way.target) if replaced or places(state, way) else set()
        return found

    def reads(self, state: State) -> Iterator[Path]:
        """All that a state, or what is inside of it, reads of this data."""
        yield from uses_of(state).reads
        for inner in shared(state):
            for one in inner.states.values():
                yield from self.reads(one)

    def hides_reads(self, path: Path) -> bool:
        """Whether the data is handed on whole before something is placed at a path: who knows what is read of it."""
        states = [self.machine.states[name] for name in self.before(path)]
        whole = [one for state in states for one in self._handed_on(state)]
        return any(path[: len(one)] == one for one in whole)

    def _handed_on(self, state: State) -> Iterator[Path]:
        if state.type == "Task" or not shared(state):
            yield from uses_of(state).whole
        for inner in shared(state):
            for one in inner.states.values():
                yield from self._handed_on(one)

    def inside(self) -> Iterator["Root"]:
        """The data of what is inside of its forks."""
        for fork in self.machine.states.values():
            for inner in fork.inner:
                same = bool(shared(fork))
                given = self._known_in(fork, inner) if same else {(name,) for name in _fields_of(fork)}
                root = Root(inner, frozenset(given))
                yield root
                yield from root.inside()

    def _known_in(self, fork: State, branch: Machine) -> set[Path]:
        """What may be there when a branch begins: what is placed outside of it, and what others read."""
        others = [state for state in self.machine.states.values() if state is not fork]
        beside = [state for inner in fork.inner if inner is not branch for state in inner.states.values()]
        return {*self.placed, *self.taken, *(one for state in (*others, *beside) for one in self.reads(state))}


def every_root(machine: Machine) -> Iterator[Root]:
    """The data of a machine, and of what is inside its forks."""
    root = Root(machine)
    yield root
    yield from root.inside()


def shared(state: State) -> tuple[Machine, ...]:
    """The machines inside a state that begin with the same data as it does."""
    if state.type != "Parallel" or state.language == JSONATA:
        return ()
    return () if {"Parameters", "InputPath"} & state.body.keys() else state.inner


def handed_on_to(state: State) -> Iterator[State]:
    """The tasks inside a fork that are handed what it is given as it is, whatever comes before them there."""
    for inner in shared(state):
        to_do, seen = [inner.start], {inner.start}
        while to_do:
            one = inner.states[to_do.pop()]
            if one.type == "Task" and () in uses_of(one).whole:
                yield one
            yield from handed_on_to(one)
            new = {str(way.target) for way in one.ways if way.target and places(one, way) is None} - seen
            seen |= new
            to_do.extend(new)


def places(state: State, way: Way) -> Path | None:
    """Where something is placed on a way; `()` if all the data is another one then, None if nothing is."""
    if state.language == JSONATA and state.type not in ("Task", *FORK_TYPES) and "Output" not in way.fields:
        return None
    path = placed_by(state, way)
    if path is None:
        moves = any(state.body.get(name, "$") != "$" for name in _MOVES_THE_ROOT)
        return () if moves and not way.errors and state.type not in ("Task", *FORK_TYPES) else None
    return tuple(segments(path))


def settles(state: State, way: Way, path: Path) -> bool:
    """Whether something may be at a path once a way is taken."""
    placed = places(state, way)
    return placed is not None and related(placed, path)


def _fields_of(state: State) -> Iterable[str]:
    """The fields that a fork gives to what is inside of it."""
    given = state.body.get("ItemSelector", state.body.get("Parameters"))
    return [str(name).removesuffix(".$") for name in given] if isinstance(given, Mapping) else []


def machine_made(machine: Machine) -> frozenset[str]:
    """The fields of the data that no caller gives, since a state places them, and none reads them before."""
    return frozenset(path[0] for path in Root(machine).made if len(path) == 1)

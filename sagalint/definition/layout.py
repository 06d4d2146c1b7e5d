"""Where each state of a machine stands: at the top, in a branch of a Parallel, or in the item of a Map."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from sagalint.definition.errors import first_match
from sagalint.definition.machine import Machine, State
from sagalint.definition.naming.task_kinds import (
    ORDERS,
    PAID,
    SENDS,
    TELLS,
    TaskKind,
    kind_of_task,
    notes_by_name,
    tells,
)
from sagalint.definition.naming.words import FAILS, words

_TOLERATES: Final = ("ToleratedFailurePercentage", "ToleratedFailureCount")
_TOLERANCES: Final = (*_TOLERATES, *(f"{name}Path" for name in _TOLERATES))

_ALL_ITEMS: Final = 100


@dataclass(frozen=True)
class Place:
    """A state, and the fork that it is in.

    Attributes:
        state: The state.
        fork: The Parallel or Map around it; None at the top.
        branch: The machine that it is a state of.
    """

    state: State
    fork: State | None
    branch: Machine


@dataclass(frozen=True)
class Taker:
    """What takes an error: a catcher of the state itself, or of a fork around it; or a Map that tolerates it.

    Attributes:
        owner: The state that has the catcher; None if nothing takes it.
        catcher: The position of the catcher; None if the owner tolerates the error.
    """

    owner: State | None = None
    catcher: int | None = None


class Layout:
    """All states of a machine, those inside forks too."""

    def __init__(self, machine: Machine) -> None:
        self.machine = machine
        self.places = {place.state.name: place for place in _places(machine, None)}

    @cached_property
    def states(self) -> dict[str, State]:
        """Every state by its name."""
        return {name: place.state for name, place in self.places.items()}

    def fork_of(self, name: str) -> State | None:
        """The Parallel or Map around a state; None at the top, and for a name that the machine does not have."""
        return self.places[name].fork if name in self.places else None

    def forks_around(self, name: str) -> tuple[str, ...]:
        """The Parallels and Maps around a state, the innermost first."""
        found: list[str] = []
        while fork := self.fork_of(found[-1] if found else name):
            found.append(fork.name)
        return tuple(found)

    def beside(self, name: str) -> tuple[Machine, ...]:
        """What runs at the same time as a state in its fork: the other branches, or the other items."""
        place = self.places[name]
        if place.fork is None:
            return ()
        if place.fork.type == "Map":
            return place.fork.inner
        return tuple(one for one in place.fork.inner if one is not place.branch)

    def at_once(self, one: str, other: str) -> bool:
        """Whether two states are in branches of one Parallel."""
        branches = {fork: self.places[name].branch for fork, name in self._ways_up(one)}
        others = {fork: self.places[name].branch for fork, name in self._ways_up(other)}
        return any(branches[fork] is not others[fork] for fork in branches.keys() & others.keys())

    def _ways_up(self, name: str) -> Iterator[tuple[str, str]]:
        while (fork := self.fork_of(name)) is not None:
            yield fork.name, name
            name = fork.name

    def after(self, state: State) -> set[str]:
        """The states that can follow one that is done, those inside forks too."""
        found: set[str] = set()
        for name in (state.name, *self.forks_around(state.name)):
            branch, onward = self.places[name].branch, self.states[name].onward
            found.update(*(branch.reached(way.target) for way in onward if way.target))
        inside = [one.name for name in found for inner in self.states[name].inner for one in inner.everywhere()]
        return found.union(inside)

    def aside_from(self, target: str) -> set[str]:
        """What can follow from a state on, itself included, until the way on which no error happens is met again."""
        found: set[str] = set()
        to_do = [target]
        while to_do:
            name = to_do.pop()
            if name not in found and name not in self.way_forward:
                found.add(name)
                to_do.extend(way.target for way in self.states[name].ways if way.target)
                to_do.extend(inner.start for inner in self.states[name].inner)
        return found

    def taker(self, state: State, error: str) -> Taker:
        """What takes an error of a state."""
        one: State | None = state
        while one is not None:
            if one is not state and tolerates(one, whatever=True):
                return Taker(one)
            catcher = first_match([way.errors for way in one.catches], error)
            if catcher is not None:
                return Taker(one, catcher)
            if one is not state and tolerates(one):
                return Taker(one)
            one = self.fork_of(one.name)
        return Taker()

    @cached_property
    def work(self) -> tuple[str, ...]:
        """The tasks that can be reached while no error happens, and that do more than report or note something."""
        tasks = (self.states[name] for name in self.way_forward if self.states[name].type == "Task")
        return tuple(state.name for state in tasks if not reports(state))

    @cached_property
    def way_forward(self) -> frozenset[str]:
        """The states that can be reached while no error happens."""
        return frozenset(_forward(self.machine))


def tolerates(fork: State, *, whatever: bool = False) -> bool:
    """Whether a Map goes on though an item has failed; `whatever` if it does so however many fail."""
    if whatever:
        return fork.type == "Map" and fork.body.get("ToleratedFailurePercentage") == _ALL_ITEMS
    return fork.type == "Map" and any(fork.body.get(name) for name in _TOLERANCES)


def _forward(machine: Machine) -> Iterator[str]:
    seen, to_do = {machine.start}, [machine.start]
    while to_do:
        state = machine.states[to_do.pop()]
        yield state.name
        for inner in state.inner:
            yield from _forward(inner)
        new = {way.target for way in state.onward if way.target} - seen
        seen |= new
        to_do.extend(new)


def forward_in(machine: Machine) -> tuple[str, ...]:
    """The states of a machine that run while no error happens, those inside forks too."""
    return tuple(_forward(machine))


def _places(machine: Machine, fork: State | None) -> Iterator[Place]:
    for state in machine.states.values():
        yield Place(state, fork, machine)
        for inner in state.inner:
            yield from _places(inner, state)


def reports(state: State) -> bool:
    """Whether a state goes on and does nothing but report or note something, as far as its name says."""
    return state.type != "Fail" and all(
        tells(task) or (notes_by_name(task.name) and kind_of_task(task) is TaskKind.NOTES) for task in state.tasks
    )


def denies(state: State, message: str, tasks: Iterable[str]) -> bool:
    """Whether what follows a message that could not be sent says that all has failed, and not only the message.

    Args:
        state: What follows.
        message: The message.
        tasks: Names of tasks: that one of them has failed is more than a note of a message.
    """
    said = words(state.name).keys()
    if not FAILS & said:
        return False
    of_the_message = said & ((words(message).keys() | TELLS | SENDS) - ORDERS)
    of_more = (ORDERS | PAID).union(*(words(one).keys() for one in tasks if one != message))
    only_a_fault = state.type == "Pass" and not said & of_more and bool(said - FAILS)
    return tells(state) or not (of_the_message or only_a_fault)

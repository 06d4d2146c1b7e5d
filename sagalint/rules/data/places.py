"""Where the data of an execution can come to, and by which ways."""

from collections import deque
from collections.abc import Iterator
from typing import Final, NamedTuple

from sagalint.definition.errors import QUERY_FAILED, first_match, raised_by
from sagalint.definition.machine import FORK_TYPES, JSONATA, State, Way
from sagalint.expressions.scope import Missing
from sagalint.paths.happening import Happening, Moment
from sagalint.paths.knowledge import UNKNOWN, Knowledge, Known
from sagalint.paths.roles import Roles
from sagalint.plan import Plan
from sagalint.rules.data.flow import Data, Flow
from sagalint.rules.data.guards import possible_ways

_MOST_INSIDE: Final = 200
"""How many places in a branch are followed; the nearest come first."""


class Place(NamedTuple):
    """A state, and the data with which it is entered."""

    at: str
    data: Data


class Step(NamedTuple):
    """How a place was come by."""

    place: Place
    errors: tuple[str, ...]


class CameBy(dict[Place, Step | None]):
    """How each place was come by first; the start by nothing."""

    def steps_to(self, place: Place) -> Iterator[Step]:
        """The steps on the way to a place, the last one first."""
        while step := self[place]:
            yield step
            place = step.place

    def failed_before(self, place: Place) -> str | None:
        """The last state before a place that has failed; None if none has."""
        return next((step.place.at for step in self.steps_to(place) if step.errors), None)

    def story(self, place: Place) -> tuple[Moment, ...]:
        """How a place was come by, from the start."""
        steps = [*self.steps_to(place)]
        followed = [place.at, *(step.place.at for step in steps)]
        return tuple(moment(step, at) for step, at in reversed([*zip(steps, followed, strict=False)]))


class Variety:
    """Keeps the places countable: one with the same data is followed with a few values of its variables, then with any.

    Args:
        most: With how many.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._seen: dict[Place, set[Known | None]] = {}

    def kept(self, place: Place) -> Place:
        """A place, or one of which nothing is known but which variables are assigned."""
        known = place.data.known
        seen = self._seen.setdefault(Place(place.at, place.data._replace(known=None)), set())
        if known in seen or len(seen) < self._most:
            seen.add(known)
            return place
        return Place(place.at, place.data._replace(known=tuple((name, UNKNOWN) for name, _ in known or ())))


def assigned_by(state: State) -> Iterator[str]:
    """The variables that a state assigns on any of its ways."""
    for way in state.ways:
        yield from (name.removesuffix(".$") for name in way.fields.get("Assign", {}))


def ways_out(
    state: State, roles: Roles, data: Data, knowledge: Knowledge | None = None
) -> Iterator[tuple[Way, tuple[str, ...]]]:
    """The ways out of a state that can be taken, each with the errors that take it.

    Args:
        state: The state.
        roles: The parts of the states.
        data: The data with which it is entered.
        knowledge: What decides the conditions in JSONata; if left out, each may hold.
    """
    if knowledge is not None and data.known is not None and state.language == JSONATA and state.type == "Choice":
        yield from ((way, ()) for way in knowledge.ways(state, data.known) if way is not None)
    else:
        yield from ((way, ()) for way in possible_ways(state, data))
    if state.type not in ("Task", *FORK_TYPES):
        return
    caught: dict[int, list[str]] = {}
    for error in raised_by(state, roles.answers(state.name)):
        catcher = first_match([one.errors for one in state.catches], error)
        if catcher is not None:
            caught.setdefault(catcher, []).append(error)
    for catcher, errors in caught.items():
        yield state.catches[catcher], tuple(errors)


def reads_inside(fork: State, data: Data, plan: Plan, roles: Roles) -> Iterator[tuple[State, list[Missing]]]:
    """What the states in the branches of a Parallel read that is not there, with what the fork hands to them.

    Of what a Map hands to its items nothing is known.
    """
    for branch in fork.inner if fork.type == "Parallel" else ():
        start = Place(branch.start, data)
        seen, to_do = {start}, deque([start])
        while to_do:
            place = to_do.popleft()
            state = branch.states[place.at]
            flow = Flow(state, place.data, plan)
            yield state, [] if QUERY_FAILED in roles.answers(state.name) else flow.missing
            yield from reads_inside(state, place.data._replace(given=flow.arguments), plan, roles)
            for way, _ in ways_out(state, roles, place.data):
                after, missing, _ = flow.along(way)
                yield state, missing
                following = Place(str(way.target), after)
                if way.target and following not in seen and len(seen) < _MOST_INSIDE:
                    seen.add(following)
                    to_do.append(following)


def moment(step: Step, following: str) -> Moment:
    """How a place was come by, as a moment of a story."""
    name = step.place.at
    if not step.errors:
        return Moment(name, Happening.DONE, (), following, f"{name} is done.")
    reported = f"{name} fails with {step.errors[0]}. A Catch leads on to {following}."
    return Moment(name, Happening.DOUBT, step.errors, following, reported)

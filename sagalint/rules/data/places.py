"""Where the data of an execution can come to, and by which ways."""

from collections.abc import Iterator
from typing import NamedTuple

from sagalint.definition.errors import first_match, raised_by
from sagalint.definition.machine import FORK_TYPES, State, Way
from sagalint.paths.happening import Happening, Moment
from sagalint.paths.roles import Roles
from sagalint.rules.data.flow import Data
from sagalint.rules.data.guards import possible_ways


class Place(NamedTuple):
    """A state, and the data with which it is entered."""

    at: str
    data: Data


class Step(NamedTuple):
    """How a place was come by."""

    place: Place
    errors: tuple[str, ...]


def assigns(way: Way) -> Iterator[str]:
    """The variables that a way assigns."""
    for name in way.fields.get("Assign", {}):
        yield name.removesuffix(".$")


def ways_out(state: State, roles: Roles, data: Data) -> Iterator[tuple[Way, tuple[str, ...]]]:
    """The ways out of a state that can be taken, each with the errors that take it."""
    for way in possible_ways(state, data):
        yield way, ()
    if state.type not in ("Task", *FORK_TYPES):
        return
    caught: dict[int, list[str]] = {}
    for error in raised_by(state, roles.answers(state.name)):
        catcher = first_match([one.errors for one in state.catches], error)
        if catcher is not None:
            caught.setdefault(catcher, []).append(error)
    for catcher, errors in caught.items():
        yield state.catches[catcher], tuple(errors)


def moment(step: Step, following: str) -> Moment:
    """How a place was come by, as a moment of a story."""
    name = step.place.at
    if not step.errors:
        return Moment(name, Happening.DONE, (), following, f"{name} is done.")
    reported = f"{name} fails with {step.errors[0]}. A Catch leads on to {following}."
    return Moment(name, Happening.DOUBT, step.errors, following, reported)

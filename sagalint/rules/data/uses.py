"""Which paths of its input a state reads, and which it hands on whole."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Final

from sagalint.definition.machine import FORK_TYPES, State
from sagalint.expressions.values import Value
from sagalint.plan import Plan, PlannedStep
from sagalint.rules.data.flow import Data, Flow
from sagalint.rules.data.guards import asked_for

Path = tuple[str, ...]
"""The names that lead from the data to a field: `$.payment.id` is `("payment", "id")`."""
_NO_PLAN: Final = Plan((PlannedStep(action="none", uncompensated_because="there is none"),))


@dataclass(frozen=True)
class Uses:
    """What a state does with the data that it is given.

    Attributes:
        reads: The paths that it reads by name.
        whole: The paths of what it hands on as it is, so that nobody sees which fields are read; `()` is everything.
    """

    reads: frozenset[Path]
    whole: frozenset[Path]


@cache
def uses_of(state: State) -> Uses:
    """What a state reads of its input, on any way out of it; what is inside of a fork left aside."""
    root = _Traced()
    flow = Flow(state, Data(root, ()), _NO_PLAN)
    for way in state.ways:
        flow.along(way)
    handed = [hand.value for hand in flow.handed] if state.type == "Task" else []
    if state.type in FORK_TYPES:
        handed.append(flow.arguments)
    guarded = [path for way in state.ways if way.condition for path in asked_for(way.condition)]
    reads = {one for one in root.log if not any(related(one, path) for path in guarded)}
    return Uses(frozenset(reads), frozenset(path for value in handed for path in _whole_in(value)))


def related(one: Path, other: Path) -> bool:
    """Whether one of two paths leads to the other, or further."""
    least = min(len(one), len(other))
    return one[:least] == other[:least]


@dataclass(frozen=True)
class _Traced(Value):
    """A value of which nothing is known, that notes what is read of it."""

    path: Path = ()
    log: set[Path] = field(default_factory=set, compare=False)

    def get(self, name: str) -> Value | None:
        """A field; it is noted if nothing has placed it here."""
        if self.knows(name):
            return dict(self.fields)[name]
        self.log.add((*self.path, name))
        return self._inner(name)

    def put(self, path: Iterable[str], value: Value) -> Value:
        """The same with another value at a path: that reads nothing."""
        name, *rest = [*path] or [""]
        if not name:
            return value
        inner = dict(self.fields).get(name, self._inner(name))
        placed = {**dict(self.fields), name: inner.put(rest, value) if rest else value}
        return replace(self, fields=tuple(sorted(placed.items())))

    def _inner(self, name: str) -> Value:
        return _Traced(path=(*self.path, name), log=self.log)


def _whole_in(value: Value) -> Iterator[Path]:
    if isinstance(value, _Traced):
        yield value.path
    for _, inner in value.fields:
        yield from _whole_in(inner)

"""Reads of what only a step that failed, or a Catch elsewhere, would have placed."""

from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Final, NamedTuple

from sagalint.definition.machine import Machine, State, Way
from sagalint.expressions.values import ANY, Value
from sagalint.paths.happening import Happening, Moment
from sagalint.paths.roles import Roles
from sagalint.plan import Plan
from sagalint.rules.data.flow import Data
from sagalint.rules.data.guards import asked_for, possible_ways
from sagalint.rules.data.made import Placers, Root, every_root, settles, shared
from sagalint.rules.data.places import Place, Step, moment, ways_out
from sagalint.rules.data.uses import Path, related, uses_of
from sagalint.rules.data.weight import weighed
from sagalint.rules.finding import Finding, Rule, either, listed

_MOST_FIELDS: Final = 400
"""How many fields of a machine are followed, each along all ways."""
Steps = tuple[tuple[str, tuple[str, ...]], ...]
"""States, each with the errors that lead on from it."""


class Read(NamedTuple):
    """A state that reads what nothing has placed, and the shortest way to it."""

    reader: State
    steps: Steps

    @property
    def failed(self) -> tuple[str, str] | None:
        """The last state on the way that has failed, and its error; None if none has."""
        return next(((name, errors[0]) for name, errors in reversed(self.steps) if errors), None)


def unplaced_reads(machine: Machine, plan: Plan, roles: Roles, rule: Rule) -> Iterator[Finding]:
    """What is read though nothing has placed it, where the plan does not say which fields the input has.

    Where it does, such a field is missing for sure, and found where the data is followed.
    """
    if plan.inputs is None or plan.guessed:
        for root in every_root(machine):
            for path, who in [*root.made.items()][:_MOST_FIELDS]:
                yield from _Field(root, path, who, roles, rule).findings()


class _Field:
    """Follows one field of the data along every way on which nothing has placed it."""

    def __init__(self, root: Root, path: Path, who: Placers, roles: Roles, rule: Rule) -> None:
        self._root = root
        self._path = path
        self._who = who
        self._roles = roles
        self._rule = rule
        self._maybe = root.after(path)

    def findings(self) -> Iterator[Finding]:
        """What is wrong with the reads of it, by reader."""
        for read in self._reads_in(self._root.machine, None):
            if self._is_meant(read):
                yield self._finding(read)

    def _reads_in(self, machine: Machine, doubtful: bool | None) -> Iterator[Read]:
        """The reads that some way from the start of a machine leads to; the shortest way to each.

        Args:
            machine: The machine, or one inside it that begins with the same data.
            doubtful: Of one inside, whether another way may have placed something by then.
        """
        came: dict[str, tuple[str, tuple[str, ...]] | None] = {machine.start: None}
        to_do = deque([machine.start])
        while to_do:
            state = machine.states[to_do.popleft()]
            maybe = state.name in self._maybe if doubtful is None else doubtful
            here = [*self._reads_at(state, maybe=maybe)]
            for read in here:
                yield Read(read.reader, (*_way_to(came, state.name), *read.steps))
            for way, errors in self._onward(state, maybe=maybe):
                fails = here and not errors
                if way.target and way.target not in came and not fails:
                    came[way.target] = (state.name, errors)
                    to_do.append(way.target)

    def _reads_at(self, state: State, *, maybe: bool) -> Iterator[Read]:
        if self._written(state):
            yield Read(state, ())
        for inner in shared(state):
            decided = maybe or any(settles(one, way, self._path) for one in inner.states.values() for way in one.ways)
            for read in self._reads_in(inner, decided):
                yield Read(read.reader, ((state.name, ()), *read.steps))

    def _onward(self, state: State, *, maybe: bool) -> Iterator[tuple[Way, tuple[str, ...]]]:
        """The ways out of a state on which nothing is placed.

        A Choice may rest on something that is placed together with the field. If that can be there by then, only
        those of its ways are taken that follow from the field's absence.
        """
        data = Data(_Without(path=self._path), ())
        for way, errors in ways_out(state, self._roles, data):
            if settles(state, way, self._path):
                continue
            if state.type != "Choice" or not maybe or self._follows(state, way):
                yield way, errors

    def _follows(self, choice: State, way: Way) -> bool:
        """Whether a way out of a Choice is taken because the field is not there."""
        asks = [one for one in choice.onward if one.condition and self._asks(one.condition)]
        absent = [*possible_ways(choice, Data(_Without(path=self._path), ()))]
        return bool(asks) and way in absent and (way.condition is None or way is absent[-1])

    def _asks(self, condition: Mapping[str, object]) -> bool:
        return any(related(one, self._path) for one in asked_for(condition))

    def _written(self, state: State) -> str:
        """What a state reads of the field, as it is written; empty if it reads nothing of it."""
        reads = (one for one in uses_of(state).reads if one[: len(self._path)] == self._path)
        found = max(reads, key=lambda one: (len(one), one), default=())
        return ".".join(["$", *found]) if found else ""

    def _is_meant(self, read: Read) -> bool:
        """Whether a read is meant for what is placed: of an error that is only read, what only errors lead to."""
        if self._who.done:
            return read.failed is not None
        return self._finds_it(read) or not self._is_entered_well(read)

    def _finds_it(self, read: Read) -> bool:
        """Whether the reader is also come to when something was placed."""
        return self._outermost(read) in self._root.after(self._path, replaced=False)

    def _is_entered_well(self, read: Read) -> bool:
        return self._outermost(read) in self._root.before(self._path)

    def _outermost(self, read: Read) -> str:
        """The reader, or the fork of the machine that it is in."""
        around = (read.reader.name, *self._roles.layout.forks_around(read.reader.name))
        return next(one for one in around if one in self._root.machine.states)

    def _rests_on(self, read: Read) -> tuple[str, ...]:
        found = self._finds_it(read)
        sure = found and not self._root.hides_reads(self._path) if self._who.done else bool(self._who.caught)
        return () if sure else (f"the input has no {'.'.join(['$', *self._path])}",)

    def _finding(self, read: Read) -> Finding:
        name, what, failed = read.reader.name, self._written(read.reader), read.failed
        when = f"when {failed[0]} fails with {failed[1]}" if failed else "where no error has led there"
        finding = Finding(
            self._rule,
            (name, *([failed[0]] if failed else [])),
            f"{when}, {name} cannot run: it reads {what}, which {self._placed_by}",
            self._fix(name),
            story=self._story(read, what),
            rests_on=self._rests_on(read),
            cause=f"reads {'.'.join(self._path)}",
        )
        return weighed(finding, self._roles, name, failed[0] if failed else None)

    def _story(self, read: Read, what: str) -> tuple[Moment, ...]:
        moments = []
        for (name, errors), (following, _) in pairwise((*read.steps, (read.reader.name, ()))):
            fork = self._roles.layout.fork_of(following)
            if fork is not None and fork.name == name:
                begins = f"{name} begins; {following} is in one of its branches."
                moments.append(Moment(name, Happening.PASSED, (), following, begins))
                continue
            moments.append(moment(Step(Place(name, Data(ANY, ())), errors), following))
        last = f"{read.reader.name} reads {what}, and it is not there."
        return (*moments, Moment(read.reader.name, Happening.PASSED, (), None, last))

    @property
    def _placed_by(self) -> str:
        done, caught = self._who.done, self._who.caught
        if not done and not caught:
            return "nothing places"
        once = f"{listed(done)} {'places' if len(done) == 1 else 'place'} once done" if done else ""
        if not caught:
            return f"only {once}"
        error = f"a Catch of {either(caught)} places"
        return f"only {once}, or {error}" if done else f"only {error}"

    def _fix(self, name: str) -> str:
        if self._who.done:
            return (
                f"let {name} find what to undo by an id that is there before {self._who.done[0]} runs; or lead past "
                f"{name} where a Choice finds with IsPresent that nothing is there"
            )
        path = ".".join(["$", *self._path])
        put = f'let each Catch on a way to {name} put its error there ("ResultPath": "{path}")'
        return f"{put}, and let no other way lead there"


@dataclass(frozen=True)
class _Without(Value):
    """A value of which nothing is known but that it has nothing at a path."""

    path: Path = ()

    def get(self, name: str) -> Value | None:
        """A field; None if it is the one that is not there."""
        if name != self.path[0]:
            return ANY
        return _Without(path=self.path[1:]) if len(self.path) > 1 else None


def _way_to(came: Mapping[str, tuple[str, tuple[str, ...]] | None], name: str) -> Steps:
    steps: list[tuple[str, tuple[str, ...]]] = []
    while step := came[name]:
        steps.append(step)
        name, _ = step
    return tuple(reversed(steps))

"""The course of a machine as it can be seen without a plan: the way to success, and where trouble leads."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from sagalint.definition.errors import ALL
from sagalint.definition.layout import Layout, denies, reports
from sagalint.definition.machine import Machine, State, Way
from sagalint.definition.naming.task_kinds import tells


@dataclass(frozen=True)
class Trouble:
    """A way on which an action's failure leaves the way to success.

    Attributes:
        errors: What is caught; empty if a Choice leads away instead.
        target: The state that follows.
        way: The catcher; None if a Choice leads away.
    """

    errors: tuple[str, ...]
    target: str
    way: Way | None = None


class Course:
    """A machine with the states inside its Parallels and Maps laid flat: one graph of all that can follow."""

    def __init__(self, machine: Machine, turns_back: Callable[[str], bool]) -> None:
        """Finds the way to success.

        Args:
            machine: The machine.
            turns_back: Whether a state belongs to a failure, as far as its name says.
        """
        self.states: dict[str, State] = {}
        self._onward: dict[str, tuple[str, ...]] = {}
        self._caught: dict[str, tuple[Way, ...]] = {}
        self._ends: set[str] = set()
        self._start = machine.start
        self._homes: dict[str, tuple[Machine, str]] = {}
        self._layout = Layout(machine)
        self._add(machine, (), (), "")
        suspects = {name for name in self.states if turns_back(name)}
        self.forward = self._in_order(self._reaches_success(self._avoid(suspects)))
        """The states on the ways to success, in order; empty if no way leads there."""
        if not self.tasks:
            # Only an early end avoids them all: there is nothing to be done on it, and the work is on the other ways.
            self.forward = self._in_order(self._reaches_success(set()))
        if not self.tasks:
            self._take_answers_for_ways_on()
            self.forward = self._in_order(self._reaches_success(self._avoid(suspects)))
        unfailing = self.leads_to([self._start], caught=False)
        if not self.tasks and self._ends and unfailing.isdisjoint(self._ends):
            # There is a success that only failures lead to: what can be done comes first, for as far as it goes.
            self.forward = self._in_order(unfailing - suspects)
        self.reached = self.leads_to([self._start])
        """The states that some way leads to."""

    @property
    def tasks(self) -> tuple[str, ...]:
        """The Task states on the ways to success, in order."""
        return tuple(name for name in self.forward if self.states[name].type == "Task")

    @property
    def aside(self) -> tuple[str, ...]:
        """The states that are on no way to success, in the order of the definition."""
        return tuple(name for name in self.states if name not in self.forward)

    def onward(self, name: str) -> tuple[str, ...]:
        """The states that follow one when all goes well."""
        return self._onward[name]

    def caught(self, name: str) -> tuple[Way, ...]:
        """The catchers of a state, its own first, then those of what it is inside of."""
        return self._caught[name]

    def troubles(self, action: str) -> tuple[Trouble, ...]:
        """Every way on which the failure of an action leaves the way to success, before the next one."""
        found = [Trouble(way.errors, str(way.target), way) for way in self._caught[action]]
        seen, to_do = {action}, [*self._onward[action]]
        while to_do:
            name = to_do.pop(0)
            if name in seen:
                continue
            seen.add(name)
            if name not in self.forward:
                found.append(Trouble((), name))
            elif self.states[name].type != "Task":
                to_do.extend(self._onward[name])
        return tuple(one for one in found if one.target not in self.forward)

    def leads_to(
        self,
        starts: Iterable[str],
        *,
        caught: bool = True,
        uncaught_at: Iterable[str] = (),
        stop_at: Iterable[str] = (),
    ) -> set[str]:
        """The states that can follow some, those included.

        Args:
            starts: Where to begin.
            caught: Whether to follow catchers.
            uncaught_at: States whose catchers are not followed.
            stop_at: States beyond which nothing is looked for.
        """
        to_do = [*starts]
        found = {*to_do}
        loyal, last = {*uncaught_at}, {*stop_at}
        while to_do:
            name = to_do.pop()
            if name in last:
                continue
            ways = self._caught[name] if caught and name not in loyal else ()
            new = {*self._onward[name], *(str(way.target) for way in ways)} - found
            found |= new
            to_do.extend(new)
        return found

    def first_of(self, target: str, candidates: Iterable[str]) -> set[str]:
        """The first of some states that a way passes from a target on, when all goes well there."""
        wanted = {*candidates}
        return self.leads_to([target], caught=False, stop_at=wanted) & wanted

    def goes_on(self, target: str, actions: Iterable[str], undo: Iterable[str]) -> bool:
        """Whether a way aside leads back to what is to be done: to a repeat, or past a step that was asked about.

        Args:
            target: Where the way begins.
            actions: What is to be done.
            undo: States that undo something: beyond them it is a rollback, whatever follows.
        """
        if target in self.forward:
            return False
        return not self.leads_to([target], caught=False, stop_at=undo).isdisjoint({*actions} & {*self.forward})

    def catches_into_failure(self, names: Iterable[str]) -> bool:
        """Whether a Catch of one of some states leads aside to a Fail state."""
        aside = {str(way.target) for name in names for way in self._caught[name]} - {*self.forward}
        return any(self.states[one].type == "Fail" for one in self.leads_to(aside))

    def can_be_missed(self, name: str) -> bool:
        """Whether a way to success goes past a state, or past the Parallel or Map that it is in."""
        home, fork = self._homes[name]
        seen, to_do = {name, home.start}, [home.start] if home.start != name else []
        while to_do:
            state = home.states[to_do.pop()]
            targets = {way.target for way in state.onward if way.target is None or way.target in self.forward}
            if None in targets or state.type == "Succeed":
                return True
            new = {target for target in targets if target} - seen
            seen |= new
            to_do.extend(new)
        return bool(fork) and self.can_be_missed(fork)

    def at_once(self, one: str, other: str) -> bool:
        """Whether two states stand in different branches of a Parallel, or in a Map, so that either can come first."""
        around, theirs = self._around(one), self._around(other)
        return any(
            fork in theirs and (home is not theirs[fork] or self.states[fork].type == "Map")
            for fork, home in around.items()
        )

    def _around(self, name: str) -> dict[str, Machine]:
        """The Parallels and Maps that a state is in, each with the branch that it is in there."""
        found = {}
        home, fork = self._homes[name]
        while fork:
            found[fork] = home
            home, fork = self._homes[fork]
        return found

    def _add(self, machine: Machine, after: tuple[str, ...], around: tuple[Way, ...], fork: str) -> None:
        for name, state in machine.states.items():
            follows = after if state.ends else tuple(way.target for way in state.onward if way.target)
            if state.ends and not after and state.type != "Fail" and not state.inner:
                self._ends.add(name)
            self.states.setdefault(name, state)
            self._homes.setdefault(name, (machine, fork))
            self._onward[name] = () if state.type == "Fail" else tuple(dict.fromkeys(follows))
            self._caught[name] = (*state.catches, *around) if state.type in ("Task", "Fail") else state.catches
            for inner in state.inner:
                self._add(inner, follows, (*state.catches, *around), name)
            if state.inner:
                self._onward[name] = tuple(inner.start for inner in state.inner)

    def _take_answers_for_ways_on(self) -> None:
        """Goes on where an error is caught by its name: `NotFound` may be what a machine waits for."""
        for name, ways in self._caught.items():
            named = [str(way.target) for way in ways if ALL not in way.errors]
            self._onward[name] = tuple(dict.fromkeys((*self._onward[name], *named)))
        self.__dict__.pop("_before", None)

    def _avoid(self, suspects: set[str]) -> set[str]:
        """Those of some suspects that success does not need."""
        spare = {name for name in suspects if self._start in self._reaches_success({name})}
        return spare if self._start in self._reaches_success(spare) else set()

    def _reaches_success(self, avoid: set[str]) -> set[str]:
        found = self._ends - avoid
        to_do = [*found]
        while to_do:
            new = self._before[to_do.pop()] - found - avoid
            found |= new
            to_do.extend(new)
        return found

    @cached_property
    def _before(self) -> Mapping[str, set[str]]:
        """By state, those that it follows when all goes well."""
        before: dict[str, set[str]] = {name: set() for name in self._onward}
        for name, follows in self._onward.items():
            for one in follows:
                before.setdefault(one, set()).add(name)
        return before

    def _unsent(self, name: str) -> Iterator[str]:
        """What follows a message that cannot be sent, before the way goes on or succeeds: a saga may end without it.

        Only notes of it and other messages may: what does more, or says that all has failed, makes it a failure.
        """
        state = self.states[name]
        around = self.states.get(self._homes[name][1])
        catches = state.catches + (around.catches if around and all(map(reports, around.tasks)) else ())
        for way in catches if tells(state) else ():
            follow = [self.states[one] for one in self._layout.aside_from(str(way.target))]
            if not any(denies(one, name, self._layout.work) or not reports(one) for one in follow):
                yield from (one.name for one in follow)

    def _in_order(self, good: set[str]) -> tuple[str, ...]:
        """Reached states, each after all that can come before it, loops aside: a search's reverse postorder."""
        left: list[str] = []
        seen: set[str] = set()
        unsent = {name: [*self._unsent(name)] for name in good}
        good = good.union(*unsent.values())
        to_do = [(self._start, False)]
        while to_do:
            name, done = to_do.pop()
            if done:
                left.append(name)
            elif name in good and name not in seen:
                seen.add(name)
                to_do.append((name, True))
                to_do.extend((follows, False) for follows in self._onward[name])
                to_do.extend((follows, False) for follows in unsent.get(name, ()))
        return tuple(reversed(left))

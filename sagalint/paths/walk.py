"""The graph of a machine's situations: whether a path through a move can avoid others, and whether all paths end."""

import graphlib
from collections.abc import Callable, Iterable, Mapping

from sagalint.paths.situation import Move, Situation

_Numbers = Mapping[Situation, list[int]]


class Walk:
    """All moves that were explored, by their numbers."""

    def __init__(self) -> None:
        self.moves: list[Move] = []
        self._into: dict[Situation, list[int]] = {}
        self._out_of: dict[Situation, list[int]] = {}
        self._last: list[int] = []

    def add(self, move: Move) -> int:
        """Takes a move in; returns its number."""
        number = len(self.moves)
        self.moves.append(move)
        self._out_of.setdefault(move.before, []).append(number)
        if move.end is None:
            self._into.setdefault(move.after, []).append(number)
        else:
            self._last.append(number)
        return number

    def never_ends(self) -> Move | None:
        """The first move into a situation from which no way leads to an end."""
        ending = self._ending(avoid=frozenset())
        return next((self.moves[ways[0]] for after, ways in self._into.items() if after not in ending), None)

    def comes_back(self) -> Move | None:
        """A move on a circle of situations: nothing bounds how often it is taken."""
        graph = {after: {self.moves[number].before for number in numbers} for after, numbers in self._into.items()}
        try:
            graphlib.TopologicalSorter(graph).prepare()
        except graphlib.CycleError as error:
            circle = {*error.args[1]}
            return next(one for one in self.moves if one.before in circle and one.after in circle)
        return None

    def can_avoid(self, avoid: frozenset[int]) -> Callable[[int], bool]:
        """Asks of a move whether a path from the start to an end leads through it, and through none of others."""
        start = self.moves[0].before
        reached = _closure([start], self._out_of, lambda number: self.moves[number].after, avoid)
        ending = self._ending(avoid=avoid)

        def can(number: int) -> bool:
            move = self.moves[number]
            ends = move.end is not None or move.after in ending
            return number not in avoid and move.before in reached and ends

        return can

    def _ending(self, *, avoid: frozenset[int]) -> set[Situation]:
        """The situations from which a way leads to an end."""
        last = [self.moves[number].before for number in self._last if number not in avoid]
        return _closure(last, self._into, lambda number: self.moves[number].before, avoid)


def _closure(
    start: Iterable[Situation], ways: _Numbers, target: Callable[[int], Situation], avoid: frozenset[int]
) -> set[Situation]:
    found = {*start}
    to_do = [*found]
    while to_do:
        new = {target(number) for number in ways.get(to_do.pop(), ()) if number not in avoid} - found
        found |= new
        to_do.extend(new)
    return found

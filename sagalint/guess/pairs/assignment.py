"""Assigns each of some names to one of others, so that the whole is worth most."""

from collections.abc import Mapping


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

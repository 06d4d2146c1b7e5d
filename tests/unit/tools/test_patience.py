"""The campaigns wait for what still moves, and for nothing that hangs."""

import pytest

from tests.support.faults.deployment.patience import MOST_WAITS, wait_while_it_moves


class Slow:
    """Ends at a wait; until then it moves, or hangs from one on."""

    def __init__(self, *, ends_at: int, hangs_at: int = 0) -> None:
        self.waits = 0
        self._ends_at = ends_at
        self._hangs_at = hangs_at

    def wait(self) -> str:
        self.waits += 1
        if self.waits < self._ends_at:
            raise TimeoutError
        return "ended"

    def progress(self) -> int:
        return min(self.waits, self._hangs_at - 1) if self._hangs_at else self.waits


@pytest.mark.parametrize("ends_at", [1, 2, MOST_WAITS])
def test_what_moves_is_waited_for(ends_at: int) -> None:
    slow = Slow(ends_at=ends_at)
    assert wait_while_it_moves(slow.wait, slow.progress) == "ended"
    assert slow.waits == ends_at


@pytest.mark.parametrize(("hangs_at", "waits"), [(1, 1), (3, 3), (0, MOST_WAITS)], ids=["hangs", "later", "circles"])
def test_what_hangs_or_goes_in_circles_is_an_error(hangs_at: int, waits: int) -> None:
    slow = Slow(ends_at=99, hangs_at=hangs_at)
    with pytest.raises(TimeoutError):
        wait_while_it_moves(slow.wait, slow.progress)
    assert slow.waits == waits

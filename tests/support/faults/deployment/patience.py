"""Waiting by evidence: on a machine that is busy, time alone does not say that something hangs."""

from collections.abc import Callable
from typing import Final, TypeVar

MOST_WAITS: Final = 10
"""What still moves then goes round in circles."""
Answer = TypeVar("Answer")


def wait_while_it_moves(wait: Callable[[], Answer], progress: Callable[[], object]) -> Answer:
    """Waits again as long as something has moved during the last wait.

    Args:
        wait: Waits for a while; raises `TimeoutError`.
        progress: What changes while something moves.

    Raises:
        TimeoutError: Nothing moved during a whole wait, or it still moves after `MOST_WAITS`.
    """
    for _ in range(MOST_WAITS - 1):
        seen = progress()
        try:
            return wait()
        except TimeoutError:
            if progress() == seen:
                raise
    return wait()

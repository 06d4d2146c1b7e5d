"""Stops a step before any of its calls of the gateway or the ledger, or loses the answer of one."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any


class Stopped(BaseException):
    """Lambda was stopped here. Not an `Exception`, as the end of a process is none either."""


class AnswerLost(Exception):
    """The call was made, and its answer did not come."""


@dataclass
class Fate:
    """Counts the calls of one attempt, and strikes at one.

    Attributes:
        stops_before: The number of the call, from 1, before which the attempt is stopped; 0 for none.
        loses: The number of the call whose answer is lost; 0 for none.
        calls: The names of the calls so far.
    """

    stops_before: int = 0
    loses: int = 0
    calls: list[str] = field(default_factory=list)

    def over(self, target: Any) -> Any:
        """The same object, whose calls are counted."""
        return _Counted(target, self)

    def call(self, name: str, function: Callable[..., Any], arguments: tuple[Any, ...]) -> Any:
        """Makes a call, unless it is the one to strike at."""
        self.calls.append(name)
        if len(self.calls) == self.stops_before:
            raise Stopped(name)
        answer = function(*arguments)
        if len(self.calls) == self.loses:
            raise AnswerLost(name)
        return answer


class _Counted:
    def __init__(self, target: Any, fate: Fate) -> None:
        self._target = target
        self._fate = fate

    def __getattr__(self, name: str) -> Callable[..., Any]:
        function = getattr(self._target, name)
        return lambda *arguments: self._fate.call(name, function, arguments)

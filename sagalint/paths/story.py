"""Writes a path as a story that a person can follow."""

from collections.abc import Sequence

from sagalint.definition.errors import HEARTBEAT, QUERY_FAILED, TIMEOUT, UNFORESEEN
from sagalint.definition.machine import FORK_TYPES
from sagalint.paths.happening import Happening, Moment
from sagalint.paths.roles import Roles
from sagalint.paths.situation import End, Move
from sagalint.plan import Plan

_PARTS = {"Parallel": "branches", "Map": "items"}
_IN_WORDS = {
    TIMEOUT: "gets no answer in time",
    HEARTBEAT: "misses a heartbeat",
    UNFORESEEN: "fails with an error that nobody foresaw",
    QUERY_FAILED: "fails in an expression",
}


class Storyteller:
    """Writes moves in the words of a plan."""

    def __init__(self, plan: Plan, roles: Roles) -> None:
        self._plan = plan
        self._roles = roles

    def story(self, path: Sequence[Move]) -> tuple[Moment, ...]:
        """A path as moments."""
        return tuple(self._moment(move) for move in path)

    def _moment(self, move: Move) -> Moment:
        told = self._told(move) + self._onward(move)
        return Moment(move.state.name, move.what, move.errors, move.after.at or None, told)

    def _told(self, move: Move) -> str:
        if move.state.type in FORK_TYPES and move.what is Happening.PASSED:
            return f"{move.state.name} begins; {move.after.at} is in one of its {_PARTS[move.state.type]}."
        if move.state.type == "Fail" and move.what is not Happening.ENDED:
            return f"{move.state.name} fails{f' {move.stopped}, and stops the others in it' if move.stopped else ''}."
        name, error = move.state.name, move.errors[0] if move.errors else ""
        told = {
            Happening.ENDED: f"{name} ends the execution as {'a success' if move.end is End.SUCCESS else 'failed'}.",
            Happening.PASSED: f"{name} is passed.",
            Happening.DONE: self._done(name),
            Happening.CLEAN: f"{name} refuses with {error}, which means that it did nothing.",
            Happening.REFUSED: f"{name} answers with {error}: there is nothing for it to do.",
        }
        return told.get(move.what) or self._trouble(move)

    def _trouble(self, move: Move) -> str:
        name, (error, *others) = move.state.name, move.errors
        words = _IN_WORDS.get(error)
        also = "1 other error leads this way" if len(others) == 1 else f"{len(others)} other errors lead this way"
        aside = "; ".join([*([error] if words and error != UNFORESEEN else []), *([also] if others else [])])
        ends = f"{name} {words or f'fails with {error}'}{f' ({aside})' if aside else ''}"
        if move.what is Happening.DOUBT and name in self._roles.does:
            return f"{ends}: whether it did its work is in doubt."
        return f"{ends}, after all its retries." if move.state.retriers else f"{ends}."

    def _done(self, name: str) -> str:
        if steps := self._roles.undoes.get(name):
            return f"{name} undoes {' and '.join(self._plan.steps[step].action for step in steps)}."
        if name in self._roles.reports_failure:
            return f"{name} reports that the saga failed."
        if name in self._roles.reports_success:
            return f"{name} reports that the saga succeeded."
        return f"{name} does its work."

    @staticmethod
    def _onward(move: Move) -> str:
        if move.what is Happening.ENDED:
            return ""
        if move.end is End.UNCAUGHT:
            return " Nothing catches it: the execution ends as failed."
        if move.end is End.SUCCESS:
            return " The execution ends as a success."
        if move.stopped:
            return f" {move.stopped} fails, and its other parts are stopped: a Catch of it leads on to {move.after.at}."
        return f" A Catch leads on to {move.after.at}." if move.errors else ""

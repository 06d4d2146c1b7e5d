"""The promises about how an execution ends: with everything done or undone, in the right status, and told."""

from collections.abc import Iterator

from sagalint.paths.happening import Happening
from sagalint.paths.history import History
from sagalint.paths.roles import Roles
from sagalint.paths.situation import Did, End, Move, Situation
from sagalint.plan import Plan
from sagalint.rules.breach import NOBODY, RECOVER, Breach, listed, once, them


class Endings:
    """Looks at the last move of a path."""

    def __init__(self, plan: Plan, roles: Roles, past: History) -> None:
        self._plan = plan
        self._roles = roles
        self._past = past

    def breaches_of(self, move: Move) -> Iterator[Breach]:
        """The promises that the last move of a path breaks."""
        at_end = move.after
        failed = any(did in (Did.MAYBE, Did.NOTHING) for did in at_end.did[: self._past.pivot]) or any(at_end.undone)
        committed = any(did is not Did.NOT_RUN for did in at_end.did[self._past.pivot :])
        if move.end is End.SUCCESS:
            yield from self._succeeds(move, failed or at_end.gave_up)
        elif move.end is End.UNCAUGHT and (committed or move.state.name in self._roles.tells_failure):
            # What a rollback had left out by then shows where its message is told.
            yield from self._left()
        elif not failed and move.end is End.FAILURE:
            yield Breach(
                "ends-in-failure",
                (move.state.name,),
                f"{move.state.name} ends a saga as failed in which nothing failed",
                "let the way on which nothing failed end in success",
            )
        else:
            yield from self._rolled_back(move)

    def _left(self) -> Iterator[Breach]:
        if not self._plan.recovered_by:
            yield Breach("nobody-recovers", (), NOBODY, RECOVER)

    def _succeeds(self, move: Move, failed: bool) -> Iterator[Breach]:
        name, at_end = move.state.name, move.after
        left_out = [self._past.actions[index] for index, did in enumerate(at_end.did) if did is not Did.DONE]
        if failed:
            yield Breach(
                "ends-in-success",
                (name,),
                f"the execution ends as a success in {name} though {self._past.first_trouble(move).state.name} failed",
                "let every way of a rollback end in a Fail state",
            )
        elif left_out:
            yield Breach(
                "step-left-out",
                (left_out[0], name),
                f"the execution ends as a success in {name} though {left_out[0]} was not done",
                f"let every way to a success pass {left_out[0]}",
            )
        elif self._plan.messages.success and not at_end.told[0]:
            gave_up = (
                f"let a message that gives up end the execution as failed, for {self._plan.recovered_by} to finish"
            )
            fix = gave_up if at_end.untold else ""
            yield self._silent(name, "success", self._plan.messages.success, fix=fix)

    def _silent(
        self, name: str, outcome: str, messages: tuple[str, ...], by: int | None = None, fix: str = ""
    ) -> Breach:
        return Breach(
            "not-one-message",
            (name,),
            f"the saga ends in {name} as a {outcome}, and no message reports it",
            fix or f"let the way pass {' or '.join(messages)}",
            by,
        )

    def _rolled_back(self, move: Move) -> Iterator[Breach]:
        owed, at_end = self._past.owed(move.after), move.after
        last = self._past.wrong_turn(move)
        name = last.state.name
        if owed and last.what is Happening.GAVE_UP:
            yield Breach(
                "rollback-stops",
                once(name, *owed),
                f"when {name} gives up, the rollback ends: {listed(owed)} {self._may(at_end, owed)}, "
                f"and nothing undoes {them(owed)}",
                f"give {name} a Catch for States.ALL that notes that it gave up and leads on to "
                f"{self._past.compensation_of(owed[0])}",
                last.catcher,
            )
        elif owed:
            where = f"when {name} fails with {last.errors[0]}" if last.errors else f"after {name}"
            yield Breach(
                "doubt-not-compensated",
                once(name, *owed),
                f"{where}, {listed(owed)} {self._may(at_end, owed)}, and nothing undoes {them(owed)}",
                self._let_it_lead(last, self._past.compensation_of(owed[0])),
                last.catcher,
            )
        elif at_end.gave_up or at_end.untold:
            yield from self._left()
            yield from self._unnamed(move)
        elif self._plan.messages.failure and not at_end.told[1]:
            yield self._silent(name, "failure", self._plan.messages.failure, last.catcher)

    @staticmethod
    def _let_it_lead(last: Move, target: str) -> str:
        name = last.state.name
        if not last.errors:
            return f"let {name} lead on to {target}"
        if last.catcher is None:
            return f"give {name} a Catch for States.ALL, after those for its clean failures, that leads to {target}"
        return f"let the Catch of {name} that takes {last.errors[0]} lead to {target}"

    def _unnamed(self, move: Move) -> Iterator[Breach]:
        """A compensation that gives up, where nothing catches it: the end has its own error's name."""
        name = move.state.name
        endings = [one for one in self._plan.ending if one not in self._plan.messages.failure]
        if endings and move.end is End.UNCAUGHT and name in self._roles.undoes:
            yield Breach(
                "wrong-ending",
                (name,),
                f"when {name} fails with {move.errors[0]}, nothing catches it, and the execution ends with that error",
                f"give {name} a Catch for States.ALL that leads to {' or '.join(endings)}",
            )

    def _may(self, at_end: Situation, owed: tuple[str, ...]) -> str:
        sure = all(at_end.did[self._past.actions.index(name)] is Did.DONE for name in owed)
        return ("are done" if len(owed) > 1 else "is done") if sure else "may be done"

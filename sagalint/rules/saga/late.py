"""What fails when all the rest is done: a message, a note, a mark of success; and how to fix where a way went wrong."""

from typing import Final

from sagalint.definition.naming.task_kinds import TaskKind, hands_over, kind_of_task, tidies_up
from sagalint.paths.history import History
from sagalint.paths.roles import Roles
from sagalint.paths.situation import Did, Move, Situation
from sagalint.plan import Plan

_NO_EFFECT: Final = (TaskKind.LOOKS, TaskKind.TELLS, TaskKind.NOTES, TaskKind.LOCKS)


class Late:
    """Asks whether a saga was as good as done when something failed."""

    def __init__(self, plan: Plan, roles: Roles, past: History) -> None:
        self._plan = plan
        self._roles = roles
        self._past = past

    def rests_on(self, move: Move) -> tuple[str, ...]:
        """What it rests on that a saga is not done yet, when every step is, and something beside them fails."""
        name = self._last(move)
        return (f"the saga is not done before {name} is",) if name else ()

    def to_finish(self, move: Move) -> str | None:
        """What is better finished than that all is undone: every step is done by then, and not only what looks."""
        steps = zip(self._plan.steps, move.before.did, strict=True)
        done = [step.action for step, did in steps if did is Did.DONE]
        name = self._last(move)
        return name if name and any(self._has_effect(one) for one in done if one != name) else None

    def way_to(self, name: str, action: str) -> str:
        """Where a state is to lead, so that an action is undone: AWS lets none lead into a fork, or out of one."""
        places = self._roles.layout.places
        undone_by = self._plan.steps[self._past.actions.index(action)].undone_by
        beside = [one for one in undone_by if one in places and places[one].branch is places[name].branch]
        other = self._past.compensation_of(action)
        return " or ".join(beside) or f"a state beside {name} that does what {other} does"

    def _last(self, move: Move) -> str | None:
        """What has failed, or been found to have failed, when all that comes before it was done."""
        if not self._plan.guessed:
            return None
        if not move.errors:
            return self._found_wanting(move)
        name = move.state.name
        if move.state.type != "Task" or not self._past.all_done(move.after, but=name):
            return None
        closes = name not in self._roles.does or self._closes(name, move.before)
        return name if closes and not self._effects_after(name) else None

    def _found_wanting(self, move: Move) -> str | None:
        """What only closes a saga, if a Choice after it ends the execution as failed."""
        turn = self._past.turning(move)
        if turn is None or turn.errors or turn.state.type != "Choice" or not self._past.all_done(turn.before):
            return None
        before = [one.state.name for one in self._past.since_start(turn) if one.state.name in self._roles.does]
        return before[-1] if before and self._closes(before[-1], turn.before) else None

    def is_beside(self, trouble: Move) -> bool:
        """Whether no step has failed, but a message, a note or a lock, or a Choice that no way of it fits."""
        state = trouble.state
        if trouble.errors and state.type == "Choice":
            return True
        if not trouble.errors or state.type != "Task":
            return False
        if state.name in self._roles.does:
            return bool(self.rests_on(trouble))
        return kind_of_task(state) in (TaskKind.TELLS, TaskKind.NOTES, TaskKind.LOCKS)

    def _closes(self, name: str, before: Situation) -> bool:
        """Whether an action only finishes what is done: it tidies up, or makes final what is on its way already."""
        if name in self._roles.undone_by:
            return False
        if tidies_up(name):
            return True
        steps = zip(self._plan.steps, before.did, strict=True)
        sent = any(did is Did.DONE and hands_over(step.action) for step, did in steps)
        return sent and kind_of_task(self._roles.layout.states[name]) is TaskKind.COMMITS

    def _effects_after(self, name: str) -> bool:
        """Whether something with an effect is still to come on the way to success."""
        layout = self._roles.layout
        while (fork := layout.fork_of(name)) is not None:
            name = fork.name
        after = layout.machine.reached(name) - {name}
        return any(self._has_effect(one) for one in after & {*layout.way_forward} if one in layout.states)

    def _has_effect(self, name: str) -> bool:
        state = self._roles.layout.states[name]
        return state.type == "Task" and (kind_of_task(state) not in _NO_EFFECT or hands_over(name))


def where(last: Move) -> str:
    """Where a way went wrong, as a sentence begins."""
    if last.stopped:
        return f"when {last.state.name} fails in {last.stopped}, which stops what runs beside it"
    if last.errors:
        return f"when {last.state.name} fails with {last.errors[0]}"
    if last.state.type == "Choice":
        return f"where {last.state.name} leads to {last.after.at}"
    return f"after {last.state.name}" if last.after.at else f"in {last.state.name}"


def insist(name: str) -> str:
    """The fix for what comes last, when all the rest is done."""
    return (
        f"retry {name} for longer, and let somebody hear of it if it gives up: every step is done by then, "
        f"so that it is better to finish than to undo"
    )


def let_it_lead(last: Move, target: str) -> str:
    """The fix for a way that does not lead to a compensation."""
    name = last.stopped or last.state.name
    if not last.errors:
        return f"let {name} lead on to {target}"
    if last.state.type == "Choice" and not last.stopped:
        return f"give {name} a Default that leads to {target}"
    if last.catcher is None:
        return f"give {name} a Catch for States.ALL, after those for its clean failures, that leads to {target}"
    return f"let the Catch of {name} that takes {last.errors[0]} lead to {target}"

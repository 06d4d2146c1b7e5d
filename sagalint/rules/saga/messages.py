"""The rules about messages, and about the compensation that settles the saga."""

import json
from collections.abc import Iterator, Mapping
from typing import Final

from sagalint.definition.machine import State
from sagalint.paths.happening import Happening
from sagalint.paths.history import History
from sagalint.paths.roles import Roles
from sagalint.paths.situation import Did, Move, Situation
from sagalint.plan import Plan
from sagalint.rules.finding import Finding, Rule

NOT_ONE_MESSAGE: Final = Rule(
    id="not-one-message",
    statement="Every path reports exactly one outcome.",
    consequence="Others never hear how it ended, or hear it twice.",
    fix="Let every path pass one message, just before its end.",
    rests_on_plan=True,
)
UNTRUE_MESSAGE: Final = Rule(
    id="untrue-message",
    statement="The message agrees with what was done.",
    consequence="Others act upon a wrong outcome.",
    fix="Report a success after every step is done, a failure after everything is undone, and nothing before.",
    rests_on_plan=True,
    follows_from=(
        "doubt-not-compensated",
        "rollback-stops",
        "undone-after-pivot",
        "settled-too-early",
        "step-left-out",
    ),
)
SETTLED_TOO_EARLY: Final = Rule(
    id="settled-too-early",
    statement="A saga is not settled while a compensation has given up.",
    consequence="Nothing finishes a settled saga, so the rest is never rolled back.",
    fix="Note in a variable which compensations gave up, and let the settling one $assert that it is empty.",
    rests_on_plan=True,
)
NEVER_SETTLED: Final = Rule(
    id="never-settled",
    statement="What a state asserts can hold while no compensation has given up.",
    consequence="It refuses every time: the saga is never settled, whatever was undone.",
    fix="Correct the assertion, or the variables that it reads.",
    rests_on_plan=True,
)


_RECEIVERS: Final = ("TopicArn", "TargetArn", "PhoneNumber", "QueueUrl", "FunctionName", "EventBusName", "Destination")


class Messages:
    """Checks one move at a time: what it reports, and whether it settles."""

    def __init__(self, plan: Plan, roles: Roles, past: History) -> None:
        self._plan = plan
        self._roles = roles
        self._past = past

    def findings_on(self, move: Move) -> Iterator[Finding]:
        """What is wrong with what a move reports or settles."""
        if move.what is Happening.DONE:
            yield from self._reports(move)
            yield from self._settles(move)
        elif move.held is False and not move.before.gave_up:
            yield self._never_settled(move)

    def _reports(self, move: Move) -> Iterator[Finding]:
        name, before, after = move.state.name, move.before, move.after
        if self._plan.guessed:
            return  # which outcome it reports, and to whom, is not known
        if not {name} & (self._roles.reports_success | self._roles.reports_failure):
            return
        if sum(after.reported) > 1 and self._again(move):
            yield Finding(
                NOT_ONE_MESSAGE,
                (name,),
                f"{name} reports an outcome on a path that has reported one already",
                "let every path pass one message",
            )
            return
        if name in self._roles.reports_success:
            yield from self._success_is_true(name, before)
        else:
            yield from self._failure_is_true(name, before)

    def _again(self, move: Move) -> bool:
        """Whether somebody hears twice: several receivers hear of one outcome each by a message of its own."""
        me = _receiver(move.state)
        reports = self._roles.reports_success | self._roles.reports_failure
        before = self._past.since_start(move)
        return any(one.state.name in reports and _receiver(one.state) == me for one in before)

    def _success_is_true(self, name: str, before: Situation) -> Iterator[Finding]:
        me = self._past.actions.index(name) if name in self._past.actions else len(self._past.actions)
        missing = [
            self._past.actions[index] for index in range(min(me, self._past.pivot + 1)) if before.did[index] != Did.DONE
        ]
        undone = [str(self._past.compensations[index]) for index, times in enumerate(before.undone) if times]
        if missing or undone:
            what = f"{missing[0]} is not surely done" if missing else f"{undone[0]} has run"
            yield Finding(
                UNTRUE_MESSAGE,
                (name, *(missing or undone)[:1]),
                f"{name} reports a success though {what}",
                f"let only the way on which every step was done lead to {name}",
            )

    def _failure_is_true(self, name: str, before: Situation) -> Iterator[Finding]:
        owed = self._past.owed(before)
        if any(did is Did.DONE for did in before.did[self._past.pivot : self._past.pivot + 1]):
            yield Finding(
                UNTRUE_MESSAGE,
                (name, self._past.actions[self._past.pivot]),
                f"{name} reports a failure though {self._past.actions[self._past.pivot]}, the pivot, is done",
                f"let nothing after the pivot lead to {name}",
            )
        elif before.gave_up or owed:
            why = "a compensation gave up" if before.gave_up else f"{owed[0]} is not undone yet"
            yield Finding(
                UNTRUE_MESSAGE,
                (name, *owed[:1]),
                f"{name} reports that the saga failed and was rolled back though {why}",
                f"let only a rollback that is whole lead to {name}: note the compensations that give up, "
                f"and end otherwise when there is one",
            )

    def _settles(self, move: Move) -> Iterator[Finding]:
        if move.state.name == self._plan.settles and move.before.gave_up:
            yield Finding(
                SETTLED_TOO_EARLY,
                (move.state.name,),
                f"{move.state.name} settles the saga though a compensation has given up",
                f"note in a variable which compensations gave up, and let the arguments of {move.state.name} "
                f"$assert that it is empty",
            )

    @staticmethod
    def _never_settled(move: Move) -> Finding:
        name = move.state.name
        return Finding(
            NEVER_SETTLED,
            (name,),
            f"what {name} asserts cannot hold on some path, though no compensation has given up on it",
            "correct the assertion, or what is assigned to the variables that it reads",
        )


def _receiver(state: State) -> str:
    """What a message goes to, as far as its state says."""
    arguments = state.arguments if isinstance(state.arguments, Mapping) else {}
    fields = [name for name in arguments if name.removesuffix(".$") in _RECEIVERS]
    return json.dumps([state.resource, *(arguments[name] for name in sorted(fields))])

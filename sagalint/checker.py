"""Checks a machine: every path, every state by itself, every read; and reports what does not hold."""

import time
from collections.abc import Iterator, Mapping
from typing import Any

from sagalint.definition.machine import Machine
from sagalint.paths.explorer import MOST_SITUATIONS, Situations
from sagalint.paths.happening import Happening, Moment
from sagalint.paths.history import History
from sagalint.paths.knowledge import Knowledge
from sagalint.paths.roles import Roles
from sagalint.paths.situation import Move
from sagalint.paths.story import Teller
from sagalint.paths.walk import Walk
from sagalint.plan import Plan
from sagalint.rules.breach import NOBODY, RECOVER, Breach
from sagalint.rules.data import data_flow
from sagalint.rules.durations import durations
from sagalint.rules.finding import Finding, Report, in_order
from sagalint.rules.paths import PathRules
from sagalint.rules.registry import RULES
from sagalint.rules.single_states import alone
from sagalint.rules.variable_types import kinds

_FOLLOWS_FROM = {
    "untrue-message": (
        "doubt-not-compensated",
        "rollback-stops",
        "undone-after-pivot",
        "settled-too-early",
        "step-left-out",
    ),
    "ends-in-success": ("undone-after-pivot",),
    "step-left-out": ("undone-after-pivot",),
}
"""By rule, the rules whose findings can be the cause of its own."""
_Key = tuple[str, tuple[str, ...], int | None]


def check(definition: Mapping[str, Any], plan: Plan) -> Report:
    """Checks a state machine against the plan of its saga.

    Guarantee: if it reports nothing, then no path of the machine breaks one of `RULES`, where every task is done,
    fails cleanly, or ends in doubt with any error name that its kind of resource can raise. A condition that only
    a run can decide is followed every way. What functions do inside is taken as the plan says.

    Args:
        definition: The machine in the Amazon States Language, with JSONPath or JSONata.
        plan: What its states are in the saga.

    Raises:
        InputError: The definition is no state machine.
    """
    began = time.perf_counter()
    machine = Machine.read(definition)
    roles = Roles(machine, plan)
    knowledge = Knowledge(machine)
    situations = Situations(machine, plan, roles, knowledge)
    found = [
        *_on_paths(situations, plan, roles),
        *data_flow(machine, plan, roles),
        *kinds(machine),
        *alone(machine, plan, roles, knowledge),
        *durations(machine, plan),
    ]
    accepted = [(finding, reason) for finding in found if (reason := _accepted(finding, plan)) is not None]
    rest = [finding for finding in found if _accepted(finding, plan) is None]
    return Report(in_order(rest), tuple(accepted), len(situations), time.perf_counter() - began)


def _on_paths(situations: Situations, plan: Plan, roles: Roles) -> Iterator[Finding]:
    rules, teller = PathRules(plan, roles, History(plan, roles, situations.path)), Teller(plan, roles)
    walk, found = Walk(), _Found()
    for move in situations.moves():
        number = walk.add(move)
        for breach in rules.breaches_of(move):
            found.add(breach, number)
        if not plan.recovered_by and move.what is Happening.DOUBT and move.state.name in roles.undone_by:
            found.add(Breach("nobody-recovers", (), NOBODY, RECOVER), number)
    if situations.all_seen and (lost := walk.never_ends()):
        yield _with_story(_goes_round(lost), teller.story(situations.path(lost)))
    for breach, number in found.causes(walk) if situations.all_seen else found.all():
        yield _with_story(breach, teller.story(situations.path(walk.moves[number])))
    if not situations.all_seen:
        yield Finding(
            RULES["too-large"],
            (),
            f"the machine can come into more than {MOST_SITUATIONS} situations, and only those were inspected",
            "check its parts by themselves, or let fewer variables decide",
        )


def _with_story(breach: Breach, story: tuple[Moment, ...]) -> Finding:
    return Finding(RULES[breach.rule], breach.states, breach.message, breach.fix, story)


class _Found:
    """What was found on the moves of a machine, by rule, states and catcher, each with the numbers of its moves."""

    def __init__(self) -> None:
        self._moves: dict[_Key, list[int]] = {}
        self._first: dict[_Key, Breach] = {}

    def add(self, breach: Breach, number: int) -> None:
        """Takes in what was found on a move."""
        key = (breach.rule, breach.states, breach.by)
        self._first.setdefault(key, breach)
        self._moves.setdefault(key, []).append(number)

    def all(self) -> Iterator[tuple[Breach, int]]:
        """The first of those that agree in rule, first state and catcher; the nearest has the shortest path."""
        yield from self._nearest({key: numbers[0] for key, numbers in self._moves.items()})

    def causes(self, walk: Walk) -> Iterator[tuple[Breach, int]]:
        """The same without what only follows from another finding.

        A finding follows from others if every path on which it happens also has one of them, at one of its states.
        """
        left = {key: number for key in self._moves if (number := self._not_explained(key, walk)) is not None}
        yield from self._nearest(left)

    def _not_explained(self, key: _Key, walk: Walk) -> int | None:
        """The first of its moves that lies on a path without the findings from which it could follow."""
        rule, states, _ = key
        causes = [
            number
            for other, numbers in self._moves.items()
            if other[0] in _FOLLOWS_FROM.get(rule, ()) and {*other[1]} & {*states}
            for number in numbers
        ]
        numbers = self._moves[key]
        if not causes:
            return numbers[0]
        return next(filter(walk.can_avoid(frozenset(causes)), numbers), None)

    def _nearest(self, numbers: Mapping[_Key, int]) -> Iterator[tuple[Breach, int]]:
        merged: dict[tuple[str, tuple[str, ...], int | None], tuple[int, _Key]] = {}
        for key, number in numbers.items():
            rule, states, by = key
            short = (rule, states[:1], by)
            merged[short] = min(merged.get(short, (number, key)), (number, key), key=lambda one: one[0])
        for number, key in merged.values():
            yield self._first[key], number


def _goes_round(move: Move) -> Breach:
    name, after = move.state.name, move.after.at
    return Breach(
        "never-ends",
        (name, after),
        f"once {name} has led to {after}, no way leads to an end",
        f"let {name} lead to another state, or {after} to an end",
        move.catcher,
    )


def _accepted(finding: Finding, plan: Plan) -> str | None:
    return next(
        (one.because for one in plan.accepted if one.rule == finding.rule.id and one.state in finding.states), None
    )

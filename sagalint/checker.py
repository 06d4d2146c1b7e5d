"""Checks a machine: every path, every state by itself, every read; and reports what does not hold."""

import graphlib
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from sagalint.definition.machine import Machine
from sagalint.paths.explorer import MOST_SITUATIONS, Situations
from sagalint.paths.happening import Happening
from sagalint.paths.history import History
from sagalint.paths.knowledge import Knowledge
from sagalint.paths.roles import Roles
from sagalint.paths.situation import Move, Situation
from sagalint.paths.story import Teller
from sagalint.plan import Plan
from sagalint.rules.breach import NOBODY, RECOVER, Breach
from sagalint.rules.data import data_flow
from sagalint.rules.durations import durations
from sagalint.rules.finding import Finding, Report, in_order
from sagalint.rules.paths import PathRules
from sagalint.rules.registry import RULES
from sagalint.rules.single_states import alone
from sagalint.rules.variable_types import kinds

_SAID_BETTER_BY = {
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
"""Rules whose findings say nothing new at a state that a finding of one of these others names."""


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
    promises, teller = PathRules(plan, roles, History(plan, roles, situations.path)), Teller(plan, roles)
    found: dict[tuple[str | int | None, ...], tuple[Breach, Move]] = {}
    ways_back: dict[Situation, list[Move]] = {}
    ends: list[Situation] = []
    for move in situations.moves():
        if move.end is None:
            ways_back.setdefault(move.after, []).append(move)
        else:
            ends.append(move.before)
        for broken in promises.breaches_of(move):
            found.setdefault((broken.rule, *broken.states[:1], broken.by), (broken, move))
        if not plan.recovered_by and move.what is Happening.DOUBT and move.state.name in roles.undone_by:
            found.setdefault(("nobody-recovers", None), (Breach("nobody-recovers", (), NOBODY, RECOVER), move))
    if situations.all_seen and (lost := _never_ends(ways_back, ends)):
        found["never-ends", lost.state.name, None] = (_goes_round(lost), lost)
    elif situations.all_seen and plan.takes_over and (back := _comes_back(ways_back)):
        found["never-ends", back.state.name, None] = (_goes_on(back), back)
    for broken, move in _worth_telling(found.values()):
        story = teller.story(situations.path(move))
        yield Finding(RULES[broken.rule], broken.states, broken.message, broken.fix, story)
    if not situations.all_seen:
        yield Finding(
            RULES["too-large"],
            (),
            f"the machine can come into more than {MOST_SITUATIONS} situations, and only those were looked at",
            "verify its parts by themselves, or let fewer variables decide",
        )


def _never_ends(ways_back: Mapping[Situation, Sequence[Move]], ends: Sequence[Situation]) -> Move | None:
    """The first move into a situation from which no way leads to an end."""
    ending, to_do = {*ends}, [*ends]
    while to_do:
        new = {move.before for move in ways_back.get(to_do.pop(), ())} - ending
        ending |= new
        to_do.extend(new)
    return next((moves[0] for after, moves in ways_back.items() if after not in ending), None)


def _comes_back(ways_back: Mapping[Situation, Sequence[Move]]) -> Move | None:
    """The first move that closes a circle of situations: nothing bounds how often it is taken."""
    graph = {after: {move.before for move in moves} for after, moves in ways_back.items()}
    try:
        graphlib.TopologicalSorter(graph).prepare()
    except graphlib.CycleError as error:
        circle = error.args[1]
        around = {*circle}
        return next(move for one in circle for move in ways_back[one] if move.before in around)
    return None


def _goes_on(move: Move) -> Breach:
    name, after = move.state.name, move.after.at
    return Breach(
        "never-ends",
        (name, after),
        f"{name} can lead to {after} again and again, and nothing counts how often",
        f"count the rounds in a variable, and let {name} lead to an end after some",
        move.catcher,
    )


def _goes_round(move: Move) -> Breach:
    name, after = move.state.name, move.after.at
    return Breach(
        "never-ends",
        (name, after),
        f"once {name} has led to {after}, no way leads to an end",
        f"let {name} lead to another state, or {after} to an end",
        move.catcher,
    )


def _worth_telling(found: Iterable[tuple[Breach, Move]]) -> list[tuple[Breach, Move]]:
    """Leaves out a finding that shares a state with one that says it better.

    One shared state is enough, so a finding at two states goes even if the better one names only one of them.
    """
    kept = list(found)

    def said_better(breach: Breach) -> bool:
        better = _SAID_BETTER_BY.get(breach.rule, ())
        return any(one.rule in better and {*one.states} & {*breach.states} for one, _ in kept)

    return [one for one in kept if not said_better(one[0])]


def _accepted(finding: Finding, plan: Plan) -> str | None:
    return next(
        (one.because for one in plan.accepted if one.rule == finding.rule.id and one.state in finding.states), None
    )

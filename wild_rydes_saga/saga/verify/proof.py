"""Puts a machine to the proof: every path, every state by itself, every read; and reports what does not hold."""

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from wild_rydes_saga.saga.plan import Plan
from wild_rydes_saga.saga.verify.alone import alone
from wild_rydes_saga.saga.verify.broken import NOBODY, RECOVER, Broken
from wild_rydes_saga.saga.verify.data import data_flow
from wild_rydes_saga.saga.verify.duration import durations
from wild_rydes_saga.saga.verify.findings import Finding, Happening, Report, in_order
from wild_rydes_saga.saga.verify.history import History
from wild_rydes_saga.saga.verify.kinds import kinds
from wild_rydes_saga.saga.verify.knowledge import Knowledge
from wild_rydes_saga.saga.verify.machine import Machine
from wild_rydes_saga.saga.verify.promises import Promises
from wild_rydes_saga.saga.verify.roles import Roles
from wild_rydes_saga.saga.verify.rules import RULES
from wild_rydes_saga.saga.verify.situation import Move, Situation
from wild_rydes_saga.saga.verify.situations import MOST_SITUATIONS, Situations
from wild_rydes_saga.saga.verify.story import Teller

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
"""Rules whose findings say nothing new where one of these others was found on the same way."""


def verify(definition: Mapping[str, Any], plan: Plan) -> Report:
    """Proves a state machine against the plan of its saga.

    Guarantee: if it reports nothing, then no path of the machine breaks one of `RULES`, where every task is done,
    fails cleanly, or ends in doubt with any error name that its kind of resource can raise. A condition that only
    a run can decide is followed every way. What functions do inside is taken as the plan says.

    Args:
        definition: The machine in the Amazon States Language, with JSONPath or JSONata.
        plan: What its states are in the saga.

    Raises:
        VerifyInputError: The definition is no state machine.
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
    promises, teller = Promises(plan, roles, History(plan, roles, situations.path)), Teller(plan, roles)
    found: dict[tuple[str | int | None, ...], tuple[Broken, Move]] = {}
    ways_back: dict[Situation, list[Move]] = {}
    ends: list[Situation] = []
    for move in situations.moves():
        if move.end is None:
            ways_back.setdefault(move.after, []).append(move)
        else:
            ends.append(move.before)
        for broken in promises.broken_by(move):
            found.setdefault((broken.rule, *broken.states[:1], broken.by), (broken, move))
        if not plan.recovered_by and move.what is Happening.DOUBT and move.state.name in roles.undone_by:
            found.setdefault(("nobody-recovers", None), (Broken("nobody-recovers", (), NOBODY, RECOVER), move))
    if situations.all_seen and (lost := _never_ends(ways_back, ends)):
        found["never-ends", lost.state.name, None] = (_goes_round(lost), lost)
    for broken, move in _worth_telling(found.values()):
        story = teller.story(situations.path(move))
        yield Finding(RULES[broken.rule], broken.states, broken.problem, broken.mend, story)
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


def _goes_round(move: Move) -> Broken:
    name, after = move.state.name, move.after.at
    return Broken(
        "never-ends",
        (name, after),
        f"once {name} has led to {after}, no way leads to an end",
        f"let {name} lead to another state, or {after} to an end",
        move.catcher,
    )


def _worth_telling(found: Iterable[tuple[Broken, Move]]) -> list[tuple[Broken, Move]]:
    rules = {broken.rule for broken, _ in found}
    return [one for one in found if not rules & {*_SAID_BETTER_BY.get(one[0].rule, ())}]


def _accepted(finding: Finding, plan: Plan) -> str | None:
    return next(
        (one.because for one in plan.accepted if one.rule == finding.rule.id and one.state in finding.states), None
    )

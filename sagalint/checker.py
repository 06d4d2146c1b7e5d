"""Checks a machine: every path, every state by itself, every read; and reports what does not hold."""

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from sagalint.definition.machine import FORK_TYPES, Machine
from sagalint.paths.explorer import Situations
from sagalint.paths.history import History
from sagalint.paths.knowledge import Knowledge
from sagalint.paths.roles import Roles
from sagalint.paths.situation import Move
from sagalint.paths.story import Storyteller
from sagalint.paths.walk import Walk
from sagalint.plan import Plan
from sagalint.rules.causes import merged, one_per_cause, with_guesses
from sagalint.rules.data.never_chosen import never_chosen
from sagalint.rules.data.reads import data_flow
from sagalint.rules.data.service_results import replaced_by_result
from sagalint.rules.data.variables import lost_results, value_types
from sagalint.rules.durations import durations
from sagalint.rules.finding import Finding, Report
from sagalint.rules.refused import refused_by_aws
from sagalint.rules.registry import in_order
from sagalint.rules.retries import retries
from sagalint.rules.saga.compensations import Compensations
from sagalint.rules.saga.endings import Endings, no_recovery
from sagalint.rules.saga.loops import endless_loops, goes_on, goes_round, partly_checked
from sagalint.rules.saga.messages import Messages
from sagalint.rules.saga.recoveries import TakingOver
from sagalint.rules.saga.silence import Silence
from sagalint.rules.single_states import single_states
from sagalint.rules.timeouts import timeouts

_Key = tuple[str, tuple[str, ...], int | None, int]
"""A rule, states, the catcher to fix, and a gravity."""


def check(definition: Mapping[str, Any], plan: Plan) -> Report:
    """Checks a state machine against the plan of its saga.

    Guarantee: if it reports nothing, then no path of the machine breaks one of `RULES`, where every task is done,
    fails cleanly, or ends in doubt with any error name that its kind of resource can raise. A condition that only
    a run can decide is followed every way. What functions do inside is taken as the plan says.

    Args:
        definition: The machine in the Amazon States Language, with JSONPath or JSONata.
        plan: What its states are in the saga.

    If AWS would refuse the definition, the report says why; and nothing else, where the rest cannot be read for it.
    """
    began = time.perf_counter()
    refused = [*refused_by_aws(definition)]
    if not all(readable for _, readable in refused):
        return _report([finding for finding, _ in refused], plan, 0, began)
    machine = Machine.read(definition)
    roles = Roles(machine, plan)
    knowledge = Knowledge(machine)
    on_paths, explored = _on_paths(plan, roles, knowledge)
    found = [
        *(finding for finding, _ in refused),
        *on_paths,
        *data_flow(machine, plan, roles, knowledge),
        *never_chosen(machine, roles),
        *replaced_by_result(machine, roles),
        *lost_results(machine, plan),
        *value_types(machine),
        *single_states(machine, plan, roles),
        *retries(machine, plan, roles, knowledge),
        *timeouts(machine, plan),
        *durations(machine, plan),
        *endless_loops(machine, plan),
    ]
    return _report(found, plan, explored, began)


def check_unreadable(definition: Mapping[str, Any], *, also_readable: bool = False) -> Report | None:
    """Why AWS would refuse a definition that cannot be checked for it; None if it can be.

    Args:
        definition: The machine.
        also_readable: Whether to say why AWS would refuse it though it could be checked.
    """
    began = time.perf_counter()
    refused = [*refused_by_aws(definition)]
    if not refused or (all(readable for _, readable in refused) and not also_readable):
        return None
    return Report(tuple(merged([finding for finding, _ in refused])), (), 0, time.perf_counter() - began)


def _report(found: Sequence[Finding], plan: Plan, explored: int, began: float) -> Report:
    found = [with_guesses(finding, plan) for finding in found]
    accepted = [(finding, reason) for finding in found if (reason := _accepted(finding, plan)) is not None]
    rest = one_per_cause([finding for finding in found if _accepted(finding, plan) is None], plan)
    return Report(tuple(sorted(rest, key=in_order)), tuple(accepted), explored, time.perf_counter() - began)


def _on_paths(plan: Plan, roles: Roles, knowledge: Knowledge) -> tuple[list[Finding], int]:
    """What is wrong on the paths of a machine, and how many situations were followed.

    What a rollback forgets can let two faults that end alike appear as one. So where there is a fault, all is
    followed once more without forgetting, if that is not too much. Where not all can be followed, the ways without a
    failure could be all that is: then those near the start are followed, whatever fails on them.
    """
    silence = Silence(roles)
    situations = Situations(plan, roles, knowledge, silence.given_up)
    found = [*_found_in(situations, plan, roles, silence)]
    if not situations.all_seen:
        situations = Situations(plan, roles, knowledge, silence.given_up, near=True)
        return [*_found_in(situations, plan, roles, silence)], len(situations)
    if found:
        whole = Situations(plan, roles, knowledge, silence.given_up, forgets=False)
        again = [*_found_in(whole, plan, roles, silence)]
        if whole.all_seen:
            return again, len(whole)
    return found, len(situations)


def _found_in(situations: Situations, plan: Plan, roles: Roles, silence: Silence) -> Iterator[Finding]:
    rules, storyteller = _PathRules(plan, roles, situations, silence), Storyteller(plan, roles)
    walk, found = Walk(), _Found()
    for move in situations.moves():
        number = walk.add(move)
        for finding in rules.findings_on(move):
            found.add(finding, number)
    if situations.all_seen and (lost := walk.never_ends()):
        yield replace(goes_round(lost), story=storyteller.story(situations.path(lost)))
    elif situations.all_seen and plan.takes_over and (back := walk.comes_back()):
        yield replace(goes_on(back), story=storyteller.story(situations.path(back)))
    for finding, number in found.causes(walk) if situations.all_seen else found.all():
        yield replace(finding, story=storyteller.story(situations.path(walk.moves[number])))
    if not situations.all_seen:
        yield partly_checked(situations.most)


class _PathRules:
    """All rules about paths, checked one move at a time."""

    def __init__(self, plan: Plan, roles: Roles, situations: Situations, silence: Silence) -> None:
        past = History(plan, roles, situations.path)
        self._plan = plan
        self._roles = roles
        self._compensations = Compensations(plan, roles, past)
        self._messages = Messages(plan, roles, past)
        self._endings = Endings(plan, roles, past, silence)
        self._taking_over = TakingOver(plan.takes_over, plan.ending, roles, past) if plan.takes_over else None

    def findings_on(self, move: Move) -> Iterator[Finding]:
        """What is wrong with a move, given what happened before."""
        if move.state.type == "Task" or move.state.type in FORK_TYPES:
            yield from self._compensations.findings_on(move)
            yield from self._messages.findings_on(move)
        if self._taking_over:
            yield from self._taking_over.findings_on(move)
        elif move.end is not None:
            yield from self._endings.findings_on(move)
        yield from no_recovery(self._plan, self._roles, move)


class _Found:
    """What was found on the moves of a machine, by rule, states and catcher, each with the numbers of its moves."""

    def __init__(self) -> None:
        self._moves: dict[_Key, list[int]] = {}
        self._first: dict[_Key, Finding] = {}

    def add(self, finding: Finding, number: int) -> None:
        """Takes in what was found on a move."""
        key = (finding.rule.id, finding.states, finding.catcher, finding.gravity)
        self._first.setdefault(key, finding)
        self._moves.setdefault(key, []).append(number)

    def all(self) -> Iterator[tuple[Finding, int]]:
        """The gravest of those that agree in rule, first state and catcher; the nearest has the shortest path."""
        yield from self._nearest({key: numbers[0] for key, numbers in self._moves.items()})

    def causes(self, walk: Walk) -> Iterator[tuple[Finding, int]]:
        """The same without what only follows from another finding.

        A finding follows from others if every path on which it happens also has one of them, at one of its states.
        """
        left = {key: number for key in self._moves if (number := self._not_explained(key, walk)) is not None}
        yield from self._nearest(left)

    def _not_explained(self, key: _Key, walk: Walk) -> int | None:
        """The first of its moves that lies on a path without the findings from which it could follow."""
        _, states, *_ = key
        follows_from = self._first[key].rule.follows_from
        causes = [
            number
            for other, numbers in self._moves.items()
            if other[0] in follows_from and {*other[1]} & {*states}
            for number in numbers
        ]
        numbers = self._moves[key]
        if not causes:
            return numbers[0]
        return next(filter(walk.can_avoid(frozenset(causes)), numbers), None)

    def _nearest(self, numbers: Mapping[_Key, int]) -> Iterator[tuple[Finding, int]]:
        best: dict[tuple[str, tuple[str, ...], int | None, str], _Key] = {}
        for key, number in numbers.items():
            rule, states, catcher, gravity = key
            short = (rule, states[:1], catcher, self._first[key].cause)
            other = best.setdefault(short, key)
            if (gravity, number) < (other[-1], numbers[other]):
                best[short] = key
        for key in best.values():
            yield self._first[key], numbers[key]


def _accepted(finding: Finding, plan: Plan) -> str | None:
    """The reason for which the plan accepts a finding: by its rule and a state that it names, or by its rule alone."""
    of_rule = (one for one in plan.accepted if one.rule == finding.rule.id)
    return next((one.because for one in of_rule if one.state is None or one.state in finding.states), None)

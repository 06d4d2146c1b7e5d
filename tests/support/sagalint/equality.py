"""Checks that a machine with an edit does the same as without it, and says by which reason.

The check has two parts. The ways: both machines are walked in step through every pair of situations, and each error,
verdict and ending must take the same way in both (a bisimulation; Succeed states count as one ending). The rest: an
edit that changes no way can only lie where nothing but patience, or what is reported, depends on it.
"""

import json
from collections import deque
from collections.abc import Iterator, Mapping
from typing import Any

from sagalint.definition.errors import QUERY_FAILED
from sagalint.definition.machine import Machine
from sagalint.expressions.jsonata_tree import expressions_in, free_variables
from sagalint.paths.explorer import Situations
from sagalint.paths.knowledge import Knowledge
from sagalint.paths.roles import Roles
from sagalint.paths.situation import Situation
from sagalint.plan import Plan
from tests.support.sagalint.mutants import Definition

PATIENCE = "patience: every error takes the same way once its retries are over"
TIMEOUT = "timeout: that it runs out is a way that is checked, only sooner or later, and its function has ended by then"
LONGER = "machine's timeout: still above the longest path"
ORDER = "order: every error and every answer takes the same way in both"
OUTPUT = "output: no state reads what it is given, and the plan promises nothing of the end's"
UNREAD = "variable: no state that can follow reads it"
TOLD = "variable: it is read to report it, or by a state that may fail in it; every read is defined, every way the same"
DECIDED = "Choice: what is assigned before it decides it, and it leads where the way led without it"
ENDING = "ending: another Succeed, the same status and output"


def why_equal(original: Definition, edited: Definition, plan: Plan) -> str | None:
    """Why an edited machine does the same; None if that is not checked."""
    if original["States"] == edited["States"]:
        return LONGER if edited.get("TimeoutSeconds", 0) > original["TimeoutSeconds"] else None
    (name, *others) = (one for one in original["States"] if original["States"][one] != edited["States"].get(one))
    before, after = original["States"][name], edited["States"].get(name, {})
    fields = {field for field in before.keys() | after.keys() if before.get(field) != after.get(field)}
    if not others and fields == {"Retry"}:
        return PATIENCE  # a Retry leads nowhere: where an error leads, its Catch says
    if not others and fields == {"Next"} and _leads_there_all_the_same(name, str(before["Next"]), edited, plan):
        return DECIDED
    if others or not _same_ways(Machine.read(original), Machine.read(edited), plan):
        return None
    if _only_in("Assign", before, after, fields):
        return _why_unread(before, after, edited, plan)
    reasons = {
        TIMEOUT: fields == {"TimeoutSeconds"} and "TimeoutSeconds" in after,
        ORDER: fields <= {"Catch", "Choices"} and all(_sorted(before[one]) == _sorted(after[one]) for one in fields),
        ENDING: fields <= {"Next", "End", "Catch", "Choices", "Default"},
        OUTPUT: _only_in("Output", before, after, fields) and _reads_no_input(edited),
    }
    return next((reason for reason, holds in reasons.items() if holds), None)


def _leads_there_all_the_same(name: str, target: str, edited: Definition, plan: Plan) -> bool:
    """Whether every way on from a state comes to a Choice that can only lead to a target."""
    machine = Machine.read(edited)
    choice = edited["States"][name].get("Next")
    if choice is None or edited["States"][choice]["Type"] != "Choice":
        return False
    walked = _situations(machine, plan)
    seen = {walked.start()}
    to_do = deque(seen)
    while to_do:
        for move in walked.moves_from(to_do.popleft()):
            after = move.after
            if (
                move.state.name == name
                and after.at == choice
                and {one.after.at for one in walked.moves_from(after)} != {target}
            ):
                return False
            if after.at and after not in seen:
                seen.add(after)
                to_do.append(after)
    return True


def _same_ways(one: Machine, other: Machine, plan: Plan) -> bool:
    walked, others = _situations(one, plan), _situations(other, plan)
    seen = {(walked.start(), others.start())}
    to_do = deque(seen)
    while to_do:
        mine, theirs = to_do.popleft()
        ways, their_ways = dict(_ways(one, walked, mine)), dict(_ways(other, others, theirs))
        if ways.keys() != their_ways.keys():
            return False
        new = {(after, their_ways[way]) for way, after in ways.items() if after is not None}
        to_do.extend(new - seen)  # type: ignore[arg-type]
        seen |= new  # type: ignore[arg-type]
    return True


def _situations(machine: Machine, plan: Plan) -> Situations:
    return Situations(plan, Roles(machine, plan), Knowledge(machine))


def _ways(
    machine: Machine, situations: Situations, situation: Situation
) -> Iterator[tuple[tuple[object, ...], Situation | None]]:
    """What can happen next, each with the situation that follows; None at an end."""
    for move in situations.moves_from(situation):
        after = move.after
        succeeds = bool(after.at) and _only_succeeds(machine, after.at)
        end = "success" if succeeds else move.end
        for error in move.errors or ("",):
            told = (after.did, after.undone, after.reported, after.gave_up, after.meaning, after.handed_on)
            yield (move.state.name, move.what, error, "" if succeeds else after.at, end, told), None if end else after


def _only_succeeds(machine: Machine, name: str) -> bool:
    """Whether a state is a Succeed, or a Choice between several."""
    state = machine.states[name]
    if state.type == "Choice":
        return all(way.target and machine.states[way.target].type == "Succeed" for way in state.ways)
    return state.type == "Succeed"


def _sorted(entries: list[Any]) -> list[str]:
    return sorted(json.dumps(one, sort_keys=True) for one in entries)


def _only_in(field: str, before: Mapping[str, Any], after: Mapping[str, Any], fields: set[str]) -> bool:
    """Whether two states differ in a field alone, their own or a Catch's."""

    def catches(state: Mapping[str, Any]) -> list[Any]:
        return [{name: value for name, value in one.items() if name != field} for one in state.get("Catch", [])]

    return fields == {field} or (fields == {"Catch"} and catches(before) == catches(after))


def _reads_no_input(definition: Definition) -> bool:
    tasks = [state for state in definition["States"].values() if state["Type"] == "Task"]
    return "$states.input" not in json.dumps(definition) and all("Arguments" in task for task in tasks)


def _why_unread(before: Mapping[str, Any], after: Mapping[str, Any], edited: Definition, plan: Plan) -> str | None:
    """Why it does not matter what a state assigns."""
    places = zip(_assigned(before), _assigned(after), _targets(after), strict=True)
    (was, is_now, target) = next(place for place in places if place[0] != place[1])
    variables = {one for one in was.keys() | is_now.keys() if was.get(one) != is_now.get(one)}
    readers = {
        reader
        for reader in (Machine.read(edited).reached(target) if target else ())
        if variables & {read for text in _read_by(edited["States"][reader], variables) for read in free_variables(text)}
    }
    if not readers:
        return UNREAD
    tells = {*plan.messages.success, *plan.messages.failure, *plan.ending}
    tells |= {one for one, state in edited["States"].items() if state["Type"] == "Fail"}
    tells |= {plan.takes_over.park} if plan.takes_over else set()
    tolerant = {one for one, answers in plan.refusals.items() if QUERY_FAILED in answers}
    return TOLD if readers <= tells | tolerant else None


def _assigned(state: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """What a state assigns when it is done, and in each Catch."""
    return [state.get("Assign", {}), *(one.get("Assign", {}) for one in state.get("Catch", []))]


def _read_by(state: Mapping[str, Any], variables: set[str]) -> Iterator[str]:
    """The expressions of a state, but for those by which the variables are made of themselves."""
    for field, value in state.items():
        if field not in ("Assign", "Catch"):
            yield from expressions_in(value)
    for assigned in _assigned(state):
        for name, value in assigned.items():
            if name not in variables:
                yield from expressions_in(value)


def _targets(state: Mapping[str, Any]) -> list[str | None]:
    """Where a state leads when it is done, and from each Catch."""
    return [state.get("Next"), *(one["Next"] for one in state.get("Catch", []))]

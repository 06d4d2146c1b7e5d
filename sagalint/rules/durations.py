"""How long the longest path of a machine takes when every attempt of every task times out, against its timeout."""

import graphlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Final

from sagalint.definition.machine import Machine, State
from sagalint.paths.happening import Happening, Moment
from sagalint.plan import Plan
from sagalint.rules.finding import Finding, Rule

MACHINE_TIMEOUT_TOO_SHORT: Final = Rule(
    id="machine-timeout-too-short",
    statement="The longest path, with all its retries, ends before the machine's timeout.",
    consequence="The machine is stopped in the middle of a rollback, and nothing can catch that.",
    fix="Raise the machine's TimeoutSeconds, or retry less.",
)


_Seconds = Callable[[State, Plan], float]
"""How long a state can take, or wait."""


class _Unbounded(Exception):
    """Something can take any time; says what, and what to do."""

    def __init__(self, state: str, message: str, fix: str) -> None:
        super().__init__(message)
        self.finding = Finding(MACHINE_TIMEOUT_TOO_SHORT, (state,), message, fix)


def durations(machine: Machine, plan: Plan) -> Iterator[Finding]:
    """Whether the longest path ends before the machine's timeout; without a plan, whether its waits alone do."""
    if plan.guessed:
        yield from _waits_too_long(machine, plan)
        return
    if any(task.body.get("TimeoutSeconds") is None and task.type == "Task" for task in machine.everywhere()):
        return
    try:
        path = _longest(machine, plan, _seconds)
    except _Unbounded as unbounded:
        yield unbounded.finding
        return
    total = _total(path)
    if machine.timeout_seconds is not None and total >= machine.timeout_seconds:
        yield Finding(
            MACHINE_TIMEOUT_TOO_SHORT,
            (),
            f"the longest path takes {total:.0f} s with all its retries, and the machine is stopped "
            f"after {machine.timeout_seconds:.0f} s",
            f"let the machine's TimeoutSeconds be above {total:.0f}, or retry less patiently",
            story=_story(machine, path),
        )


def _waits_too_long(machine: Machine, plan: Plan) -> Iterator[Finding]:
    limit = machine.timeout_seconds
    if limit is None:
        return
    path = _longest(machine, replace(plan, rounds=dict.fromkeys(machine.states, 1)), _waits)
    total, (name, longest) = _total(path), max(path, key=lambda one: one[1])
    if total < limit or not plan.is_saga:
        return
    alone = longest >= limit
    yield Finding(
        MACHINE_TIMEOUT_TOO_SHORT,
        tuple(state for state, seconds in path if seconds and (not alone or state == name)),
        f"the waits between the retries {f'of {name} ' if alone else ''}come to {longest if alone else total:.0f} s, "
        f"and the machine is stopped after {limit:.0f} s: in the middle, with nothing to catch it",
        f"let the machine's TimeoutSeconds be above {total:.0f}, or retry less patiently",
        rests_on=() if alone else ("a path on which every one of these states needs all its retries can happen",),
    )


def _waits(state: State, plan: Plan) -> float:
    """How long a state waits at most, whatever its tasks take; what is computed is not counted."""
    if state.type == "Wait":
        seconds = state.body.get("Seconds")
        return float(seconds) if isinstance(seconds, int | float) else 0
    if state.inner:
        rounds = [replace(plan, rounds=dict.fromkeys(machine.states, 1)) for machine in state.inner]
        inside = [_total(_longest(one, known, _waits)) for one, known in zip(state.inner, rounds, strict=True)]
        return max(inside) + sum(one.waits_seconds for one in state.retriers)
    return max((one.waits_seconds for one in state.retriers), default=0)


def _longest(machine: Machine, plan: Plan, seconds: _Seconds) -> list[tuple[str, float]]:
    """The path that takes the longest, each state with its seconds; what goes round is counted by its rounds."""
    following = {
        name: {way.target for way in machine.states[name].ways if way.target} for name in sorted(machine.reached())
    }
    rings, order = _rings(following)
    best: dict[str, list[tuple[str, float]]] = {}
    for ring in order:
        members = rings[ring]
        rounds = _rounds(members, following, plan)
        mine = [(name, rounds * seconds(machine.states[name], plan)) for name in members]
        after = [best[_ring_of(target, rings)] for name in members for target in following[name] - {*members}]
        best[ring] = [*mine, *max(after, key=_total, default=[])]
    return best[_ring_of(machine.start, rings)]


def _rings(following: Mapping[str, set[str]]) -> tuple[dict[str, tuple[str, ...]], list[str]]:
    """The states, those that go round taken together, by one of them; and these so that what follows comes first."""
    rings: dict[str, tuple[str, ...]] = {name: (name,) for name in following}
    while True:
        graph = {
            ring: {_ring_of(target, rings) for name in members for target in following[name]} - {ring}
            for ring, members in rings.items()
        }
        try:
            return rings, [*graphlib.TopologicalSorter(graph).static_order()]
        except graphlib.CycleError as error:
            first, *others = dict.fromkeys(error.args[1])
            rings[first] = tuple(sorted([*rings[first], *(name for one in others for name in rings.pop(one))]))


def _ring_of(state: str, rings: Mapping[str, tuple[str, ...]]) -> str:
    return next(ring for ring, members in rings.items() if state in members)


def _total(path: list[tuple[str, float]]) -> float:
    return sum(seconds for _, seconds in path)


def _rounds(members: tuple[str, ...], following: Mapping[str, set[str]], plan: Plan) -> int:
    if not any(target in members for name in members for target in following[name]):
        return 1
    known = [plan.rounds[name] for name in members if name in plan.rounds]
    if not known:
        raise _Unbounded(
            members[0],
            f"{', '.join(members)} can follow each other again and again, and nothing says how often",
            'take the loop away, or say in the plan how often it can go round: "rounds": {"' + members[0] + '": 3}',
        )
    return max(known)


def _seconds(state: State, plan: Plan) -> float:
    if state.type == "Wait":
        return _number(state, state.body.get("Seconds"), plan)
    if state.inner:
        inside = max(_total(_longest(machine, plan, _seconds)) for machine in state.inner)
        return _attempts(state) * inside + sum(one.waits_seconds for one in state.retriers)
    if state.type != "Task":
        return 0
    once = _number(state, state.body.get("TimeoutSeconds"), plan)
    return _attempts(state) * once + sum(one.waits_seconds for one in state.retriers)


def _attempts(state: State) -> int:
    return 1 + sum(one.max_attempts for one in state.retriers)


def _number(state: State, given: object, plan: Plan) -> float:
    if isinstance(given, int | float):
        return float(given)
    if state.name in plan.longest_waits:
        return plan.longest_waits[state.name]
    raise _Unbounded(
        state.name,
        f"how long {state.name} can take is computed, and nothing says how long at most",
        f'say it in the plan: "longest_waits": {{"{state.name}": 300}}',
    )


def _story(machine: Machine, path: list[tuple[str, float]]) -> tuple[Moment, ...]:
    slow = [(name, seconds) for name, seconds in path if seconds]
    following = [*(name for name, _ in slow[1:]), None]
    return tuple(
        Moment(
            name,
            Happening.PASSED if machine.states[name].type == "Wait" else Happening.DOUBT,
            (),
            after,
            f"{name} takes {seconds:.0f} s{_why(machine.states[name])}.",
        )
        for (name, seconds), after in zip(slow, following, strict=True)
    )


def _why(state: State) -> str:
    attempts = _attempts(state)
    timeout = state.body.get("TimeoutSeconds")
    if state.type != "Task" or not isinstance(timeout, int | float):
        return ""
    waits = sum(one.waits_seconds for one in state.retriers)
    return f": {attempts} attempts of {timeout:g} s" + (f", and {waits:.0f} s between them" if waits else "")

"""How long the longest path of a machine takes when every attempt of every task times out, against its timeout."""

import graphlib
from collections.abc import Iterator, Mapping
from typing import Final

from sagalint.definition.machine import Machine, State
from sagalint.paths.happening import Happening, Moment
from sagalint.plan import Plan
from sagalint.rules.finding import Finding, Level, Rule

TIMEOUT_TOO_SHORT: Final = Rule(
    id="timeout-too-short",
    statement="A task's timeout is longer than its function's, cold start included.",
    consequence="The function goes on after the state has given up: a zombie, which commits after its compensation.",
    fix="Set TimeoutSeconds above the function's timeout and its cold start.",
)
MACHINE_TIMEOUT_TOO_SHORT: Final = Rule(
    id="machine-timeout-too-short",
    statement="The longest path, with all its retries, ends before the machine's timeout.",
    consequence="The machine is stopped in the middle of a rollback, and nothing can catch that.",
    fix="Raise the machine's TimeoutSeconds, or retry less.",
)
NO_TIMEOUT: Final = Rule(
    id="no-timeout",
    statement="Every task has a timeout, and so has the machine.",
    consequence="A lost answer keeps an execution waiting for up to a year.",
    fix="Set TimeoutSeconds.",
    level=Level.NOTE,
)


class _Unbounded(Exception):
    """Something can take any time; says what, and what to do."""

    def __init__(self, state: str, message: str, fix: str) -> None:
        super().__init__(message)
        self.finding = Finding(MACHINE_TIMEOUT_TOO_SHORT, (state,), message, fix)


COLD_START_SECONDS: Final = 10
"""What a function may take to start, on top of its own timeout."""


def durations(machine: Machine, plan: Plan) -> Iterator[Finding]:
    """What is wrong with the timeouts of the tasks, and with the machine's."""
    for state in machine.everywhere():
        if state.type == "Task":
            yield from _times_out(state, plan)
    if machine.timeout_seconds is None:
        yield Finding(
            NO_TIMEOUT,
            (),
            "the machine has no TimeoutSeconds: an execution can hang for a year",
            "give it TimeoutSeconds above its longest path",
        )
    if any(task.body.get("TimeoutSeconds") is None and task.type == "Task" for task in machine.everywhere()):
        return
    try:
        path = _longest(machine, plan)
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


def _times_out(state: State, plan: Plan) -> Iterator[Finding]:
    if "TimeoutSecondsPath" in state.body:
        return
    timeout, function = state.body.get("TimeoutSeconds"), plan.function_timeouts.get(state.name)
    if timeout is None:
        yield Finding(
            NO_TIMEOUT,
            (state.name,),
            f"{state.name} has no TimeoutSeconds: it can wait for an answer for ever",
            f"give it TimeoutSeconds{f' above {function + COLD_START_SECONDS:g}' if function else ''}",
        )
    elif function is not None and isinstance(timeout, int | float) and timeout <= function + COLD_START_SECONDS:
        yield Finding(
            TIMEOUT_TOO_SHORT,
            (state.name,),
            f"{state.name} gives up after {timeout:g} s, but its function may run for {function:g} s "
            f"once it has started, which takes up to {COLD_START_SECONDS} s",
            f"let TimeoutSeconds be above {function + COLD_START_SECONDS:g}, or the function's timeout be shorter",
        )


def _longest(machine: Machine, plan: Plan) -> list[tuple[str, float]]:
    """The path that takes the longest, each state with its seconds; what goes round is counted by its rounds."""
    following = {
        name: {way.target for way in machine.states[name].ways if way.target} for name in sorted(machine.reached())
    }
    rings, order = _rings(following)
    best: dict[str, list[tuple[str, float]]] = {}
    for ring in order:
        members = rings[ring]
        rounds = _rounds(members, following, plan)
        mine = [(name, rounds * _seconds(machine.states[name], plan)) for name in members]
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
        inside = max(_total(_longest(machine, plan)) for machine in state.inner)
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

"""The rules about ways that lead back: whether something bounds how often, and whether all of them end."""

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any, Final

from sagalint.definition.machine import JSONATA, Machine, State
from sagalint.paths.answers import overlap, placed_by
from sagalint.paths.situation import Move
from sagalint.plan import Plan
from sagalint.rules.finding import Finding, Rule, listed, once

NEVER_ENDS: Final = Rule(
    id="never-ends",
    statement="From every situation some way leads to an end, and something bounds how often a way leads back.",
    consequence="The execution goes round until its timeout, and each transition costs money.",
    fix="Lead out of the loop to an end.",
)
TOO_LARGE: Final = Rule(
    id="too-large",
    statement="Every situation is checked.",
    consequence="A fault in the rest is not found.",
    fix="Check parts of the machine separately, or let fewer variables decide where it goes.",
)


A_CATCH_LEADS_BACK: Final = "a Catch leads back"
"""The cause of all that a Catch repeats."""
_VARIABLE: Final = re.compile(r'Variable": "([^"]+)"|Path": "([^"]+)"')
_ASKS: Final = ".waitForTaskToken"
"""Ends the resource of a task that waits until somebody answers: each round is asked for."""
_COUNTS: Final = re.compile(
    r"Numeric|Timestamp|MathAdd|RetryCount|EnteredTime|(?<!ac)(?<!dis)count|attempt|tries|iterat|index|remaining"
    r"|has_?(more|next)|continue|[<>]",
    re.IGNORECASE,
)
"""What speaks for a bound: a comparison of numbers or times, or the name of something that is counted or listed."""


def endless_loops(machine: Machine, plan: Plan) -> Iterator[Finding]:
    """Ways that lead back with nothing to bound how often, in a saga: while they go round, it is half done."""
    if plan.takes_over:
        return
    if not plan.is_saga:
        yield from _caught_for_ever_by_itself(machine, plan)
        return
    for ring in _rings(machine):
        states = [machine.states[name] for name in ring]
        if any(name in plan.rounds for name in ring) or any(_counts(state, states) for state in states):
            continue
        catching = min((one for one in states if _leads_back(one, ring)), key=_goes_on_the_same, default=None)
        if catching is not None:
            yield _catches_for_ever(catching, ring, states, plan)
        elif machine.timeout_seconds is None and not any(
            state.resource.endswith(_ASKS) or _is_given_its_last_answer(state) for state in states
        ):
            yield _polls_for_ever(ring, states)
    for state in machine.states.values():
        for inner in state.inner:
            yield from endless_loops(inner, plan)


def _caught_for_ever_by_itself(machine: Machine, plan: Plan) -> Iterator[Finding]:
    """The Catches that only repeat their own task, in a machine that nothing ends either: this is wrong in any."""
    if not plan.guessed or machine.timeout_seconds is not None:
        return
    for ring in _rings(machine):
        states = [machine.states[name] for name in ring]
        catching = next((one for one in states if _leads_back(one, ring)), None)
        only = all(one.type == "Pass" or (one is catching and not _waits(one)) for one in states)
        if catching is not None and only and not any(_counts(one, states) for one in states):
            found = _catches_for_ever(catching, ring, states, plan)
            yield replace(found, rests_on=(f"{catching.name} can fail each time",))


def _rings(machine: Machine) -> Iterator[tuple[str, ...]]:
    """The states that can follow each other again and again, those that come back to one another together."""
    after = {
        name: set().union(*(machine.reached(way.target) for way in state.ways if way.target))
        for name, state in machine.states.items()
    }
    left = [name for name in machine.states if name in after[name] and name in machine.reached()]
    while left:
        first = left[0]
        ring = tuple(name for name in left if name in after[first] and first in after[name])
        left = [name for name in left if name not in ring]
        yield ring


def _counts(state: State, ring: Sequence[State]) -> bool:
    """Whether a state looks as if it bounds the rounds: a Choice that compares, or what makes the number."""
    if state.type == "Choice":
        return any(
            _COUNTS.search(json.dumps(one)) and _can_change(one, state, ring) for one in state.body.get("Choices", ())
        )
    own = {name: value for name, value in state.body.items() if name in ("Assign", "Parameters", "Arguments")}
    return state.type in ("Pass", "Task") and "MathAdd" in json.dumps(own)


def _can_change(condition: Any, choice: State, ring: Sequence[State]) -> bool:
    """Whether what a Choice asks for can be another value in the next round: what a ring leaves alone stays."""
    if choice.language == JSONATA:
        return True
    asked = {one or other for one, other in _VARIABLE.findall(json.dumps(condition))}
    placed = [(state, way) for state in ring for way in state.ways]
    paths = [path for state, way in placed if (path := placed_by(state, way)) is not None]
    assigned = {f"${name.removesuffix('.$')}" for _, way in placed for name in way.fields.get("Assign", {})}
    return any(
        one.startswith("$$") or one.partition(".")[0] in assigned or any(overlap(path, one) for path in paths)
        for one in asked
    )


def _is_given_its_last_answer(state: State) -> bool:
    """Whether a task is handed what it answered the round before, by name: it can count the rounds, and refuse."""
    given, path = json.dumps(state.arguments), state.body.get("ResultPath")
    named = [path] if isinstance(path, str) and path != "$" else []
    kept = [f"${name}" for name in state.body.get("Assign", {})]
    return state.type == "Task" and any(name in given for name in (*named, *kept))


def _leads_back(state: State, ring: tuple[str, ...]) -> list[str]:
    """The states of a ring to which a Catch of one of them leads."""
    return [way.target for way in state.catches if way.target in ring]


def _goes_on_the_same(state: State) -> bool:
    """Whether each Catch of a state leads on as its success does: then another one leads back."""
    return {way.target for way in state.catches} <= {way.target for way in state.onward}


def _waits(state: State) -> bool:
    return state.type == "Wait" or state.resource.endswith(_ASKS) or ":activity:" in state.resource


def _catches_for_ever(catching: State, ring: tuple[str, ...], states: list[State], plan: Plan) -> Finding:
    name = catching.name
    target = _leads_back(catching, ring)[0]
    wait = "" if any(_waits(state) for state in states) else ", without a wait"
    undoes = target != name and any(target in step.undone_by for step in plan.steps)
    again = f", and {target} runs again each time" if undoes else ""
    inside = (task.name for state in states for task in state.tasks)
    return Finding(
        NEVER_ENDS,
        once(name, *ring, *inside),
        f"when {name} fails, its Catch leads back to {target}{wait}, and nothing counts how often: it never gives up"
        f"{again}",
        f"retry {name} by a Retry with MaxAttempts and a back-off, and let its Catch lead out of the loop",
        cause=A_CATCH_LEADS_BACK,
    )


def _polls_for_ever(ring: tuple[str, ...], states: list[State]) -> Finding:
    asks = next((state.name for state in states if state.type == "Task"), ring[0])
    return Finding(
        NEVER_ENDS,
        (asks, *(one for one in ring if one != asks)),
        f"{listed(ring)} follow each other again and again, and neither a count nor a TimeoutSeconds of the machine "
        f"bounds how often",
        "count the rounds, or compare the time with a limit, and lead out of the loop into the rollback",
        rests_on=(f"what {asks} answers can stay the same for ever",),
    )


def goes_on(move: Move) -> Finding:
    """A recovery that can take a move again and again."""
    name, after = move.state.name, move.after.at
    return Finding(
        NEVER_ENDS,
        (name, after),
        f"{name} can lead to {after} again and again, and nothing counts how often",
        f"count the rounds in a variable, and let {name} lead to an end after some",
        move.catcher,
    )


def goes_round(move: Move) -> Finding:
    """What is wrong with a move after which no way leads to an end."""
    name, after = move.state.name, move.after.at
    return Finding(
        NEVER_ENDS,
        (name, after),
        f"once {name} has led to {after}, no way leads to an end",
        f"let {name} lead to another state, or {after} to an end",
        move.catcher,
    )


def partly_checked(most: int) -> Finding:
    """A machine with more situations than are checked."""
    return Finding(
        TOO_LARGE,
        (),
        f"the machine has more than {most:,} situations, and only the nearest {most:,} were checked",
        "check parts of it separately, or let fewer variables decide where it goes",
    )

"""The promises that a state keeps or breaks by itself: its timeout, retriers and catchers, whether it is reached."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from sagalint.definition.errors import (
    ALL,
    QUERY_FAILED,
    TASK_FAILED,
    UNFORESEEN,
    first_match,
    kind_of,
    matches,
    raised_by,
    why_impossible,
)
from sagalint.definition.machine import FORK_TYPES, Machine, State
from sagalint.expressions.jsonata_tree import reads_result
from sagalint.paths.knowledge import Knowledge
from sagalint.paths.roles import Roles
from sagalint.plan import Plan
from sagalint.rules.breach import listed
from sagalint.rules.finding import Finding
from sagalint.rules.registry import RULES

COLD_START_SECONDS: Final = 10
"""What a function may take to start, on top of its own timeout."""


def alone(machine: Machine, plan: Plan, roles: Roles, knowledge: Knowledge) -> Iterator[Finding]:
    """What each state breaks by itself."""
    yield from _strangers(machine, plan)
    for state in machine.everywhere():
        if state.type == "Task":
            yield from _times_out(state, plan)
            yield from _waited_for(state, roles)
        if state.type in ("Task", *FORK_TYPES):
            yield from _names(state, roles, plan)
            asserts = state.name in machine.states and knowledge.asserts(state)
            yield from _retries(state, roles, plan, asserts=asserts)
            yield from _queries(state, roles, asserts=asserts)
        if state.type == "Fail":
            yield from _unnamed(state)
    for name in machine.states.keys() - machine.reached():
        yield Finding(RULES["unreachable"], (name,), f"no way leads to {name}", "lead one there, or take it away")


def _strangers(machine: Machine, plan: Plan) -> Iterator[Finding]:
    there = {state.name for state in machine.everywhere()}
    takes_over = plan.takes_over
    named = [
        *(step.action for step in plan.steps if not takes_over),
        *(step.compensation for step in plan.steps if step.compensation),
        *plan.messages.success,
        *plan.messages.failure,
        *([plan.settles] if plan.settles else []),
        *plan.ending,
        *(name for by_state in (plan.refusals, plan.transient, plan.keeps, plan.returns) for name in by_state),
        *(name for by_state in (plan.function_timeouts, plan.longest_waits, plan.rounds) for name in by_state),
        *(one.state for one in plan.accepted),
        *(state for states in plan.secrets.values() for state in states),
        *([takes_over.look, takes_over.claim, takes_over.wait, takes_over.park] if takes_over else []),
    ]
    for name in dict.fromkeys(named):
        if name not in there:
            yield Finding(
                RULES["plan-unknown-state"],
                (name,),
                f"the plan speaks of {name}, and the machine has no state of this name",
                "correct the name in the plan, or give the machine the state",
            )


def _times_out(state: State, plan: Plan) -> Iterator[Finding]:
    if "TimeoutSecondsPath" in state.body:
        return
    timeout, function = state.body.get("TimeoutSeconds"), plan.function_timeouts.get(state.name)
    if timeout is None:
        yield Finding(
            RULES["no-timeout"],
            (state.name,),
            f"{state.name} has no TimeoutSeconds: it can wait for an answer for ever",
            f"give it TimeoutSeconds{f' above {function + COLD_START_SECONDS:g}' if function else ''}",
        )
    elif function is not None and isinstance(timeout, int | float) and timeout <= function + COLD_START_SECONDS:
        yield Finding(
            RULES["timeout-too-short"],
            (state.name,),
            f"{state.name} gives up after {timeout:g} s, but its function may run for {function:g} s "
            f"once it has started, which takes up to {COLD_START_SECONDS} s",
            f"let TimeoutSeconds be above {function + COLD_START_SECONDS:g}, or the function's timeout be shorter",
        )


def _waited_for(state: State, roles: Roles) -> Iterator[Finding]:
    """Whether an action or a compensation is done when its state is."""
    if state.name not in roles.does and state.name not in roles.undoes:
        return
    arguments = state.arguments if isinstance(state.arguments, Mapping) else {}
    how = arguments.get("InvocationType", "RequestResponse")
    starts = re.search(r":states:startExecution$|:aws-sdk:sfn:start[A-Z]\w*$", state.resource)
    if how in ("Event", "DryRun") or starts:
        what = "only starts another machine" if starts else f"calls its function with InvocationType {how}"
        yield Finding(
            RULES["not-waited-for"],
            (state.name,),
            f"{state.name} {what}, and counts as done before its work is, or though it fails",
            "wait for it: startExecution.sync:2, or the InvocationType RequestResponse",
        )


def _names(state: State, roles: Roles, plan: Plan) -> Iterator[Finding]:
    """The names in its Retry and Catch: whether each can occur, and match."""
    known = {*roles.answers(state.name), *plan.transient.get(state.name, ())}
    lists = {
        "Retry": [one.errors for one in state.retriers],
        "Catch": [one.errors for one in state.catches],
    }
    for field, entries in lists.items():
        impossible = {name: why for names in entries for name in names if (why := _impossible(state, name, known))}
        if impossible:
            yield Finding(
                RULES["error-cannot-occur"],
                (state.name,),
                f"the {field} of {state.name} names {_some([*impossible])}, which it cannot raise: "
                f"{next(iter(impossible.values()))}",
                f"name the error as {state.name} raises it, or take it away",
            )
        taken: list[str] = []
        for position, names in enumerate(entries):
            for name in names:
                if why := _never_first(name, names, taken, last=position == len(entries) - 1):
                    yield Finding(
                        RULES["never-matches"],
                        (state.name,),
                        f"the {field} of {state.name} names {name}, {why}",
                        f"put it where it can match, or take it away: States.ALL comes last and alone, in a {field}",
                    )
                taken.append(name)


def _impossible(state: State, name: str, known: set[str]) -> str | None:
    if why := why_impossible(state, name):
        return why
    own = state.type == "Task" and "." not in name and kind_of(state).names_of_its_own
    said = {one for one in known if "." not in one}
    if own and said and name not in said:
        return f"the plan knows only {', '.join(sorted(said))} of what its function raises"
    return None


def _never_first(name: str, beside: Sequence[str], taken: Sequence[str], *, last: bool) -> str | None:
    if name == ALL and (len(beside) > 1 or not last):
        return "which must be the only name of the last entry"
    earlier = next(
        (one for one in taken if one == name or (name not in (ALL, TASK_FAILED) and matches(one, name))), None
    )
    if earlier:
        return "which it has named already" if earlier == name else f"which {earlier} before it has matched already"
    return None


def _retries(state: State, roles: Roles, plan: Plan, *, asserts: bool) -> Iterator[Finding]:
    retriers = [one.errors for one in state.retriers]
    answers = roles.answers(state.name)

    def retried(error: str) -> bool:
        found = first_match(retriers, error)
        return found is not None and state.retriers[found].max_attempts > 0

    fixed = [error for error in answers if error not in plan.transient.get(state.name, ())]
    for error in dict.fromkeys([*fixed, *([QUERY_FAILED] if asserts else [])]):
        if not retried(error):
            continue
        if error == QUERY_FAILED and error not in answers:
            why = "what it asserts does not change by a repeat"
        else:
            why = "it is an answer, which a repeat cannot change"
        yield Finding(
            RULES["answer-retried"],
            (state.name,),
            f"{state.name} is tried again when it ends with {error}: {why}",
            f"put a retrier for {error} with MaxAttempts 0 before the others, or name what is to be retried",
        )
    if state.type != "Task":
        return
    sure = {
        *answers,
        QUERY_FAILED,
        "States.Permissions",
        "States.ParameterPathFailure",
        "States.ResultPathMatchFailure",
    }
    if roles.must_get_done(state.name):
        missing = [error for error in raised_by(state, answers) if error not in sure and not retried(error)]
        if missing:
            yield Finding(
                RULES["not-retried"],
                (state.name,),
                f"{state.name} must get done, and is not tried again when it ends with {_some(missing)}",
                "give it a retrier for States.ALL, the last one, with a back-off and jitter",
            )
    else:
        passing = (*kind_of(state).transient, *plan.transient.get(state.name, ()))
        missing = [error for error in passing if not retried(error)]
        if missing:
            yield Finding(
                RULES["transient-not-retried"],
                (state.name,),
                f"{state.name} is not tried again when it ends with {_some(missing)}, which passes by itself",
                f"let a retrier name {_some(missing)}",
            )


def _queries(state: State, roles: Roles, *, asserts: bool) -> Iterator[Finding]:
    """Whether a failed expression can be taken for a clean failure of an action."""
    if state.name not in roles.does or QUERY_FAILED not in roles.answers(state.name):
        return
    after = [name for name in ("Assign", "Output") if reads_result(state.body.get(name))]
    if asserts and not after:
        return
    why = (
        f"its {listed(after)} can fail too, and by then it has done its work"
        if after
        else "its arguments assert nothing, so that only a mistake in them can fail"
    )
    yield Finding(
        RULES["query-not-clean"],
        (state.name,),
        f"{QUERY_FAILED} counts as a clean failure of {state.name}, but {why}",
        f"let the arguments of {state.name} $assert what the input must be, and keep its result as it is",
    )


def _unnamed(state: State) -> Iterator[Finding]:
    missing = [name for name in ("Error", "Cause") if name not in state.body and f"{name}Path" not in state.body]
    if missing:
        yield Finding(
            RULES["failure-unnamed"],
            (state.name,),
            f"{state.name} ends the execution without {listed(missing)}",
            f"give it {listed(missing)}: the failing step's, if there is no better one",
        )


def _some(names: Sequence[str]) -> str:
    most = 5
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join("an error that nobody foresaw" if one == UNFORESEEN else one for one in names[:most]) + more

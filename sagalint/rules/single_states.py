"""The rules about a state by itself: whether it is reached, waited for, named, and known to the plan."""

import re
from collections.abc import Iterator, Mapping
from typing import Final

from sagalint.definition.errors import ALL
from sagalint.definition.machine import Machine, State
from sagalint.paths.roles import Roles
from sagalint.plan import Plan
from sagalint.rules.finding import Finding, Level, Rule, listed, once

NOT_WAITED_FOR: Final = Rule(
    id="not-waited-for",
    statement="The machine waits until actions and compensations are done.",
    consequence="One that fails later counts as done: the saga goes on, or has undone nothing.",
    fix="Use startExecution.sync:2, or the InvocationType RequestResponse.",
    rests_on_plan=True,
)
PLAN_UNKNOWN_STATE: Final = Rule(
    id="plan-unknown-state",
    statement="The plan and the machine name the same states.",
    consequence="A state that the plan misses is not checked.",
    fix="Correct the name in the plan.",
)
FAILURE_UNNAMED: Final = Rule(
    id="failure-unnamed",
    statement="Every Fail state names its error and its cause.",
    consequence="An alarm says nothing about the reason.",
    fix="Give it Error and Cause, or ErrorPath and CausePath.",
    level=Level.NOTE,
)
UNREACHABLE: Final = Rule(
    id="unreachable",
    statement="Every state can be reached.",
    consequence="A state that cannot be reached protects from nothing.",
    fix="Lead a way to it, or delete it.",
    level=Level.NOTE,
)

NO_SUCCESS: Final = Rule(
    id="no-success",
    statement="A way leads from the start to a success.",
    consequence="Every execution fails or goes round for ever, however well its tasks do.",
    fix="Lead the way on which all goes well to a Succeed state, or to a state with End.",
)


def single_states(machine: Machine, plan: Plan, roles: Roles) -> Iterator[Finding]:
    """What is wrong in each state by itself."""
    yield from _unknown_states(machine, plan)
    for state in machine.everywhere():
        if state.type == "Task":
            yield from _waited_for(state, roles)
        if state.type == "Fail":
            yield from _unnamed(state)
    yield from _no_success(machine)
    reached = machine.reached()
    led = {way.target for state in machine.states.values() for way in state.ways}
    for name in (one for one in machine.states if one not in reached and one in led):  # AWS refuses the others
        yield Finding(UNREACHABLE, (name,), f"no way leads to {name}", "lead one there, or take it away")


def _unknown_states(machine: Machine, plan: Plan) -> Iterator[Finding]:
    there = {state.name for state in machine.everywhere()}
    takes_over = plan.takes_over
    named = [
        *(step.action for step in plan.steps if not takes_over),
        *(name for step in plan.steps for name in step.undone_by if not plan.hands_over),
        *(name for step in plan.steps for one in step.clean_results for name in (one.choice, one.next)),
        *plan.messages.success,
        *plan.messages.failure,
        *([plan.settles] if plan.settles else []),
        *plan.ending,
        *(name for by_state in (plan.refusals, plan.transient, plan.keeps, plan.returns) for name in by_state),
        *(name for by_state in (plan.function_timeouts, plan.longest_waits, plan.rounds) for name in by_state),
        *(one.state for one in plan.accepted if one.state),
        *(state for states in plan.secrets.values() for state in states),
        *((plan.hands_over.state, *plan.hands_over.answers_again) if plan.hands_over else ()),
        *([takes_over.look, takes_over.claim, takes_over.wait, takes_over.park] if takes_over else []),
    ]
    for name in dict.fromkeys(named):
        if name not in there:
            yield Finding(
                PLAN_UNKNOWN_STATE,
                (name,),
                f"the plan speaks of {name}, and the machine has no state of this name",
                "correct the name in the plan, or give the machine the state",
            )


def _no_success(machine: Machine) -> Iterator[Finding]:
    unfailing = _unfailing(machine)
    if any(machine.states[name].ends and machine.states[name].type != "Fail" for name in unfailing):
        return
    left = [name for name in machine.states if name not in machine.reached()]
    back = next(_ways_back(machine), None)
    turn = f": {back[0]} leads back to {back[1]}" if back else ": each way ends in a Fail state"
    never = f", and {listed(left)} {'is' if len(left) == 1 else 'are'} never reached" if left else ""
    yield Finding(
        NO_SUCCESS,
        once(*(back or (machine.start,)), *left),
        f"no way leads from {machine.start} to a success where nothing fails{turn}{never}",
        f"let {back[0]} lead on{f' to {left[0]}' if left else ''}" if back else "lead the last task to a success",
        weighs_as="refused-by-aws",
    )


def _unfailing(machine: Machine) -> set[str]:
    """The states that are reached without an error, or by one that a Catch names: it can be what is waited for."""
    found, to_do = {machine.start}, [machine.start]
    while to_do:
        state = machine.states[to_do.pop()]
        ways = (*state.onward, *(way for way in state.catches if ALL not in way.errors))
        new = {way.target for way in ways if way.target} - found
        found |= new
        to_do.extend(new)
    return found


def _ways_back(machine: Machine) -> Iterator[tuple[str, str]]:
    """The ways that lead back to a state from which they have come, where nothing fails, in the machine's order."""
    to_do: list[tuple[str, tuple[str, ...]]] = [(machine.start, ())]
    seen: set[str] = set()
    while to_do:
        name, before = to_do.pop()
        seen.add(name)
        for way in machine.states[name].onward:
            if way.target in (*before, name):
                yield name, str(way.target)
            elif way.target and way.target not in seen:
                to_do.append((way.target, (*before, name)))


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
            NOT_WAITED_FOR,
            (state.name,),
            f"{state.name} {what}, and counts as done before its work is, or though it fails",
            "wait for it: startExecution.sync:2, or the InvocationType RequestResponse",
        )


def _unnamed(state: State) -> Iterator[Finding]:
    missing = [name for name in ("Error", "Cause") if name not in state.body and f"{name}Path" not in state.body]
    if missing:
        yield Finding(
            FAILURE_UNNAMED,
            (state.name,),
            f"{state.name} ends the execution without {listed(missing)}",
            f"give it {listed(missing)}: the failing step's, if there is no better one",
        )

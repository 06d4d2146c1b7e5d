"""The rules about the timeout of each task, and of the machine."""

from collections.abc import Iterator
from typing import Final

from sagalint.definition.machine import Machine, State
from sagalint.definition.naming.task_kinds import TaskKind, kind_of_task, sends_message
from sagalint.plan import Plan
from sagalint.rules.finding import Finding, Level, Rule

TIMEOUT_TOO_SHORT: Final = Rule(
    id="timeout-too-short",
    statement="A task's timeout is longer than its function's, cold start included.",
    consequence="The function goes on after the state has given up: a zombie, which commits after its compensation.",
    fix="Set TimeoutSeconds above the function's timeout and its cold start.",
)
NO_TIMEOUT: Final = Rule(
    id="no-timeout",
    statement="Every task has a timeout, and so has the machine.",
    consequence="A lost answer keeps an execution waiting for up to a year.",
    fix="Set TimeoutSeconds.",
    level=Level.NOTE,
)
WAITS_FOR_EVER: Final = Rule(
    id="waits-for-ever",
    statement="A task that waits for somebody to answer has a timeout, or heartbeats.",
    consequence="A lost answer leaves the execution waiting, and a saga half done, for up to a year.",
    fix="Set TimeoutSeconds or HeartbeatSeconds, and catch States.Timeout.",
)
COLD_START_SECONDS: Final = 10
"""What a function may take to start, on top of its own timeout."""
_ACTS: Final = (TaskKind.MOVES, TaskKind.CHANGES, TaskKind.COMMITS)


def timeouts(machine: Machine, plan: Plan) -> Iterator[Finding]:
    """What is wrong with the timeouts of the tasks, and with the machine's."""
    for state in machine.everywhere():
        if state.type == "Task" and "TimeoutSecondsPath" not in state.body:
            yield from _times_out(state, plan, machine)
    if machine.timeout_seconds is None:
        yield Finding(
            NO_TIMEOUT,
            (),
            "the machine has no TimeoutSeconds: an execution can hang for a year",
            "give it TimeoutSeconds above its longest path",
        )


def _times_out(state: State, plan: Plan, machine: Machine) -> Iterator[Finding]:
    """What is wrong with the timeout of a task.

    The machine's timeout ends the wait, but nothing can catch it: in a saga it leaves what was done. Any other machine
    has nothing to undo, so there it is enough.
    """
    in_time = machine.timeout_seconds is not None
    timeout, function = state.body.get("TimeoutSeconds"), plan.function_timeouts.get(state.name)
    cold_start = 0 if plan.guessed else COLD_START_SECONDS
    waits = timeout is None and _waits_for_an_answer(state)
    if waits and (plan.is_saga or not plan.guessed or (not in_time and _is_begun(state, machine))):
        yield Finding(
            WAITS_FOR_EVER,
            (state.name,),
            f"{state.name} waits until somebody answers, and has neither TimeoutSeconds nor HeartbeatSeconds: "
            f"for up to a year",
            f"give {state.name} TimeoutSeconds, and a Catch for States.Timeout",
            rests_on=("an answer can fail to come",),
            cause="no timeout",
        )
    elif timeout is None:
        yield Finding(
            NO_TIMEOUT,
            (state.name,),
            f"{state.name} has no TimeoutSeconds",
            f"give it TimeoutSeconds{f' above {function + COLD_START_SECONDS:g}' if function else ''}",
        )
    elif (
        (plan.is_saga or not plan.guessed)
        and function is not None
        and isinstance(timeout, int | float)
        and timeout <= function + cold_start
    ):
        yield Finding(
            TIMEOUT_TOO_SHORT,
            (state.name,),
            f"{state.name} gives up after {timeout:g} s, but its function may run for {function:g} s "
            f"once it has started, which takes up to {COLD_START_SECONDS} s",
            f"let TimeoutSeconds be above {function + COLD_START_SECONDS:g}, or the function's timeout be shorter",
        )


def _waits_for_an_answer(state: State) -> bool:
    waits = state.resource.endswith(".waitForTaskToken") or ":activity:" in state.resource
    return waits and not {"HeartbeatSeconds", "HeartbeatSecondsPath"} & state.body.keys()


def _is_begun(waiting: State, machine: Machine) -> bool:
    """Whether something may be done while a task waits: by a task before it, or by whoever it has called.

    Who is asked before anything is done, such as an approver, keeps nobody waiting but whoever started the machine.
    """
    outermost = next(name for name, state in machine.states.items() if waiting in _with_inner(state))
    before = [one for name, one in machine.states.items() if outermost in machine.reached(name)]
    tasks = [task for state in before for task in _with_inner(state) if task.type == "Task"]
    acts = [task for task in tasks if kind_of_task(task) in _ACTS]
    return any(task is not waiting or kind_of_task(task) is TaskKind.MOVES or not sends_message(task) for task in acts)


def _with_inner(state: State) -> list[State]:
    return [state, *(one for machine in state.inner for one in machine.everywhere())]

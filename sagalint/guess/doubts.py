"""What is doubtful in a guessed plan, told in sentences: what was guessed, on what ground, and where to look."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from sagalint.definition.errors import ALL, kind_of
from sagalint.definition.machine import Machine
from sagalint.guess.course import Course
from sagalint.guess.pairing import Pair, fails_by_name, undoes_by_name
from sagalint.plan import Plan
from sagalint.rules.finding import listed


@dataclass(frozen=True, kw_only=True)
class Findings:
    """What a guessed plan rests on.

    Attributes:
        machine: The machine.
        course: Its course.
        plan: The plan.
        pairs: By action, its compensation with the grounds.
        skipped: Leading tasks that the plan leaves out.
        alarms: States that tell only that a rollback gave up.
        missable: Actions that a way to success goes past.
        left_over: Tasks that are on no way to success and have no part in the plan.
        fields: By field of the input, the states that read it by name.
    """

    machine: Machine
    course: Course
    plan: Plan
    pairs: Mapping[str, Pair]
    skipped: Sequence[str]
    alarms: Sequence[str]
    missable: Sequence[str]
    left_over: Sequence[str]
    fields: Mapping[str, Sequence[str]]


def doubts_of(found: Findings) -> tuple[str, ...]:
    """Every doubt: those of the steps first, then those of what is beside them, then what no machine tells."""
    return tuple(
        doubt for part in (_of_steps, _of_the_pivot, _of_failures, _of_the_rest, _unknown) for doubt in part(found)
    )


def _of_steps(found: Findings) -> Iterator[str]:
    for step in found.plan.steps:
        if step.compensation:
            grounds = listed(found.pairs[step.action].grounds)
            yield f"{step.action} is taken for compensated by {step.compensation}: {grounds}."
        else:
            yield (
                f"{step.action} is taken for an action without compensation ({step.uncompensated_because}): "
                f"name its compensation, or say in uncompensated_because why it needs none."
            )
    for name in found.skipped:
        yield (
            f"{name} is left out of the plan, and nothing is checked of it: it comes before "
            f"{found.plan.steps[0].action}, and the first step needs a compensation. If it changes anything, make it "
            f"a step that has one."
        )
    for name in found.missable:
        yield (
            f"A way to success goes past {name}, and a plan promises every step: expect step-left-out, and decide "
            f"whether the way or the plan is wrong."
        )


def _of_the_pivot(found: Findings) -> Iterator[str]:
    pivot = next((step.action for step in found.plan.steps if step.pivot), None)
    last = found.plan.steps[-1].action
    turning = [step.action for step in found.plan.compensable if not step.compensation]
    if pivot:
        yield (
            f"{pivot} is taken for the pivot: from it on no catcher leads to a compensation. If a catcher is "
            f"missing there, take the pivot away, or mark a later step."
        )
        if turning:
            yield (
                f"{listed(turning)} before it {'have' if len(turning) > 1 else 'has'} no compensation, and a failure "
                f"leads to those of the steps before: if the saga commits there already, mark that as the pivot."
            )
    elif not found.pairs:
        yield "No step is taken for the pivot, since no compensation was found: name the compensations first."
    else:
        yield (
            f"No step is taken for the pivot: {last}, the last one, has a compensation, or its failure leads to one. "
            f"If the saga commits at some step, mark it as the pivot."
        )


def _of_failures(found: Findings) -> Iterator[str]:
    for step in found.plan.steps:
        clean = [failure.error for failure in step.clean_failures]
        if clean:
            yield (
                f"{listed(clean)} of {step.action} {'are' if len(clean) > 1 else 'is'} taken for clean: its catcher "
                f"goes another way than what nobody foresaw, or past {step.compensation or 'any compensation'}. "
                f"Look whether {step.action} has done nothing then."
            )
        answers = _named_like_all(found.course, step.action)
        if answers and not step.pivot:
            yield (
                f"{listed(answers)} of {step.action} {'are' if len(answers) > 1 else 'is'} caught by name and led "
                f"where any other error is: if {step.action} has done nothing then, add it to the clean failures."
            )
    for name, errors in found.plan.refusals.items():
        yield (
            f"{listed(errors)} of {name} {'are' if len(errors) > 1 else 'is'} taken for a refusal, which no repeat "
            f"changes: it is not repeated, or leads on as a success does. Look whether {name} had nothing to do then."
        )
    for name, errors in found.plan.transient.items():
        yield f"{listed(errors)} of {name} {'are' if len(errors) > 1 else 'is'} taken to pass: a retrier names it."


def _named_like_all(course: Course, action: str) -> list[str]:
    troubles = course.troubles(action)
    common = {one.target for one in troubles if ALL in one.errors}
    transient = kind_of(course.states[action]).transient
    return [
        error
        for one in troubles
        for error in one.errors
        if one.target in common and not error.startswith(("States.", "Lambda.")) and error not in transient
    ]


def _of_the_rest(found: Findings) -> Iterator[str]:
    messages, first = found.plan.messages, found.plan.steps[0].compensation
    for kind, names in {"success": messages.success, "failure": messages.failure}.items():
        if names:
            yield f"{listed(names)} {'are' if len(names) > 1 else 'is'} taken to report the {kind}."
        else:
            yield f"No state seems to report the {kind}: if one does, name it in messages.{kind}."
    if found.alarms:
        yield (
            f"{listed(found.alarms)} can follow only where a compensation has given up: not taken for the message that "
            f"the saga failed and was undone."
        )
    if found.plan.settles:
        yield (
            f"{found.plan.settles} is taken to settle the saga: it asserts, what gives up goes around it, or its name "
            f"says that it closes it."
        )
    elif first:
        yield f"No state is taken to settle the saga. If {first} marks it as closed, name it in settles."
    for name in found.left_over:
        why = "nothing leads there" if name not in found.course.reached else "it is on no way to success"
        like = "looks like a compensation" if undoes_by_name(name) or fails_by_name(name) else "has no part in the plan"
        yield f"{name} {like}, and no action was found for it ({why}): if it undoes a step, name it there."
    if any(undoes_by_name(name) for name in found.left_over):
        yield "If the machine finishes what another one's executions left, nothing of that is guessed: give takes_over."


def _unknown(found: Findings) -> Iterator[str]:
    plan = found.plan
    if plan.inputs is None:
        yield "No field of the input is read by name: give inputs, or what is read in vain is not found."
    else:
        yield (
            f"The input is taken to have {listed(plan.inputs)}, which the machine reads by name: add what may be "
            f"missing, and take away what a caller may leave out."
        )
    for field, allowed in plan.secrets.items():
        others = [name for name in found.fields[field] if name not in allowed]
        told = listed(allowed) if allowed else "no state"
        also = f", though {listed(others)} read{'s' if len(others) == 1 else ''} it too" if others else ""
        yield (
            f"{field} is taken for secret by its name, and allowed to {told}{also}: name in secrets the states that "
            f"may have it."
        )
    if not plan.secrets:
        yield "No field of the input looks secret by its name: name those that are in secrets, with who may have them."
    states = [*found.machine.everywhere()]
    if functions := [one.name for one in states if one.type == "Task" and kind_of(one).service == "Lambda"]:
        yield (
            f"The timeouts of the functions that {listed(functions)} call are not in the machine: give them in "
            f"function_timeouts, or a state that gives up too early is not found."
        )
    if waits := [one.name for one in states if one.type == "Wait" and not isinstance(one.body.get("Seconds"), int)]:
        yield f"How long {listed(waits)} can wait is not written in the machine: give it in longest_waits, in seconds."
    yield "The plan names nothing that finishes what the machine cannot: if something does, name it in recovered_by."
    yield (
        "What later states need of a result is not known: name the variables that must hold it in keeps, and the "
        "fields that are relied upon in returns."
    )

"""What is doubtful in a guessed plan: the pairs, each with its reason, then the questions that change the verdict."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from sagalint.definition.machine import Machine
from sagalint.guess.course import Course
from sagalint.guess.pairs.pairing import Pair
from sagalint.guess.vocabulary import undoes_by_name
from sagalint.plan import Plan
from sagalint.rules.finding import listed


@dataclass(frozen=True, kw_only=True)
class Findings:
    """What a guessed plan rests on.

    Attributes:
        machine: The machine.
        course: Its course.
        plan: The plan.
        pairs: By action, its compensations with the grounds.
        alarms: States that report only that a rollback gave up.
        left_over: Tasks that are on no way to success and have no part in the plan.
        fields: By field of the input, the states that read it by name.
    """

    machine: Machine
    course: Course
    plan: Plan
    pairs: Mapping[str, Pair]
    alarms: Sequence[str]
    left_over: Sequence[str]
    fields: Mapping[str, Sequence[str]]


def doubts_of(found: Findings) -> tuple[str, ...]:
    """The pairs, then the questions."""
    return (*_pairs(found), *_questions(found))


def _pairs(found: Findings) -> Iterator[str]:
    if not found.pairs:
        yield "No compensation was found: this looks like no saga."
    for step in found.plan.steps:
        if step.undone_by:
            yield f"{step.action} is undone by {listed(step.undone_by)}: {listed(found.pairs[step.action].grounds)}."
    for step in found.plan.steps:
        if step.pivot:
            yield f"{step.action} is the pivot: it commits the saga, and no failure after it leads to a compensation."


def _questions(found: Findings) -> Iterator[str]:
    for step in found.plan.steps:
        if step.undone_by_nothing:
            yield (
                f"Does {step.action} need undoing? If not, say why in uncompensated_because. If it does, nothing in "
                f"the machine undoes it."
            )
        elif any("commit" in one for one in step.rests_on):
            yield f"Is {step.action} the commit? If so, mark it as the pivot."
        elif step.rests_on:
            yield f"Does {listed(step.undone_by)} undo {step.action}? If not, correct its compensation."
    for step in found.plan.steps:
        if step.clean_failures and step.undone_by:
            clean = listed([failure.error for failure in step.clean_failures])
            yield f"Has {step.action} done nothing when it ends with {clean}? If not, take that from clean_failures."
    for name in found.left_over:
        if undoes_by_name(name):
            yield f"Does {name} undo a step? If so, name it there."
    for field, allowed in found.plan.secrets.items():
        who = listed(allowed) if allowed else "no state"
        yield f"Is {field} secret? It is taken for it by its name, and allowed to {who}. If not, take it from secrets."

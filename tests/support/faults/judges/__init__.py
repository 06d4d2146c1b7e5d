"""A judge for each step: how the campaign sees what the step did, and forces its clean failures.

A module of this folder declares one, as `JUDGE`. No list names them: a judge counts because its module is here.
"""

import importlib
import pkgutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from tests.support.faults.judges.judge import StepJudge
from wild_rydes_saga.saga import Plan, PlannedStep

_TYPES: Final = "judge"
_FOLDER: Final = "tests/support/faults/judges"
_RECIPE: Final = '(see "Add a step" in CONTRIBUTING.md)'


class JudgeError(Exception):
    """The campaign cannot judge every step of the plan. Says what to write."""


@dataclass(frozen=True)
class JudgedStep:
    """A step of the plan and its judge."""

    step: PlannedStep
    judge: StepJudge


def all_judges() -> list[StepJudge]:
    """The judge of every module of this folder."""
    names = [module.name for module in pkgutil.iter_modules(__path__) if module.name != _TYPES]
    return [importlib.import_module(f"{__name__}.{name}").JUDGE for name in names]


def judges_for(plan: Plan, judges: Sequence[StepJudge] | None = None) -> list[JudgedStep]:
    """The steps before the pivot with their judges.

    Args:
        plan: The saga's.
        judges: Judges to choose from; those of this folder if None.

    Raises:
        JudgeError: A step that can be undone, or refuse, has no judge; a clean failure
            has nothing that forces it; or a judge fits no step.
    """
    found = {judge.action: judge for judge in (all_judges() if judges is None else judges)}
    gaps = [*_gaps(plan, found), *_strangers(plan, found)]
    if gaps:
        raise JudgeError("\n".join(gaps))
    return [JudgedStep(step, found[step.action]) for step in plan.compensable if step.action in found]


def reported_errors(step: PlannedStep) -> list[str]:
    """The names under which a ride reports a step's clean failures."""
    return [failure.reported_as or failure.error for failure in step.clean_failures]


def _gaps(plan: Plan, judges: dict[str, StepJudge]) -> Iterator[str]:
    for step in plan.compensable:
        judge = judges.get(step.action)
        if judge is None:
            if step.compensation or step.clean_failures:
                yield _no_judge(step)
            continue
        for error in reported_errors(step):
            if error not in judge.forces:
                yield (
                    f"{step.action} can refuse with {error}, and nothing forces it, so no trial would cover it: add "
                    f"{error!r} to `forces` of its judge in {_FOLDER}, with a CustomerSuffix, a WrongInput or a "
                    f"RowBefore {_RECIPE}"
                )


def _no_judge(step: PlannedStep) -> str:
    unseen = (
        f"no trial would notice that {step.compensation} undoes nothing" if step.compensation else "it is not tried"
    )
    return (
        f"{step.action} has no judge, so {unseen}: write {_FOLDER}/<service>.py with "
        f'JUDGE = StepJudge(action="{step.action}", tables=[...], judge=..., forces={{...}}) {_RECIPE}'
    )


def _strangers(plan: Plan, judges: dict[str, StepJudge]) -> Iterator[str]:
    steps = {step.action: step for step in plan.compensable}
    for action, judge in judges.items():
        if action not in steps:
            yield f"a judge in {_FOLDER} is for {action}, which is not a step before the pivot: correct it or delete it"
            continue
        for error in set(judge.forces) - set(reported_errors(steps[action])):
            yield f"the judge of {action} forces {error}, which is not a clean failure of it: correct it or delete it"

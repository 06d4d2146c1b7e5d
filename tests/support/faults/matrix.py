"""The matrix: every task of the saga's plan against everything that can go wrong with it. Generated, not typed."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import product
from typing import Final

from lambda_src import forced_failures as forced
from lambda_src.errors import AccountCreditException, PaymentAuthException, PaymentChargeException
from tests.support.faults.cloud import Trial
from tests.support.faults.fault import RECOVERY, SAGA, Fault, new_fare_id
from wild_rydes_saga.saga import Plan, PlannedStep

SUFFIXES: Final = {
    PaymentAuthException.__name__: f"_{forced.FAIL_AUTH}",
    PaymentChargeException.__name__: f"_{forced.FAIL_CHARGE}",
    AccountCreditException.__name__: f"_{forced.FAIL_CREDIT}",
}
"""What makes the real handler refuse, by its clean failure."""

COLUMNS: Final = {
    "clean": "the service refuses, and proves that it did nothing",
    "unknown": "an error that nobody foresaw",
    "timeout": "no answer in time",
    "throttle": "the service is too busy",
    "crash": "the process dies",
    "stopped": "the execution is stopped",
    "twice": "the same call is delivered twice at once",
    "late": "the call arrives after its compensation",
}
_ERRORS: Final = {"unknown": "RuntimeError", "timeout": "States.Timeout"}
_OF_SERVICE: Final = {
    "throttle": ("Lambda.TooManyRequestsException", "DynamoDB.ThrottlingException"),
    "crash": ("Lambda.Unknown", "DynamoDB.InternalServerError"),
}
OF_RECOVERY: Final = "recovery: "


@dataclass(frozen=True)
class Cell:
    """A trial and its place in the matrix."""

    row: str
    column: str
    trial: Trial


def matrix(plan: Plan) -> list[Cell]:
    """Every cell of the saga's own machine, and of its recovery's."""
    return [_named(cell) for cell in (*_saga_cells(plan), *_recovery_cells(plan))]


def tasks_of(plan: Plan) -> list[str]:
    """The saga's tasks: actions, compensations newest first, and the message of a failure."""
    actions = [step.action for step in plan.steps]
    compensations = [step.compensation for step in reversed(plan.compensable) if step.compensation]
    return [*actions, *compensations, plan.ending[0]]


def _named(cell: Cell) -> Cell:
    """Gives each trial a fare of its own and a label that says what goes wrong."""
    label = f"{cell.row}: {cell.trial.label}"
    return replace(cell, trial=replace(cell.trial, label=label, fare_id=new_fare_id()))


def _saga_cells(plan: Plan) -> Iterator[Cell]:
    for step in plan.steps:
        yield from _clean(step)
    for task in tasks_of(plan):
        for column, trial in (*_errors(plan, task), *_stops(plan, task), *_repeats(plan, task)):
            yield Cell(task, column, trial)


def _errors(plan: Plan, task: str) -> Iterator[tuple[str, Trial]]:
    """Each error, before and after the effect, at the first attempt and at every one; of what must be, for ever."""
    compensable = {step.action for step in plan.compensable}
    compensations = {step.compensation for step in plan.steps}
    for column in ("unknown", "timeout", "throttle", "crash"):
        for after, times in product((False, True), (1, None)):
            fault = Fault(state=task, error=_error(column, task), after=after, times=times)
            yield (
                column,
                Trial(
                    label=f"{column} {_when(after)}, {'first attempt' if times else 'every attempt'}",
                    faults=[*_leading_to(plan, task), fault],
                    by_itself=times == 1 or task in compensable,
                ),
            )
        if task in compensations or task == plan.ending[0]:
            fault = Fault(state=task, error=_error(column, task), machine=None)
            yield (
                column,
                Trial(label=f"{column}, for ever", faults=[*_leading_to(plan, task), fault], may_park=True),
            )


def _stops(plan: Plan, task: str) -> Iterator[tuple[str, Trial]]:
    """The execution is stopped before the task, after it, and while its call is under way until the recovery passed."""
    before = _leading_to(plan, task)
    for after in (False, True):
        stop = Fault(state=task, kind="stop", after=after, times=1)
        yield "stopped", Trial(label=f"stopped {_when(after)}", faults=[*before, stop])
    for until in _recovery_states(plan):
        stop = Fault(state=task, kind="stop", times=1, until=(RECOVERY, until))
        yield "stopped", Trial(label=f"stopped, its call arrives after the recovery's {until}", faults=[*before, stop])


def _repeats(plan: Plan, task: str) -> Iterator[tuple[str, Trial]]:
    before = _leading_to(plan, task)
    twice = Fault(state=task, kind="twice")
    yield "twice", Trial(label="delivered twice at once", faults=[*before, twice], by_itself=True)
    undo = next((step.compensation for step in plan.steps if step.action == task), None)
    if undo is None:
        return
    for until in (undo, plan.ending[0]):
        late = Fault(state=task, kind="late", error="States.Timeout", until=(SAGA, until))
        yield "late", Trial(label=f"arrives after {until}", faults=[late])
    yield "late", Trial(label="everything arrives again after the end", faults=_after(task), again=True)


def _after(task: str) -> list[Fault]:
    return [Fault(state=task, error="States.Timeout", after=True)]


def _clean(step: PlannedStep) -> Iterator[Cell]:
    for failure in step.clean_failures:
        suffix = SUFFIXES.get(failure.error)
        if suffix is None:
            continue
        for after, times in product((False, True), (1, None)):
            fault = Fault(state=step.action, kind="clean", suffix=suffix, after=after, times=times)
            label = f"{failure.error}{', the answer is lost' if after else ''}, {_attempts(times)}"
            yield Cell(step.action, "clean", Trial(label=label, faults=[fault], by_itself=True))
        refused = Fault(state=step.action, kind="clean", suffix=suffix)
        again = Trial(label=f"{failure.error}, and the call arrives again", faults=[refused], again=True)
        yield Cell(step.action, "clean", again)
    if step.clean_failures and step.clean_failures[0].error not in SUFFIXES:  # the first step: the input, and the lock
        locked = Trial(label="another saga holds the fare", locked=True, by_itself=True)
        wrong = Trial(label="the input is no fare", changed={"fareAmount": "20"}, by_itself=True)
        timeout = Fault(state=step.action, error="States.Timeout", after=True, times=1)
        lost = replace(locked, label=f"{locked.label}, the answer is lost", faults=[timeout])
        yield from (Cell(step.action, "clean", trial) for trial in (locked, wrong, lost))


def _recovery_cells(plan: Plan) -> Iterator[Cell]:
    """The recovery's own tasks fail as well, once the saga has been stopped where that task has to act."""
    undo, finish, park = _leading_to_recovery(plan)
    rows = dict.fromkeys(("InspectExecution", *_recovery_states(plan)), undo)
    rows |= {step.action: finish for step in plan.forward_only[1:]} | dict.fromkeys(
        ("ParkRide", "MarkFareParked"), park
    )
    for task, before in rows.items():
        parks = before is park
        for column, after in product(("unknown", "timeout", "throttle", "crash"), (False, True)):
            fault = Fault(state=task, error=_error(column, task), after=after, times=2, machine=RECOVERY)
            label = f"{column} {_when(after)}, twice"
            yield Cell(OF_RECOVERY + task, column, Trial(label=label, faults=[*before, fault], may_park=parks))
        stop = Fault(state=task, kind="stop", after=True, times=1, machine=RECOVERY)
        stopped = Trial(label="stopped after its effect", faults=[*before, stop], may_park=parks)
        yield Cell(OF_RECOVERY + task, "stopped", stopped)
        twice = Fault(state=task, kind="twice", machine=RECOVERY)
        delivered = Trial(label="delivered twice at once", faults=[*before, twice], may_park=parks)
        yield Cell(OF_RECOVERY + task, "twice", delivered)
        if not parks:
            ever = Fault(state=task, machine=RECOVERY)
            for_ever = Trial(label="for ever", faults=[*before, ever], may_park=True)
            yield Cell(OF_RECOVERY + task, "unknown", for_ever)


def _leading_to_recovery(plan: Plan) -> tuple[list[Fault], list[Fault], list[Fault]]:
    """What makes a recovery undo a ride, what makes it finish one, and what makes it park one."""
    undo = [Fault(state=plan.compensable[-1].action, kind="stop", after=True, times=1)]
    finish = [Fault(state=plan.forward_only[0].action, kind="stop", after=True, times=1)]
    last = plan.compensable[-1].compensation or ""
    return undo, finish, [*undo, Fault(state=last, machine=RECOVERY)]


def _recovery_states(plan: Plan) -> list[str]:
    """The recovery's states that change something, in the order in which it enters them."""
    compensations = [step.compensation for step in reversed(plan.compensable) if step.compensation]
    return ["ClaimFare", *compensations, plan.ending[0]]


def _leading_to(plan: Plan, task: str) -> list[Fault]:
    """What must fail for a task to be reached: nothing for an action; for the rollback, the last action, in doubt."""
    if task in {step.action for step in plan.steps}:
        return []
    return [Fault(state=plan.compensable[-1].action, after=True)]


def _error(column: str, task: str) -> str:
    if column in _ERRORS:
        return _ERRORS[column]
    of_lambda, of_service = _OF_SERVICE[column]
    if task.startswith("Notify"):
        return of_service.replace("DynamoDB", "SNS")
    return (
        of_service
        if (task.endswith("Fare") and task.startswith(("Register", "Claim"))) or "Status" in task
        else of_lambda
    )


def _when(after: bool) -> str:
    return "after its effect" if after else "before its effect"


def _attempts(times: int | None) -> str:
    return "first attempt" if times else "every attempt"

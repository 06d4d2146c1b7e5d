"""The matrix: every task of the saga's plan against everything that can go wrong with it. Derived, not typed."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product
from typing import Final

from tests.support.faults.injection.fault import RECOVERY, SAGA, Fault, new_fare_id
from tests.support.faults.judges import JudgedStep
from tests.support.faults.judges.judge import CustomerSuffix, RowBefore, WrongInput
from tests.support.faults.trial import Trial
from wild_rydes_saga.saga import Plan

COLUMNS: Final = {
    "clean": "the service refuses: it did nothing",
    "unknown": "an error that no step expects",
    "timeout": "no answer in time",
    "throttle": "the service is too busy",
    "crash": "the process dies",
    "stopped": "the execution is stopped",
    "twice": "the same call is delivered twice at once",
    "late": "the call arrives after its compensation",
}
EXPRESS_COLUMNS: Final = {
    **COLUMNS,
    "stopped": "the execution is cut off",
    "delivered again": "the execution is delivered twice",
}
_ERRORS: Final = {"unknown": "RuntimeError", "timeout": "States.Timeout"}
_OF_LAMBDA: Final = {"throttle": "Lambda.TooManyRequestsException", "crash": "Lambda.Unknown"}
_OF_OTHERS: Final = {"throttle": "ThrottlingException", "crash": "InternalServerError"}
_PREFIXES: Final = {"dynamodb": "DynamoDB"}
"""How a service's errors begin, where that is not its name in capitals."""
OF_RECOVERY: Final = "recovery: "


@dataclass(frozen=True)
class Cell:
    """A trial and its place in the matrix."""

    row: str
    column: str
    trial: Trial

    @property
    def task(self) -> str:
        """The task whose faults the row is about."""
        return self.row.removeprefix(OF_RECOVERY)


def matrix(plan: Plan, judged: Sequence[JudgedStep], services: Mapping[str, str]) -> list[Cell]:
    """Every cell of the saga's own machine, and of its recovery's.

    Args:
        plan: The saga's.
        judged: Its steps with their judges, which say how a clean failure is forced.
        services: By task of either machine, the service that it calls.
    """
    refusing = (cell for one in judged for cell in _clean(one))
    failing = (*_saga_cells(plan, services), *_recovery_cells(plan, services))
    return [_named(cell) for cell in (*refusing, *failing)]


def one_each(cells: Sequence[Cell]) -> list[Cell]:
    """One cell for each place in the matrix, and another trial in each row."""
    places: dict[tuple[str, str], list[Cell]] = {}
    for cell in cells:
        places.setdefault((cell.row, cell.column), []).append(cell)
    return [trials[number % len(trials)] for number, trials in enumerate(places.values())]


def tasks_of(plan: Plan) -> list[str]:
    """The saga's tasks: actions, compensations newest first, and the message of a failure."""
    actions = [step.action for step in plan.steps]
    compensations = [step.compensation for step in reversed(plan.compensable) if step.compensation]
    return [*actions, *compensations, failure_message(plan)]


def failure_message(plan: Plan) -> str:
    """The state that reports a failure."""
    (state,) = plan.messages.failure
    return state


def _named(cell: Cell) -> Cell:
    """Gives each trial a fare of its own and a label that says what goes wrong."""
    label = f"{cell.row}: {cell.trial.label}"
    return replace(cell, trial=replace(cell.trial, label=label, fare_id=new_fare_id()))


def _saga_cells(plan: Plan, services: Mapping[str, str]) -> Iterator[Cell]:
    for task in tasks_of(plan):
        for column, trial in (*_errors(plan, task, services), *_stops(plan, task), *_repeats(plan, task)):
            yield Cell(task, column, trial)


def _errors(plan: Plan, task: str, services: Mapping[str, str]) -> Iterator[tuple[str, Trial]]:
    """Each error, before and after the effect, at the first attempt and at every one; at the end of a ride, always."""
    compensable = {step.action for step in plan.compensable}
    compensations = {step.compensation for step in plan.steps}
    for column in ("unknown", "timeout", "throttle", "crash"):
        for after, times in product((False, True), (1, None)):
            fault = Fault(state=task, error=error_of(column, services[task]), after=after, times=times)
            yield (
                column,
                Trial(
                    label=f"{column} {when(after=after)}, {'first attempt' if times else 'every attempt'}",
                    faults=[*_leading_to(plan, task), fault],
                    by_itself=times == 1 or task in compensable,
                ),
            )
        if task in compensations or task == failure_message(plan):
            fault = Fault(state=task, error=error_of(column, services[task]), machine=None)
            yield (
                column,
                Trial(label=f"{column}, always", faults=[*_leading_to(plan, task), fault], may_park=True),
            )


def _stops(plan: Plan, task: str) -> Iterator[tuple[str, Trial]]:
    """The execution is stopped before the task, after it, and while its call is under way until the recovery passed."""
    before = _leading_to(plan, task)
    for after in (False, True):
        stop = Fault(state=task, kind="stop", after=after, times=1)
        yield "stopped", Trial(label=f"stopped {when(after=after)}", faults=[*before, stop])
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
    for until in (undo, failure_message(plan)):
        late = Fault(state=task, kind="late", error="States.Timeout", until=(SAGA, until))
        yield "late", Trial(label=f"arrives after {until}", faults=[late])
    yield "late", Trial(label="everything arrives again after the end", faults=_after(task), again=True)


def _after(task: str) -> list[Fault]:
    return [Fault(state=task, error="States.Timeout", after=True)]


def _clean(judged: JudgedStep) -> Iterator[Cell]:
    """Each clean failure, brought about as the step's judge says."""
    action = judged.step.action
    for error, forced in judged.judge.forces.items():
        match forced:
            case CustomerSuffix(suffix):
                trials = _refused_calls(action, error, suffix)
            case WrongInput(fields):
                trials = [Trial(label=f"{error}, by its input", changed=fields, by_itself=True, must_report=error)]
            case RowBefore():
                trials = _refused_by_row(action, error, forced)
        yield from (Cell(action, "clean", trial) for trial in trials)


def _refused_calls(action: str, error: str, suffix: str) -> list[Trial]:
    """The real handler refuses. If the answer is lost, that is doubt, and reported under another name."""
    refused = Fault(state=action, kind="clean", suffix=suffix)
    trials = [
        Trial(
            label=f"{error}{', the answer is lost' if after else ''}, {_attempts(times)}",
            faults=[Fault(state=action, kind="clean", suffix=suffix, after=after, times=times)],
            by_itself=True,
            must_report="" if after else error,
        )
        for after, times in product((False, True), (1, None))
    ]
    again = Trial(label=f"{error}, and the call arrives again", faults=[refused], again=True, must_report=error)
    return [*trials, again]


def _refused_by_row(action: str, error: str, forced: RowBefore) -> list[Trial]:
    refused = Trial(label=error, rows_before={forced.table: forced.row}, by_itself=True, must_report=error)
    lost = Fault(state=action, error="States.Timeout", after=True, times=1)
    return [refused, replace(refused, label=f"{error}, the answer is lost", faults=[lost], must_report="")]


def _recovery_cells(plan: Plan, services: Mapping[str, str]) -> Iterator[Cell]:
    """The recovery's own tasks fail as well, once the saga has been stopped where that task has to act."""
    undo, finish, park = _leading_to_recovery(plan)
    rows = dict.fromkeys(("InspectExecution", *_recovery_states(plan)), undo)
    rows |= {step.action: finish for step in plan.forward_only[1:]} | dict.fromkeys(
        ("ParkRide", "MarkFareParked", "RecordParked"), park
    )
    rows["CloseRecovery"] = undo
    for task, before in rows.items():
        parks = before is park
        for column, after in product(("unknown", "timeout", "throttle", "crash"), (False, True)):
            fault = Fault(state=task, error=error_of(column, services[task]), after=after, times=2, machine=RECOVERY)
            label = f"{column} {when(after=after)}, twice"
            yield Cell(OF_RECOVERY + task, column, Trial(label=label, faults=[*before, fault], may_park=parks))
        stop = Fault(state=task, kind="stop", after=True, times=1, machine=RECOVERY)
        stopped = Trial(label="stopped after its effect", faults=[*before, stop], may_park=parks)
        yield Cell(OF_RECOVERY + task, "stopped", stopped)
        twice = Fault(state=task, kind="twice", machine=RECOVERY)
        delivered = Trial(label="delivered twice at once", faults=[*before, twice], may_park=parks)
        yield Cell(OF_RECOVERY + task, "twice", delivered)
        if not parks:
            ever = Fault(state=task, machine=RECOVERY)
            for_ever = Trial(label="always", faults=[*before, ever], may_park=True)
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
    return ["ClaimFare", *compensations, failure_message(plan)]


def _leading_to(plan: Plan, task: str) -> list[Fault]:
    """What must fail for a task to be reached: nothing for an action; for the rollback, the last action, in doubt."""
    if task in {step.action for step in plan.steps}:
        return []
    return [Fault(state=plan.compensable[-1].action, after=True)]


def error_of(column: str, service: str) -> str:
    """The name of a column's error, as a service's task meets it."""
    if column in _ERRORS:
        return _ERRORS[column]
    if service == "lambda":
        return _OF_LAMBDA[column]
    return f"{_PREFIXES.get(service, service.upper())}.{_OF_OTHERS[column]}"


def when(*, after: bool) -> str:
    """Whether it happens after the effect of a call, in words."""
    return "after its effect" if after else "before its effect"


def _attempts(times: int | None) -> str:
    return "first attempt" if times else "every attempt"

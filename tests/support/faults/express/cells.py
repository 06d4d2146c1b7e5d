"""The matrix of a saga on Express: each task against each fault, and every way to deliver an execution twice."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product
from typing import Any, Final

from tests.support.faults.injection.fault import RECOVERY, Fault, new_fare_id
from tests.support.faults.judges import JudgedStep
from tests.support.faults.judges.judge import CustomerSuffix
from tests.support.faults.matrix import OF_RECOVERY, Cell, error_of, matrix, when
from tests.support.faults.trial import Trial
from wild_rydes_saga.saga import Plan

DELIVERED: Final = "delivered again"
_ENDLESS: Final = ("nowhere", "nothing")
"""A call that never comes: what waits for it waits for longer than an Express execution can run."""
AGAIN: Final = {
    "twin": "a second delivery runs to its end meanwhile",
    "beside": "a second delivery runs beside it",
    "rerun": "the execution is cut off, and delivered again",
}
"""How an execution is delivered a second time: by kind of fault, in words."""


@dataclass(frozen=True)
class _Express:
    """The Express machine, as the cells need it."""

    plan: Plan
    states: Mapping[str, Any]
    start: str
    services: Mapping[str, str]
    refusal: str
    """The suffix of a customer whose last action before the pivot is refused."""

    @property
    def tasks(self) -> list[str]:
        return [name for name, state in self.states.items() if state["Type"] == "Task"]

    @property
    def last(self) -> str:
        """The last action before the pivot."""
        return self.plan.compensable[-1].action

    @property
    def opening(self) -> str:
        """The task that writes the ride's row."""
        return str(self.states[self.start]["Next"])

    def leading_to(self, task: str) -> list[Fault]:
        """What must go wrong for a task to be reached."""
        if task in self._after(self.start):
            return []
        refused = Fault(state=self.last, kind="clean", suffix=self.refusal)
        if task in self._after(self._caught(self.last, clean=True)):
            return [refused]
        if task in self._after(self._caught(self.opening, clean=True)):
            return [Fault(state=self.last, kind="twin", times=1)]
        return [Fault(state=self.last, after=True)]

    def _caught(self, task: str, *, clean: bool) -> str:
        catches = self.states[task]["Catch"]
        return str(catches[0 if clean else -1]["Next"])

    def _after(self, name: str | None) -> list[str]:
        """The states from one on, where nothing goes wrong."""
        found: list[str] = []
        while name is not None:
            found.append(name)
            name = self.states[name].get("Next")
        return found


def express_matrix(
    plan: Plan, judged: Sequence[JudgedStep], services: Mapping[str, str], definition: Mapping[str, Any]
) -> list[Cell]:
    """Every cell of the Express machine, and of the recovery of its rides.

    Args:
        plan: The saga's.
        judged: Its steps with their judges.
        services: By task of either machine, the service that it calls.
        definition: The Express machine.
    """
    forced = next(one for one in judged if one.step.action == plan.compensable[-1].action).judge.forces.values()
    suffix = next(one.text for one in forced if isinstance(one, CustomerSuffix))
    machine = _Express(plan, definition["States"], definition["StartAt"], services, suffix)
    standard = [cell for cell in matrix(plan, judged, services) if cell.column == "clean" or _of_recovery(cell)]
    own = [*_failing(machine), *_cut_off(machine), *_repeated(machine), *_delivered(machine)]
    return [*(_left_to_recovery(cell) for cell in standard), *(_named(cell) for cell in own)]


def _of_recovery(cell: Cell) -> bool:
    return cell.row.startswith(OF_RECOVERY)


def _left_to_recovery(cell: Cell) -> Cell:
    """The cell, where any error but a clean failure is the recovery's."""
    doubt = any(fault.kind != "clean" or fault.after for fault in cell.trial.faults)
    return replace(cell, trial=replace(cell.trial, by_itself=cell.trial.by_itself and not doubt))


def _failing(machine: _Express) -> Iterator[Cell]:
    for task in machine.tasks:
        for column, after, times in product(("unknown", "timeout", "throttle", "crash"), (False, True), (1, None)):
            fault = Fault(state=task, error=error_of(column, machine.services[task]), after=after, times=times)
            label = f"{column} {when(after=after)}, {'first attempt' if times else 'every attempt'}"
            yield Cell(task, column, Trial(label=label, faults=[*machine.leading_to(task), fault]))


def _cut_off(machine: _Express) -> Iterator[Cell]:
    for task in machine.tasks:
        before = machine.leading_to(task)
        for after in (False, True):
            stop = Fault(state=task, kind="stop", after=after, times=1)
            yield Cell(task, "stopped", Trial(label=f"cut off {when(after=after)}", faults=[*before, stop]))
        for until in ("ClaimFare", machine.plan.messages.failure[0]):
            stop = Fault(state=task, kind="stop", times=1, until=(RECOVERY, until))
            label = f"cut off, its call arrives after the recovery's {until}"
            yield Cell(task, "stopped", Trial(label=label, faults=[*before, stop]))
        hold = Fault(state=task, kind="hold", times=1, until=_ENDLESS)
        yield Cell(task, "stopped", Trial(label="cut off after five minutes", faults=[*before, hold]))


def _repeated(machine: _Express) -> Iterator[Cell]:
    for task in machine.tasks:
        before = machine.leading_to(task)
        itself = not any(fault.kind != "clean" for fault in before) and task != "HandOver"
        twice = Trial(label="called twice at once", faults=[*before, Fault(state=task, kind="twice")], by_itself=itself)
        yield Cell(task, "twice", twice)
    for step in machine.plan.compensable:
        if step.compensation:
            for until in (step.compensation, machine.plan.messages.failure[0]):
                late = Fault(state=step.action, kind="late", error="States.Timeout", until=(RECOVERY, until))
                yield Cell(step.action, "late", Trial(label=f"arrives after {until}", faults=[late]))
            lost = Fault(state=step.action, error="States.Timeout", after=True)
            label = "everything arrives again after the end"
            yield Cell(step.action, "late", Trial(label=label, faults=[lost], again=True))


def _delivered(machine: _Express) -> Iterator[Cell]:
    """Two deliveries at every state, before and after its effect; and one more after the end of each kind of ride."""
    for task in machine.tasks:
        before = machine.leading_to(task)
        for (kind, words), after in product(AGAIN.items(), (False, True)):
            again = Fault(state=task, kind=kind, after=after, times=1)
            yield Cell(task, DELIVERED, Trial(label=f"{words}, {when(after=after)}", faults=[*before, again]))
        yield Cell(task, DELIVERED, Trial(label="later", faults=before, delivered_again=True))
        lost = Fault(state=task, after=True)
        yield Cell(task, DELIVERED, Trial(label="later, after doubt", faults=[*before, lost], delivered_again=True))


def _named(cell: Cell) -> Cell:
    label = f"{cell.row}: {cell.trial.label}"
    return replace(cell, trial=replace(cell.trial, label=label, fare_id=new_fare_id()))

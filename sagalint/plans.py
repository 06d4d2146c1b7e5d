"""Which plan a machine is checked against: the one that was given, the one that lies beside it, or a guess."""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from sagalint.checker import check, check_unreadable
from sagalint.definition.machine import Machine
from sagalint.guess.plan import guess_plan
from sagalint.input_error import InputError
from sagalint.inputs.sources import Source, read_plan
from sagalint.own_name import added
from sagalint.plan import Plan
from sagalint.report.checked import CheckedMachine
from sagalint.rules.finding import Report
from sagalint.rules.registry import rule_called


@dataclass(frozen=True)
class Plans:
    """The plan that was given, if one was."""

    given: Plan | None = None

    @classmethod
    def of(cls, file: Path | None, sources: Sequence[Source]) -> "Plans":
        """Reads the plan for these machines.

        Raises:
            InputError: It is none, or fits none of several machines.
        """
        if file is None:
            return cls()
        try:
            plan = read_plan(file)
        except OSError as error:
            raise InputError(f"{file}: {error.strerror}") from None
        if len(sources) > 1 and not any(source.fits(plan) for source in sources):
            names = ", ".join(source.name for source in sources)
            raise InputError(f"{file} fits none of the machines {names}: each misses a state that the plan names")
        return cls(plan)

    def checked(self, source: Source, *, alone: bool) -> CheckedMachine:
        """Checks a machine.

        Args:
            source: The machine.
            alone: Whether it is the only one, so that a plan that was given is for it, whatever it names.
        """
        if refused := check_unreadable(source.definition):
            return _without_plan(source, refused)
        if not any(state.type == "Task" for state in Machine.read(source.definition).everywhere()):
            refused = check_unreadable(source.definition, also_readable=True)
            return _without_plan(source, refused or Report((), (), 0, 0.0))
        plan = self.given if self.given and (alone or source.fits(self.given)) else source.plan_beside()
        guessed = plan is None
        try:
            plan = (plan or _guessed(source)).with_timeouts(source.function_timeouts)
        except InputError:
            if refused := check_unreadable(source.definition, also_readable=True):
                return _without_plan(source, refused)
            raise
        _refuse_unknown_rules(plan)
        report = check(source.definition, plan)
        return CheckedMachine(source.name, source.place, source.definition, plan, report, guessed=guessed)


def _without_plan(source: Source, report: Report) -> CheckedMachine:
    return CheckedMachine(source.name, source.place, source.definition, None, report, guessed=True)


def _guessed(source: Source) -> Plan:
    guess = guess_plan(source.definition)
    write, give = added("--write-plan FILE"), added("--plan FILE")
    sys.stderr.write(
        f"{source.name}: the plan is a guess. Write it with {write}, correct it, and give it with {give}:\n"
    )
    sys.stderr.writelines(f"  - {doubt}\n" for doubt in guess.doubts)
    return guess.plan


def _refuse_unknown_rules(plan: Plan) -> None:
    for accepted in plan.accepted:
        try:
            rule_called(accepted.rule)
        except InputError as error:
            raise InputError(f"accepted in the plan: {error}") from None

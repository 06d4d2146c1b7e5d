"""A state machine that was found, with where it is written and the plan that lies beside it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sagalint.input_error import InputError
from sagalint.inputs.lines import Place
from sagalint.plan import Plan, SagaPlanError


@dataclass(frozen=True)
class Source:
    """A state machine, and where it was found.

    Attributes:
        name: What it is called.
        place: Where its definition is written.
        definition: The machine in the Amazon States Language.
        function_timeouts: By state, the timeout in seconds of the function that it calls, where that is known.
        found_in: The file that led to it, if its definition is written in another one.
    """

    name: str
    place: Place
    definition: Mapping[str, Any]
    function_timeouts: Mapping[str, float] = field(default_factory=dict)
    found_in: Path | None = None

    def plan_beside(self) -> Plan | None:
        """The plan that lies beside the machine's file: `orders.plan.json` beside `orders.asl.json`.

        Beside a file with several machines there may be several plans, each of which begins with the file's name or is
        called as its machine. The one whose every state the machine has is its own.
        """
        for file in self._plan_files():
            plan = read_plan(file)
            if self.fits(plan) or (not self.place.where and file.stem == f"{_stem(self.place.path)}.plan"):
                return plan
        return None

    def _plan_files(self) -> list[Path]:
        folders = dict.fromkeys(path.parent for path in (self.place.path, self.found_in) if path)
        named = [f"{_stem(path)}*.plan.json" for path in (self.place.path, self.found_in) if path]
        patterns = dict.fromkeys([f"{_literally(self.name)}.plan.json", *named])
        return [file for folder in folders for pattern in patterns for file in sorted(folder.glob(pattern))]

    def fits(self, plan: Plan) -> bool:
        """Whether the machine has every state that is an action or a compensation of a plan.

        A machine that hands doubt to another one may leave compensations to that one.
        """
        takes_over = plan.takes_over
        if plan.hands_over:
            return {plan.hands_over.state, *(step.action for step in plan.steps)} <= self._states()
        names = {step.compensation for step in plan.steps if step.compensation}
        names |= {takes_over.look, takes_over.claim} if takes_over else {step.action for step in plan.steps}
        return names <= self._states()

    def _states(self) -> set[str]:
        states = self.definition.get("States")
        return set(states if isinstance(states, Mapping) else ())


def read_plan(file: Path) -> Plan:
    """Reads a file with a plan.

    Raises:
        InputError: It is none. Names the file.
    """
    try:
        return Plan.from_json(file.read_text("utf-8-sig"))
    except SagaPlanError as error:
        raise InputError(f"{file}: {error}") from None


def _stem(path: Path) -> str:
    """A file's name without what says of which kind it is: `orders` of `orders.asl.json`."""
    return path.name.partition(".")[0]


def _literally(name: str) -> str:
    """A name in a pattern of file names."""
    return "".join(character if character.isalnum() or character in "-_." else "?" for character in name)


@dataclass(frozen=True)
class NotRead:
    """What should be a state machine and cannot be read.

    Attributes:
        path: The file that it is in.
        why: What is wrong, and how to correct it.
        elsewhere: Whether nothing is wrong, and the definition lies elsewhere: in S3, or with whoever uses a module.
    """

    path: Path
    why: str
    elsewhere: bool = False


Found = Source | NotRead
"""What a file leads to."""

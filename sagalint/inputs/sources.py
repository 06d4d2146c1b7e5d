"""What a path leads to: every state machine in an ASL file, a template, or a folder of templates."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sagalint.input_error import InputError
from sagalint.inputs.documents import read_document
from sagalint.inputs.templates import machine_in, machines_in
from sagalint.plan import Plan, SagaPlanError


@dataclass(frozen=True)
class Source:
    """A state machine, and where it was found.

    Attributes:
        name: What it is called.
        path: The file that it is in.
        definition: The machine in the Amazon States Language.
        function_timeouts: By state, the timeout in seconds of the function that it calls, where that is known.
    """

    name: str
    path: Path
    definition: Mapping[str, Any]
    function_timeouts: Mapping[str, float]

    def plan_beside(self) -> Plan | None:
        """The plan beside a template that fits this machine: one whose every state it has."""
        stem = self.path.name.partition(".template.")[0]
        if stem == self.path.name:
            return None
        for file in sorted(self.path.parent.glob(f"{stem}*.plan.json")):
            try:
                plan = Plan.from_json(file.read_text("utf-8-sig"))
            except SagaPlanError as error:
                raise InputError(f"{file}: {error}") from None
            if self._fits(plan):
                return plan
        return None

    def _fits(self, plan: Plan) -> bool:
        takes_over = plan.takes_over
        names = {step.compensation for step in plan.steps if step.compensation}
        names |= {takes_over.look, takes_over.claim} if takes_over else {step.action for step in plan.steps}
        return names <= set(self.definition["States"])


def sources_in(path: Path) -> Iterator[Source]:
    """Every state machine that a path leads to.

    Raises:
        InputError: The path leads to nothing that can be read, or to no state machine.
    """
    if path.is_dir():
        templates = sorted(path.glob("*.template.json"))
        if not templates:
            raise InputError(f"{path} has no *.template.json: name a cdk.out folder, or a file")
        for template in templates:
            yield from _in_template(template, read_document(template))
        return
    document = read_document(path)
    if isinstance(document, Mapping) and isinstance(document.get("Resources"), Mapping):
        yield from _in_template(path, document)
    elif isinstance(document, Mapping) and "StartAt" in document:
        yield Source(path.name.partition(".")[0], path, document, {})
    else:
        raise InputError(f'{path} is neither a state machine nor a template: it has neither "StartAt" nor "Resources"')


def _in_template(path: Path, template: Mapping[str, Any]) -> Iterator[Source]:
    for logical_id in machines_in(template):
        found = machine_in(template, logical_id, path.parent)
        yield Source(found.name, path, found.definition, found.function_timeouts)

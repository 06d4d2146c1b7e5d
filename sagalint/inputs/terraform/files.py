"""The state machines that .tf files define, with what only Terraform knows left open."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from sagalint.definition.open_values import is_open
from sagalint.definition.shape import led_to
from sagalint.input_error import DefinedElsewhereError, InputError
from sagalint.inputs.called_functions import timeouts_of
from sagalint.inputs.documents import legible, parse_json, read_text
from sagalint.inputs.intrinsics import Intrinsics
from sagalint.inputs.lines import Place
from sagalint.inputs.sources import Found, NotRead, Source
from sagalint.inputs.terraform.functions import functions_of
from sagalint.inputs.terraform.hcl import Block, parse_hcl
from sagalint.inputs.terraform.module import GIVEN, Module

_MACHINE: Final = "aws_sfn_state_machine"
_HOLDS_STATES: Final = ("Branches", "ItemProcessor", "Iterator")
_GIVEN: Final = re.compile(r"\$\{var\.\w+\}")


def found_in_file(path: Path, text: str) -> Iterator[Found]:
    """Every state machine that a .tf file defines, as a resource or by what it gives to a module."""
    module = Module(path.parent)
    for block in parse_hcl(text, str(path)).blocks:
        is_machine = block.words[:2] == ("resource", _MACHINE)
        for attribute in ("definition",) if is_machine else block.attributes if block.words[0] == "module" else ():
            if attribute not in block.attributes:
                continue
            try:
                yield _source(path, block, attribute, module)
            except InputError as error:
                if is_machine:
                    elsewhere = isinstance(error, DefinedElsewhereError)
                    yield NotRead(path, f"{path}: the definition of {block.words[-1]}: {error}", elsewhere=elsewhere)


def _source(path: Path, block: Block, attribute: str, module: Module) -> Source:
    try:
        written = module.worked_out(block.attributes[attribute])
    except RecursionError:
        raise InputError("it refers to itself: correct that") from None
    definition = written.value
    if isinstance(definition, str) and _GIVEN.fullmatch(definition):
        raise DefinedElsewhereError(f"{definition} is given to this module: {GIVEN}")
    if isinstance(definition, str):
        definition = parse_json(legible(definition), f"the text in {written.file or path}")
    if not isinstance(definition, Mapping) or "States" not in definition:
        raise InputError("only Terraform knows it: write its plan with `terraform show -json`, and name that file")
    if what := _not_written_out(definition) or _merged_in(definition, module):
        raise InputError(f"only Terraform knows {what}: write its plan with `terraform show -json`, and name that file")
    place = Place(written.file) if written.file else Place(path, lines=block.lines[attribute])
    timeouts = timeouts_of(definition, {"Resources": functions_of(module)}, Intrinsics({}))
    return Source(block.words[-1], place, definition, timeouts, path if written.file else None)


def _merged_in(machine: Mapping[str, Any], module: Module) -> str | None:
    """The States, if they lack some that are led to, and files of the folder merge more than is written there."""
    lacks = any(name not in machine["States"] for name in led_to(machine))
    files = sorted(module.folder.glob("*.tf")) if lacks else []
    return "its States" if any("merge(" in read_text(file) for file in files) else None


def _not_written_out(machine: Mapping[str, Any]) -> str | None:
    """What a loop or a reference stands for in place of states, so that the machine cannot be followed."""
    states = machine.get("States")
    if not isinstance(states, Mapping):
        return "its States" if is_open(states) else None
    for name, state in states.items():
        for field, inner in state.items() if isinstance(state, Mapping) else ():
            if field in _HOLDS_STATES and is_open(inner):
                return f"the {field} of {name}"
            for one in inner if field == "Branches" and isinstance(inner, list) else [inner]:
                if field in _HOLDS_STATES and isinstance(one, Mapping) and (what := _not_written_out(one)):
                    return what
    return None

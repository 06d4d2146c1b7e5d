"""A folder with Terraform files: their locals, and what an expression comes to without asking Terraform."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Final

from sagalint.input_error import DefinedElsewhereError, InputError
from sagalint.inputs.documents import REFERENCE, legible, opened, parse_document, read_text
from sagalint.inputs.terraform.hcl import Block, Call, Open, parse_hcl

_ENCODES: Final = ("jsonencode", "yamlencode")
_DECODES: Final = ("jsondecode", "yamldecode")
_READS: Final = ("file", "templatefile")
_HERE: Final = re.compile(r"\$\{\s*path\.\w+\s*\}/?")
GIVEN: Final = "name what uses this module, or the output of `terraform show -json`"
"""What to do about a definition that a module is given."""


def _blocks(file: Path) -> list[Block]:
    """The blocks of a file beside the one that is read; none if it cannot be."""
    try:
        return parse_hcl(read_text(file), str(file)).blocks
    except InputError:
        return []


@dataclass(frozen=True)
class WorkedOut:
    """A value as far as it is known, and the file that it was read from."""

    value: Any
    file: Path | None = None


@dataclass(frozen=True)
class Module:
    """A folder with Terraform files, whose locals and templates belong together."""

    folder: Path

    def worked_out(self, value: Any) -> WorkedOut:
        """A value, with files read and locals filled in; text such as `${aws_lambda_function.charge.arn}` for the rest.

        Raises:
            InputError: A file that it names cannot be read.
            RecursionError: It refers to itself.
        """
        match value:
            case Call():
                return self._called(value)
            case Open(text):
                return self.worked_out(self._known[text]) if text in self._known else WorkedOut(opened(text))
            case Mapping():
                return WorkedOut({name: self.worked_out(inner).value for name, inner in value.items()})
            case list():
                return WorkedOut([self.worked_out(inner).value for inner in value])
            case str() if (whole := REFERENCE.fullmatch(value.strip())) and whole[1].strip() in self._known:
                return self.worked_out(self._known[whole[1].strip()])
        return WorkedOut(value)

    def _called(self, call: Call) -> WorkedOut:
        match call.name, call.arguments:
            case name, (argument,) if name in _ENCODES:
                result = self.worked_out(argument)
            case name, (argument,) if name in _DECODES:
                result = self._decoded(argument)
            case name, (str(file), *variables) if name in _READS:
                result = self._file(file, *variables)
            case "merge", parts:
                known = [one for part in parts if isinstance(one := self.worked_out(part).value, Mapping)]
                result = WorkedOut({name: inner for one in known for name, inner in one.items()})
            case name, _:
                result = WorkedOut(opened(name))
        return result

    def _decoded(self, argument: Any) -> WorkedOut:
        text = self.worked_out(argument)
        if not isinstance(text.value, str):
            return text
        return WorkedOut(parse_document(text.file or self.folder, legible(text.value)), text.file)

    def _file(self, name: str, *variables: Any) -> WorkedOut:
        local = _HERE.sub("", name)
        if "${" in local:
            raise DefinedElsewhereError(f"only Terraform knows which file {name} is: {GIVEN}")
        file = self.folder / local
        text = read_text(file)
        known = variables[0] if variables and isinstance(variables[0], Mapping) else {}
        for variable, value in known.items():
            if isinstance(value, str | int | float) and not isinstance(value, bool):
                text = re.sub(rf"\$\{{\s*{re.escape(variable)}\s*\}}", str(value).replace("\\", r"\\"), text)
        return WorkedOut(text, file)

    @cached_property
    def _known(self) -> Mapping[str, Any]:
        """What the folder's files say of `local.x` and of `data.template_file.x.rendered`."""
        known: dict[str, Any] = {}
        for block in self.blocks:
            if block.words == ("locals",):
                known |= {f"local.{name}": value for name, value in block.attributes.items()}
            if block.words[:2] == ("data", "template_file") and "template" in block.attributes:
                known[f"data.template_file.{block.words[-1]}.rendered"] = block.attributes["template"]
        return known

    @cached_property
    def blocks(self) -> tuple[Block, ...]:
        """The blocks of all the files in the folder."""
        return tuple(block for file in sorted(self.folder.glob("*.tf")) for block in _blocks(file))

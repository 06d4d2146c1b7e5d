"""A state machine out of a CloudFormation or SAM template, with what the template says of the functions it calls."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from sagalint.definition.open_values import is_open
from sagalint.input_error import DefinedElsewhereError, InputError
from sagalint.inputs.called_functions import timeouts_of
from sagalint.inputs.documents import is_json, parse_json, parse_yaml, read_text
from sagalint.inputs.intrinsics import Intrinsics, object_in, section
from sagalint.inputs.lines import Place, Where
from sagalint.inputs.sources import Found, NotRead, Source

_MACHINES: Final = ("AWS::StepFunctions::StateMachine", "AWS::Serverless::StateMachine")


@dataclass(frozen=True)
class FoundMachine:
    """A state machine of a template.

    Attributes:
        name: The name that the template gives it; its logical id if it gives none, or one that only a deployment knows.
        logical_id: Its logical id.
        definition: The machine in the Amazon States Language. What only a deployment knows is a
            stand-in that shows what is meant: `${Charge.Arn}`.
        function_timeouts: By state, the timeout in seconds of the function that it calls, where the template says it.
        field: The property that has the definition.
        file: The file that has it, where it is none of the template.
    """

    name: str
    logical_id: str
    definition: Mapping[str, Any]
    function_timeouts: Mapping[str, float]
    field: str
    file: Path | None


def found_in_template(path: Path, template: Mapping[str, Any], where: Where = ()) -> Iterator[Found]:
    """Every state machine of a template, and each whose definition cannot be read.

    Args:
        path: The file that has the template.
        template: The template.
        where: What leads to the template in that file, if it is only a part.
    """
    for logical_id in machines_in(template):
        try:
            found = machine_in(template, logical_id, path.parent)
        except InputError as error:
            yield NotRead(path, f"{path}: {error}", elsewhere=isinstance(error, DefinedElsewhereError))
            continue
        own = Place(found.file) if found.file else None
        place = own or Place(path, (*where, "Resources", logical_id, "Properties", found.field))
        yield Source(found.name, place, found.definition, found.function_timeouts, path if own else None)


def machines_in(template: Mapping[str, Any]) -> tuple[str, ...]:
    """The logical ids of a template's state machines, in its order.

    Raises:
        InputError: It is not a template.
    """
    if not isinstance(template, Mapping) or not isinstance(template.get("Resources"), Mapping):
        raise InputError('this is no CloudFormation template: an object with "Resources" is needed')
    return tuple(name for name, one in section(template, "Resources").items() if one.get("Type") in _MACHINES)


def machine_in(template: Mapping[str, Any], name: str | None = None, folder: Path | None = None) -> FoundMachine:
    """Takes one state machine out of a template.

    Args:
        template: The template, with its functions in their long forms.
        name: The machine's logical id, its name, or a part of its construct path: `FareSaga`, `FareSaga/Machine`;
            None for the only one.
        folder: Where the template lies. A DefinitionUri is relative to it.

    Raises:
        InputError: It is not a template, does not have that machine or has several, or
            the machine's definition is missing or is not a state machine.
    """
    intrinsics = Intrinsics(section(template, "Parameters") if isinstance(template, Mapping) else {})
    logical_id = _chosen(template, name, intrinsics)
    properties = _properties(template, logical_id)
    written = _written(logical_id, properties, folder)
    definition = _definition(logical_id, properties, intrinsics, written)
    name = _given_name(properties, intrinsics)
    return FoundMachine(
        name=logical_id if is_open(name) else name or logical_id,
        logical_id=logical_id,
        definition=definition,
        function_timeouts=timeouts_of(definition, template, intrinsics),
        field=written.field,
        file=written.file,
    )


def _chosen(template: Mapping[str, Any], name: str | None, intrinsics: Intrinsics) -> str:
    there = machines_in(template)
    if not there:
        raise InputError("the template has no state machine: name the template that has it, or its ASL file")
    if name in there:
        return name
    found = there if name is None else [one for one in there if _is_called(template, one, name, intrinsics)]
    if len(found) == 1:
        return found[0]
    if not found:
        raise InputError(f"the template has no state machine {name}: name one of {', '.join(there)}")
    called = "" if name is None else f" that {name} can mean"
    raise InputError(f"the template has several state machines{called}: name one of {', '.join(found)}")


def _is_called(template: Mapping[str, Any], logical_id: str, name: str, intrinsics: Intrinsics) -> bool:
    metadata = object_in(template["Resources"][logical_id], "Metadata")
    path = str(metadata.get("aws:cdk:path", "")).removesuffix("/Resource")
    return _given_name(_properties(template, logical_id), intrinsics) == name or f"/{name}/" in f"/{path}/"


def _given_name(properties: Mapping[str, Any], intrinsics: Intrinsics) -> str:
    # SAM calls it Name.
    return intrinsics.text(properties.get("StateMachineName", properties.get("Name", "")))


def _properties(template: Mapping[str, Any], logical_id: str) -> Mapping[str, Any]:
    return object_in(template["Resources"][logical_id], "Properties")


def _definition(
    logical_id: str, properties: Mapping[str, Any], intrinsics: Intrinsics, written: "_Written"
) -> Mapping[str, Any]:
    substitutions = object_in(properties, "DefinitionSubstitutions")
    substituting = replace(intrinsics, substitutions=intrinsics.value(substitutions))
    definition = substituting.value(written.value)
    if isinstance(definition, str):
        name = f"{written.file}, the definition of {logical_id}" if written.file else f"the definition of {logical_id}"
        fix = "correct it there; a Parameter that stands for a number needs a Default"
        definition = parse_json(definition, f"{name}, with its references filled in,", fix)
    if not isinstance(definition, Mapping) or not isinstance(definition.get("States"), Mapping):
        raise InputError(
            f'the definition of {logical_id} is not a state machine: an object with "StartAt" and "States" is needed'
        )
    return definition


@dataclass(frozen=True)
class _Written:
    """A definition as it is written, nothing filled in: JSON text, or an object."""

    value: Any
    field: str
    file: Path | None = None


def _written(logical_id: str, properties: Mapping[str, Any], folder: Path | None) -> _Written:
    for field in ("DefinitionString", "Definition"):
        if field in properties:
            return _Written(properties[field], field)
    file = _file(properties, folder) if folder else None
    if file is None:
        raise DefinedElsewhereError(f"the definition of {logical_id} is not in the template: pass the ASL file itself")
    text = read_text(file)
    # JSON stays text: a number may still be `${Timeout}` there, which is not JSON yet.
    return _Written(text if is_json(file, text) else parse_yaml(text, str(file)), "DefinitionUri", file)


def _file(properties: Mapping[str, Any], folder: Path) -> Path | None:
    """The file that a template names, or the asset of a cdk.out folder that will be copied to S3."""
    for field in ("DefinitionUri", "DefinitionS3Location"):
        match properties.get(field):
            case str(uri) if not uri.startswith("s3://"):
                return folder / uri
            case {"Key": str(key)}:
                return next(iter(sorted(folder.glob(f"asset.{Path(key).name}"))), None)
    return None

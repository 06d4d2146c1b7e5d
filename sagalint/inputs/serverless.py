"""The state machines of a serverless.yml, as the plugin serverless-step-functions reads them."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from sagalint.input_error import InputError
from sagalint.inputs.called_functions import timeouts_of
from sagalint.inputs.documents import read_document
from sagalint.inputs.intrinsics import Intrinsics, object_in
from sagalint.inputs.lines import Place
from sagalint.inputs.sources import Found, NotRead, Source
from sagalint.inputs.templates import found_in_template

_FILE: Final = re.compile(r"\$\{file\(([^)]+)\)(?::([\w.-]+))?\}")
_SELF: Final = re.compile(r"\$\{self:([\w.-]+)\}")
_DEEPEST: Final = 10
"""How many variables may stand for one another: more is a circle."""
_DEFAULT_TIMEOUT_SECONDS: Final = 6


def found_in_service(path: Path, service: Mapping[str, Any]) -> Iterator[Found]:
    """Every state machine of a service: the plugin's, and those among its resources of CloudFormation."""
    if "stepFunctions" in service:
        yield from _of_plugin(path, service)
    yield from _of_resources(path, service)


def _of_resources(path: Path, service: Mapping[str, Any]) -> Iterator[Found]:
    """The same among its resources; a part in a file that is not there has none."""
    parts = service.get("resources", {})
    place = Place(path, ("resources",))
    for position, one in enumerate(parts) if isinstance(parts, list) else [(None, parts)]:
        try:
            part = _included(one, place if position is None else _inside(place, position), path.parent)
        except InputError:
            continue
        if isinstance(part.value, Mapping) and isinstance(part.value.get("Resources"), Mapping):
            yield from found_in_template(part.place.path, _filled(part.value, service), part.place.where)


def _of_plugin(path: Path, service: Mapping[str, Any]) -> Iterator[Found]:
    folder = path.parent
    part = _included(service["stepFunctions"], Place(path, ("stepFunctions",)), folder)
    if not isinstance(part.value, Mapping):
        raise InputError(f"{path}: stepFunctions is not an object: give it stateMachines")
    machines = _included(part.value.get("stateMachines", {}), _inside(part.place, "stateMachines"), folder)
    for name, machine in machines.value.items() if isinstance(machines.value, Mapping) else ():
        try:
            yield _source(path, service, str(name), _included(machine, _inside(machines.place, name), folder))
        except InputError as error:
            yield NotRead(path, str(error))


def found_alone(path: Path, machines: Mapping[str, Any]) -> Iterator[Found]:
    """The machines of a file that a service includes, without the service."""
    for name, machine in machines.items():
        yield _source(path, {}, str(name), _Part(machine, Place(path, (str(name),))))


def _source(path: Path, service: Mapping[str, Any], name: str, machine: "_Part") -> Source:
    properties = machine.value if isinstance(machine.value, Mapping) else {}
    written = _included(properties.get("definition"), _inside(machine.place, "definition"), path.parent)
    definition = Intrinsics({}).value(_filled(written.value, service))
    if not isinstance(definition, Mapping):
        raise InputError(f"{path}: the definition of the state machine {name} is not in it: name its own file")
    timeouts = timeouts_of(definition, _functions(service), Intrinsics({}))
    called = str(properties.get("name", name))
    own_file = written.place.path != path
    return Source(name if "${" in called else called, written.place, definition, timeouts, path if own_file else None)


@dataclass(frozen=True)
class _Part:
    """A part of the service, and where it is written."""

    value: Any
    place: Place


def _included(value: Any, place: Place, folder: Path) -> _Part:
    """A part, out of the file that stands for it: `${file(machine.yml)}`, `${file(machine.yml):definition}`.

    The framework looks for it from the service's folder, also where an included file includes it.
    """
    include = _FILE.fullmatch(value.strip()) if isinstance(value, str) else None
    if not include:
        return _Part(value, place)
    file = folder / include[1].strip()
    document: Any = read_document(file)
    where = tuple(include[2].split(".")) if include[2] else ()
    for name in where:
        if not isinstance(document, Mapping) or name not in document:
            raise InputError(f"{file} has no {include[2]}, which {place.path} includes")
        document = document[name]
    return _Part(document, Place(file, where))


def _filled(value: Any, service: Mapping[str, Any], depth: int = 0) -> Any:
    """A part with what `${self:custom.name}` stands for; what the service does not have stays open."""
    if isinstance(value, Mapping):
        return {name: _filled(inner, service, depth) for name, inner in value.items()}
    if isinstance(value, list):
        return [_filled(inner, service, depth) for inner in value]
    named = _SELF.fullmatch(value.strip()) if isinstance(value, str) and depth < _DEEPEST else None
    found: Any = service
    for name in named[1].split(".") if named else ():
        found = found.get(name) if isinstance(found, Mapping) else None
    return value if named is None or found is None else _filled(found, service, depth + 1)


def _inside(place: Place, name: str | int) -> Place:
    return Place(place.path, (*place.where, name))


def _functions(service: Mapping[str, Any]) -> Mapping[str, Any]:
    """The functions as a template would have them, by both of the names that a machine may use."""
    default = object_in(service, "provider").get("timeout", _DEFAULT_TIMEOUT_SECONDS)
    resources: dict[str, Any] = {}
    for name, function in object_in(service, "functions").items():
        settings = function if isinstance(function, Mapping) else {}
        properties = {"Timeout": settings.get("timeout", default)}
        logical_id = f"{name[:1].upper()}{name[1:]}".replace("-", "Dash").replace("_", "Underscore")
        for key in (name, f"{logical_id}LambdaFunction"):
            resources[key] = {"Type": "AWS::Lambda::Function", "Properties": properties}
    return {"Resources": resources}

"""The state machines in what `terraform show -json` writes of a plan or a state."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from sagalint.inputs.called_functions import timeouts_of
from sagalint.inputs.documents import parse_json
from sagalint.inputs.intrinsics import Intrinsics, object_in
from sagalint.inputs.lines import Place, Where
from sagalint.inputs.sources import Found, NotRead, Source

_MACHINE: Final = "aws_sfn_state_machine"
_FUNCTION: Final = "aws_lambda_function"
_DEFAULT_TIMEOUT_SECONDS: Final = 3


def found_in_shown(path: Path, document: Mapping[str, Any]) -> Iterator[Found]:
    """Every state machine of a plan or a state."""
    root = "values" if "values" in document else "planned_values"
    resources = [*_resources(object_in(object_in(document, root), "root_module"), (root, "root_module"))]
    functions = {
        f"Function{number}": _function(object_in(one, "values"))
        for number, (_, one) in enumerate(resources)
        if one.get("type") == _FUNCTION
    }
    for where, resource in resources:
        if resource.get("type") != _MACHINE:
            continue
        values, address = object_in(resource, "values"), str(resource.get("address", resource.get("name")))
        text = values.get("definition")
        if not isinstance(text, str):
            why = f"the definition of {address} is known only after `terraform apply`: name the .tf files"
            yield NotRead(path, f"{path}: {why}")
            continue
        definition = parse_json(text, f"the definition of {address}")
        place = Place(path, (*where, "values", "definition"))
        name = str(values.get("name") or resource.get("name"))
        yield Source(name, place, definition, timeouts_of(definition, {"Resources": functions}, Intrinsics({})))


def _resources(module: Mapping[str, Any], where: Where) -> Iterator[tuple[Where, Mapping[str, Any]]]:
    """The resources of a module and of those inside, each with what leads to it."""
    for number, resource in enumerate(module.get("resources", ())):
        yield (*where, "resources", number), resource
    for number, child in enumerate(module.get("child_modules", ())):
        yield from _resources(child, (*where, "child_modules", number))


def _function(values: Mapping[str, Any]) -> Mapping[str, Any]:
    named = values.get("arn") or values.get("function_name")
    properties = {"FunctionName": named, "Timeout": values.get("timeout", _DEFAULT_TIMEOUT_SECONDS)}
    return {"Type": "AWS::Lambda::Function", "Properties": properties}

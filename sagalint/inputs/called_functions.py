"""The Lambda functions that a machine's tasks call, found in the template that has both."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from sagalint.definition.machine import Machine, State
from sagalint.input_error import InputError
from sagalint.inputs.intrinsics import ACCOUNT, REGION, Intrinsics, as_number, object_in, section

_SERVERLESS: Final = "AWS::Serverless::Function"
_FUNCTIONS: Final = ("AWS::Lambda::Function", _SERVERLESS)
_POINTERS: Final = ("AWS::Lambda::Version", "AWS::Lambda::Alias")
_MOST_HOPS: Final = 3
"""An alias, a version, the function."""
_DEFAULT_TIMEOUT_SECONDS: Final = 3
_INVOKE: Final = re.compile(r"arn:[^:]*:states:::(aws-sdk:)?lambda:invoke")
_OWN_ARN: Final = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:"
_REFERENCE: Final = re.compile(r"\$\{([\w-]+)(\.[\w.]+)?\}(:.*)?")


def function_timeouts(machine: Machine, template: Mapping[str, Any], intrinsics: Intrinsics) -> dict[str, float]:
    """The timeouts in seconds of the functions that the machine waits for, by state, nested states too.

    A state is left out if the template does not say which function it calls, or how long that may take; if it waits
    for a task token, since the answer may then come from elsewhere; and if it does not wait for the function at all.
    """
    functions = _Functions(template, intrinsics)
    timeouts = {
        state.name: functions.timeout_seconds(called)
        for state in machine.everywhere()
        if state.type == "Task" and (called := _called(state))
    }
    return {name: timeout for name, timeout in timeouts.items() if timeout is not None}


def _called(task: State) -> str:
    """How the task names the function that it waits for."""
    if not _INVOKE.fullmatch(task.resource):
        return task.resource
    arguments = task.arguments if isinstance(task.arguments, Mapping) else {}
    waits = arguments.get("InvocationType", "RequestResponse") == "RequestResponse"
    return str(arguments.get("FunctionName", "")) if waits else ""


def timeouts_of(definition: Mapping[str, Any], template: Mapping[str, Any], intrinsics: Intrinsics) -> dict[str, float]:
    """The same for a definition; nothing if AWS would refuse it."""
    try:
        return function_timeouts(Machine.read(definition), template, intrinsics)
    except InputError:
        return {}


@dataclass(frozen=True)
class _Functions:
    template: Mapping[str, Any]
    intrinsics: Intrinsics

    def timeout_seconds(self, called: str) -> float | None:
        """The timeout of a function as a task, a version or an alias names it; None if the template does not say."""
        for _ in range(_MOST_HOPS):
            resource = section(self.template, "Resources").get(self._logical_id(called), {})
            kind, properties = resource.get("Type"), self._properties(resource)
            if kind in _FUNCTIONS:
                default = self._global_timeout if kind == _SERVERLESS else _DEFAULT_TIMEOUT_SECONDS
                return as_number(properties.get("Timeout", default))
            if kind not in _POINTERS:
                return None
            called = str(properties.get("FunctionName", ""))
        return None

    def _logical_id(self, called: str) -> str:
        called = called.removeprefix(_OWN_ARN)
        resources = section(self.template, "Resources")
        reference = _REFERENCE.fullmatch(called)
        if reference and reference[1] in resources:
            return reference[1]
        return next((one for one in resources if self._is_called(resources[one], called)), "")

    def _is_called(self, resource: Mapping[str, Any], called: str) -> bool:
        name = self._properties(resource).get("FunctionName") if resource.get("Type") in _FUNCTIONS else None
        return bool(name) and (called == name or called.startswith(f"{name}:"))

    @property
    def _global_timeout(self) -> Any:
        shared = object_in(object_in(self.template, "Globals"), "Function")
        return self.intrinsics.value(shared.get("Timeout", _DEFAULT_TIMEOUT_SECONDS))

    def _properties(self, resource: Mapping[str, Any]) -> Mapping[str, Any]:
        """The two properties that matter, worked out; without one that is AWS::NoValue."""
        properties = object_in(resource, "Properties")
        matter = {name: properties[name] for name in ("FunctionName", "Timeout") if name in properties}
        found: Mapping[str, Any] = self.intrinsics.value(matter)
        return found

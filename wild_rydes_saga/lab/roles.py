"""What each state of a learner's machine does in the saga, by what it calls, whatever it is named."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from sagalint.definition.machine import Machine, State

REGISTER: Final = "RegisterFare"
CHARGE: Final = "ChargeFare"
CREDIT: Final = "CustomerAccountCredit"
COMPLETE: Final = "SetFareStatusCompleted"
SUCCESS: Final = "NotifySuccess"
REFUND: Final = "RefundFare"
REVERSE: Final = "ReverseAccountCredit"
SETTLE: Final = "SetFareStatusFailed"
FAILURE: Final = "NotifyFailure"
FAILED: Final = "FareProcessingFailed"
ACTIONS: Final = (REGISTER, CHARGE, CREDIT, COMPLETE, SUCCESS)
FUNCTIONS: Final = (CHARGE, CREDIT, REFUND, REVERSE)
"""The steps that call a function; each has an output `<Step>FunctionArn`."""
QUIET: Final = ("Pass", "Choice", "Wait", "Succeed", "Parallel", "Map")
"""The types of states that call nothing themselves."""
_SETS: Final = re.compile(r"(\S+)\s*=\s*(:\w+)")


def base_of(function: str) -> str:
    """A function's ARN or name without its version."""
    parts = function.split(":")
    return ":".join(parts[:7]) if len(parts) > 1 else function


def function_of(state: State) -> Any:
    """What a task gives as its function; None if it calls none."""
    if ":lambda:invoke" in state.resource:
        return _argument(state, "FunctionName")
    return state.resource if ":lambda:" in state.resource and ":function:" in state.resource else None


def service_of(state: State) -> str:
    """The service and the action of a task, such as `dynamodb:putItem`."""
    found = re.fullmatch(r"arn:[\w-]+:states:::(?:aws-sdk:)?(\w+:\w+)(?:\..*)?", state.resource)
    return found[1] if found else ""


def arguments_of(state: State) -> Mapping[str, Any] | None:
    """A task's arguments, those with a path under their own names; None if only a run can show them."""
    given = state.arguments
    return named(given) if isinstance(given, Mapping) else None


def named(given: Mapping[str, Any]) -> dict[str, Any]:
    """An object's fields: JSONPath writes `name.$` for a path."""
    return {name.removesuffix(".$"): value for name, value in given.items()}


def _argument(state: State, name: str) -> Any:
    return (arguments_of(state) or {}).get(name)


@dataclass(frozen=True)
class Roles:
    """The states of a machine, each by what it does.

    Attributes:
        machine: The machine.
        by_state: By state, its role: a step of the saga, or the state's own name.
    """

    machine: Machine
    by_state: Mapping[str, str]

    @classmethod
    def of(cls, machine: Machine, outputs: Mapping[str, str]) -> "Roles":
        """Finds the roles."""
        return cls(machine, {state.name: role_of(state, outputs) for state in machine.everywhere()})

    def states(self, role: str) -> list[str]:
        """The states that have a role."""
        return [state for state, found in self.by_state.items() if found == role]

    def path(self, entered: Iterable[str]) -> tuple[str, ...]:
        """A path by what its states did; those that call nothing are left out."""
        quiet = {state.name for state in self.machine.everywhere() if state.type in QUIET}
        return tuple(self.by_state.get(name, name) for name in entered if name not in quiet)


def role_of(state: State, outputs: Mapping[str, str]) -> str:
    """The step that a state does; its own name if it does none of them."""
    if state.type != "Task":
        return FAILED if state.type == "Fail" else state.name
    if (function := function_of(state)) is not None:
        return _function_role(str(function), outputs) or state.name
    match service_of(state):
        case "dynamodb:putItem":
            return REGISTER
        case "dynamodb:updateItem":
            return {"completed": COMPLETE, "failed": SETTLE}.get(status_set(state), state.name)
        case "sns:publish":
            return _message_role(state)
    return state.name


def _function_role(function: str, outputs: Mapping[str, str]) -> str | None:
    known = {base_of(outputs[f"{step}FunctionArn"]): step for step in FUNCTIONS}
    names = {base.rpartition(":")[2]: step for base, step in known.items()}
    base = base_of(function)
    return known.get(base) or names.get(base)


def status_set(state: State) -> str:
    """The fareStatus that an update sets; empty if its text does not show it."""
    expression, names = str(_argument(state, "UpdateExpression")), _argument(state, "ExpressionAttributeNames")
    values = _argument(state, "ExpressionAttributeValues")
    for attribute, value in _SETS.findall(expression):
        own = names.get(attribute, attribute) if isinstance(names, Mapping) else attribute
        if own.rpartition(" ")[2] == "fareStatus" and isinstance(values, Mapping):
            return text_of(values.get(value))
    return ""


def text_of(value: Any) -> str:
    """The text of an attribute of DynamoDB; empty if it is none."""
    found = named(value).get("S") if isinstance(value, Mapping) else value
    return found if isinstance(found, str) else ""


def message_attribute(state: State) -> Any:
    """The message attribute `IsSuccessful` of a message; None if it has none."""
    attributes = _argument(state, "MessageAttributes")
    return named(attributes).get("IsSuccessful") if isinstance(attributes, Mapping) else None


def _message_role(state: State) -> str:
    """Of a message: success or failure, by its attribute, or else by its name and subject."""
    attribute = message_attribute(state)
    value = named(attribute).get("StringValue") if isinstance(attribute, Mapping) else None
    if value in ("true", "false"):
        return SUCCESS if value == "true" else FAILURE
    text = f"{state.name} {_argument(state, 'Subject')}".lower()
    if "fail" in text:
        return FAILURE
    return SUCCESS if "succe" in text else state.name

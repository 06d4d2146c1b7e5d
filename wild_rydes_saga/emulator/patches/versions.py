"""Versions and aliases of state machines, in CloudFormation."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

Call = Callable[..., Any]
Properties = dict[str, Any]
"""A resource's properties, as the template resolves."""
Provisioned = tuple[str, dict[str, Any]]
"""A resource's physical id and its attributes."""


def patch_versions() -> None:
    """CloudFormation provisions `AWS::StepFunctions::StateMachineVersion` and `...Alias`.

    A version is published when it is made, and again when its machine has another
    revision; an alias follows its routing in place. With a machine go its
    versions and aliases (AWS, "DeleteStateMachine"). The emulator's CloudFormation
    refuses both types; its Step Functions has them.
    """
    from ministack.services import stepfunctions
    from ministack.services.cloudformation import provisioners

    handlers = provisioners._RESOURCE_HANDLERS
    machine = handlers["AWS::StepFunctions::StateMachine"]
    machine["delete"] = _Machines(stepfunctions, machine["delete"]).delete
    versions, aliases = _Versions(stepfunctions), _Aliases(stepfunctions)
    handlers["AWS::StepFunctions::StateMachineVersion"] = {
        "create": versions.publish,
        "update": versions.publish_if_changed,
        "delete": versions.delete,
    }
    handlers["AWS::StepFunctions::StateMachineAlias"] = {
        "create": aliases.create,
        "update": aliases.route,
        "delete": aliases.delete,
    }


@dataclass(frozen=True)
class _Machines:
    emulator: Any
    delete_alone: Call

    def delete(self, arn: str, properties: Properties) -> None:
        """Deletes a machine with its versions and aliases."""
        self.delete_alone(arn, properties)
        for kept in (self.emulator._state_machine_aliases, self.emulator._state_machine_versions):
            for one in [one for one in kept if one.startswith(f"{arn}:")]:
                del kept[one]


@dataclass(frozen=True)
class _Versions:
    emulator: Any

    def publish(self, _logical_id: str, properties: Properties, _stack_name: str) -> Provisioned:
        asked = {"stateMachineArn": properties["StateMachineArn"], "description": properties.get("Description", "")}
        arn = _answered(self.emulator._publish_state_machine_version(asked))["stateMachineVersionArn"]
        return arn, {"Arn": arn}

    def publish_if_changed(self, arn: str, old: Properties, new: Properties, stack_name: str) -> Provisioned:
        return (arn, {"Arn": arn}) if old == new else self.publish("", new, stack_name)

    def delete(self, arn: str, _properties: Properties) -> None:
        _answered(self.emulator._delete_state_machine_version({"stateMachineVersionArn": arn}))


@dataclass(frozen=True)
class _Aliases:
    emulator: Any

    def create(self, _logical_id: str, properties: Properties, _stack_name: str) -> Provisioned:
        asked = {"name": properties["Name"], "routingConfiguration": _routing(properties)}
        arn = _answered(self.emulator._create_state_machine_alias(asked))["stateMachineAliasArn"]
        return arn, {"Arn": arn}

    def route(self, arn: str, _old: Properties, new: Properties, _stack_name: str) -> Provisioned:
        asked = {"stateMachineAliasArn": arn, "routingConfiguration": _routing(new)}
        _answered(self.emulator._update_state_machine_alias(asked))
        return arn, {"Arn": arn}

    def delete(self, arn: str, _properties: Properties) -> None:
        _answered(self.emulator._delete_state_machine_alias({"stateMachineAliasArn": arn}))


def _routing(properties: Properties) -> list[dict[str, Any]]:
    """An alias's routing as the Step Functions API writes it."""
    return [
        {"stateMachineVersionArn": one["StateMachineVersionArn"], "weight": int(one["Weight"])}
        for one in properties["RoutingConfiguration"]
    ]


def _answered(response: tuple[int, Any, bytes]) -> dict[str, Any]:
    """What the emulator's Step Functions answered; a refusal fails the resource, as CloudFormation does."""
    status, _headers, body = response
    answer: dict[str, Any] = json.loads(body)
    if status >= 400:  # noqa: PLR2004  # HTTP's first error
        raise ValueError(answer.get("message") or answer.get("__type") or "refused")
    return answer

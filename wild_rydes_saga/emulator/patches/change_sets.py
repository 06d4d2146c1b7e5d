"""Change sets: one that changes outputs alone, and one that imports a secret."""

from collections.abc import Callable, Mapping
from typing import Any, Final

Call = Callable[..., Any]

_SECRET: Final = "AWS::SecretsManager::Secret"  # noqa: S105  # a type's name
_ACTION: Final = "CreateChangeSet"
_UNCHANGED: Final = "The submitted information didn't contain changes."


def patch_outputs() -> None:
    """A change set that changes a stack's outputs alone can be executed.

    AWS compares the whole template ("Update behaviors of stack resources" is about resources alone). The emulator
    compares the resources, and refuses the change set as one without changes, so that the CDK CLI deploys nothing.
    """
    from ministack.services import cloudformation
    from ministack.services.cloudformation import handlers

    create: Call = handlers._ACTION_HANDLERS[_ACTION]

    def create_for_outputs(params: Any) -> Any:
        before = set(cloudformation._change_sets)
        answer = create(params)
        for name in set(cloudformation._change_sets) - before:
            _accept_new_outputs(cloudformation._change_sets[name], cloudformation._stacks)
        return answer

    handlers._ACTION_HANDLERS[_ACTION] = create_for_outputs


def _accept_new_outputs(change_set: dict[str, Any], stacks: Any) -> None:
    """Makes a change set executable that was refused although it changes the outputs."""
    if change_set["ChangeSetType"] != "UPDATE" or not change_set["StatusReason"].startswith(_UNCHANGED):
        return
    deployed = (stacks.get(change_set["StackName"]) or {}).get("_template", {})
    if change_set["_template"].get("Outputs", {}) != deployed.get("Outputs", {}):
        change_set.update(Status="CREATE_COMPLETE", ExecutionStatus="AVAILABLE", StatusReason="")


def patch_import_of_secrets() -> None:
    """CloudFormation imports a secret by its `Id` (AWS, "Resource type support for imports").

    The emulator imports tables, queues and keys, and no secret. Patched, it takes one into a stack as it is.
    """
    from ministack.services import secretsmanager
    from ministack.services.cloudformation import changesets, provisioners

    def found(identifier: str) -> tuple[str, Any] | None:
        secrets: Mapping[str, Any] = secretsmanager._secrets
        return next(((name, one) for name, one in secrets.items() if identifier in (name, one["ARN"])), None)

    def problem(identifier: str) -> str | None:
        return (
            None if found(identifier) else f"Resource of type '{_SECRET}' with identifier '{identifier}' was not found."
        )

    def adopt(identifier: Mapping[str, str]) -> tuple[str, dict[str, str]]:
        there = found(identifier["Id"])
        if there is None:
            raise ValueError(problem(identifier["Id"]))
        name, secret = there
        return name, {"Id": secret["ARN"], "Arn": secret["ARN"]}

    provisioners._RESOURCE_HANDLERS[_SECRET]["import"] = adopt
    changesets._IMPORT_LOOKUPS[_SECRET] = (("Id",), problem)

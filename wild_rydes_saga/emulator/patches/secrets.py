"""Imports of secrets."""

from collections.abc import Mapping
from typing import Any, Final

_TYPE: Final = "AWS::SecretsManager::Secret"


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
            None if found(identifier) else f"Resource of type '{_TYPE}' with identifier '{identifier}' was not found."
        )

    def adopt(identifier: Mapping[str, str]) -> tuple[str, dict[str, str]]:
        there = found(identifier["Id"])
        if there is None:
            raise ValueError(problem(identifier["Id"]))
        name, secret = there
        return name, {"Id": secret["ARN"], "Arn": secret["ARN"]}

    provisioners._RESOURCE_HANDLERS[_TYPE]["import"] = adopt
    changesets._IMPORT_LOOKUPS[_TYPE] = (("Id",), problem)

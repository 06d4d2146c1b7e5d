"""Versions of Lambda functions."""

from collections.abc import Callable
from typing import Any, Final

Call = Callable[..., Any]
Function = dict[str, Any]

_OF_ONE_WRITE: Final = ("RevisionId", "LastModified", "LastUpdateStatus", "State", "Version", "FunctionArn")
"""What differs between a version and a function of the same code and configuration: names begin so."""


def patch_function_versions() -> None:
    """A version is published only if code or configuration differ from those of the last version.

    AWS: "Lambda doesn't publish a version if the function's configuration and code
    haven't changed since the last version" (PublishVersion). CloudFormation then
    refuses the version: "A version for this Lambda function exists". The emulator
    compares a revision id, which every update changes, also one that changes nothing
    or goes back and forth.
    """
    from ministack.services import lambda_svc
    from ministack.services.cloudformation import provisioners

    handlers = provisioners._RESOURCE_HANDLERS["AWS::Lambda::Version"]
    create: Call = handlers["create"]
    publish: Call = lambda_svc._publish_version

    def create_if_changed(logical_id: str, properties: dict[str, Any], stack_name: str) -> Any:
        function, *_ = provisioners._lambda_function_for_cfn_ref(properties.get("FunctionName", ""))
        _recognise_last(function)
        return create(logical_id, properties, stack_name)

    def publish_if_changed(name: str, asked: dict[str, Any]) -> Any:
        _recognise_last(lambda_svc._functions.get(name))
        return publish(name, asked)

    handlers["create"] = create_if_changed
    lambda_svc._publish_version = publish_if_changed


def _recognise_last(function: Function | None) -> None:
    """Gives the last version the function's revision if the two are the same, which is what the emulator compares."""
    versions = (function or {}).get("versions")
    if not function or not versions:
        return
    last = versions[max(versions, key=int)]
    if _content(last["config"]) == _content(function["config"]):
        last["function_revision"] = function["config"]["RevisionId"]


def _content(configuration: dict[str, Any]) -> dict[str, Any]:
    """Code, by its hash, and configuration."""
    return {name: value for name, value in configuration.items() if not name.startswith(_OF_ONE_WRITE)}

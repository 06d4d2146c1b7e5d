"""The Lambda functions of a folder with Terraform files, as a template would have them: their names and timeouts."""

from collections.abc import Mapping
from typing import Any, Final

from sagalint.inputs.terraform.module import Module

_FUNCTION: Final = "aws_lambda_function"
_DEFAULT_TIMEOUT_SECONDS: Final = 3
_NAMED_BY: Final = ("arn", "qualified_arn", "function_name")
"""The attributes by which a task can name a function."""


def functions_of(module: Module) -> Mapping[str, Any]:
    """The functions, once by each way in which a task can name them; no timeout where only Terraform knows it."""
    found: dict[str, Any] = {}
    for block in module.blocks:
        if block.words[:2] != ("resource", _FUNCTION):
            continue
        timeout = module.worked_out(block.attributes.get("timeout", _DEFAULT_TIMEOUT_SECONDS)).value
        own = block.attributes.get("function_name")
        references = [f"${{{_FUNCTION}.{block.words[-1]}.{attribute}}}" for attribute in _NAMED_BY]
        for name in [*references, *([own] if isinstance(own, str) and "${" not in own else [])]:
            properties = {"FunctionName": name, "Timeout": timeout}
            found[f"Function{len(found)}"] = {"Type": "AWS::Lambda::Function", "Properties": properties}
    return found

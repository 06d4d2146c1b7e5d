"""Lambda functions: their credentials, their errors and their environments are as on AWS."""

import json
from collections.abc import Callable
from typing import Any, Final

from wild_rydes_saga.emulator.access_key import AccessKey

Call = Callable[..., Any]

_REPORTED: Final = '"status": "error", "error": str(e), "trace": traceback.format_exc()}'
_REPORTED_WITH_TYPE: Final = (
    '"status": "ok", "raised": True, "error": json.dumps({"errorMessage": str(e), "errorType": type(e).__name__,'
    ' "stackTrace": traceback.format_tb(e.__traceback__)}), "trace": traceback.format_exc()}'
)

_NO_HOST_PREFIX: Final = {"AWS_DISABLE_HOST_PREFIX_INJECTION": "true"}
"""The host of `StartSyncExecution` begins with `sync-`, which no name of the local cloud does."""


class PatchError(RuntimeError):
    """The emulator is not the version that the patches were written for."""


def patch_function_credentials() -> None:
    """A function's credentials are some that the cloud obeys, as an execution role's are on AWS.

    The emulator gives it the account's number as the id of its access key, which anybody can guess.
    """
    from ministack.core import lambda_runtime
    from ministack.services import lambda_svc

    def own_credentials(_config: dict[str, Any]) -> dict[str, str]:
        return {**AccessKey.of_environment().variables, "AWS_SESSION_TOKEN": "", **_NO_HOST_PREFIX}

    lambda_runtime.execution_credentials = own_credentials
    if hasattr(lambda_svc, "execution_credentials"):
        lambda_svc.execution_credentials = own_credentials


def patch_handler_errors() -> None:
    """A Python handler's exception arrives under its class name, with its stack trace.

    On AWS the error object of a failed invocation is `errorMessage`,
    `errorType` and `stackTrace` ("Lambda function errors in Python"); the
    emulator calls every such error `Runtime.HandlerError`.
    """
    from ministack.core import lambda_runtime
    from ministack.services import lambda_svc

    script = lambda_runtime._PYTHON_WORKER_SCRIPT
    if script.count(_REPORTED) != 1:
        raise PatchError("the emulator's Python worker has changed: install the pinned ministack")
    lambda_runtime._PYTHON_WORKER_SCRIPT = script.replace(_REPORTED, _REPORTED_WITH_TYPE)
    run: Call = lambda_svc._execute_function_with_config_scope

    def run_with_named_errors(*arguments: Any, **options: Any) -> Any:
        result = run(*arguments, **options)
        if result.get("error") and result["body"].get("errorType") == "Runtime.HandlerError":
            result["body"] = _error_object(result["body"])
        return result

    lambda_svc._execute_function_with_config_scope = run_with_named_errors


def patch_environments() -> None:
    """An execution environment outlives its handler's exception, as on AWS, and serves the next invocation.

    The emulator ends the process at every error, which makes the next call a cold
    start. The patched worker reports an exception as an answer; here it becomes the
    error again, once the process has been kept. AWS: "Understanding the Lambda
    execution environment lifecycle".
    """
    from ministack.core import lambda_runtime

    invoke: Call = lambda_runtime.Worker.invoke

    def invoke_and_keep(*arguments: Any, **options: Any) -> Any:
        response = invoke(*arguments, **options)
        return {**response, "status": "error"} if response.get("raised") else response

    lambda_runtime.Worker.invoke = invoke_and_keep


def _error_object(body: dict[str, Any]) -> dict[str, Any]:
    """Takes the error object out of the message that the patched worker reports."""
    try:
        reported = json.loads(body["errorMessage"])
    except ValueError:
        return body  # not a handler's exception: the worker itself failed
    return reported if isinstance(reported, dict) and "errorType" in reported else body

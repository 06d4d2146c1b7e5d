"""Where MiniStack 1.5.33 differs from AWS, mended in process. The only place that touches the emulator's insides.

Each mend says what AWS does. `tests/saga/test_mends.py` fails when the emulator
does it by itself, so that the mend can go.
"""

import json
from collections.abc import Callable
from typing import Any, Final

Call = Callable[..., Any]

_REPORTED: Final = '"status": "error", "error": str(e), "trace": traceback.format_exc()}'
_REPORTED_WITH_TYPE: Final = (
    '"status": "ok", "raised": True, "error": json.dumps({"errorMessage": str(e), "errorType": type(e).__name__,'
    ' "stackTrace": traceback.format_tb(e.__traceback__)}), "trace": traceback.format_exc()}'
)


class MendError(RuntimeError):
    """The emulator is not the version that the mends were written for."""


def mend_all() -> None:
    """Applies every mend, once, before the emulator starts; raises `MendError` if one does not fit."""
    mend_handler_errors()
    mend_environments()
    mend_sns_attributes()


def mend_handler_errors() -> None:
    """A Python handler's exception arrives under its class name, with its stack trace.

    On AWS the error object of a failed invocation is `errorMessage`,
    `errorType` and `stackTrace` ("Lambda function errors in Python"); the
    emulator calls every such error `Runtime.HandlerError`.
    """
    from ministack.core import lambda_runtime
    from ministack.services import lambda_svc

    script = lambda_runtime._PYTHON_WORKER_SCRIPT
    if script.count(_REPORTED) != 1:
        raise MendError("the emulator's Python worker has changed: install the pinned ministack")
    lambda_runtime._PYTHON_WORKER_SCRIPT = script.replace(_REPORTED, _REPORTED_WITH_TYPE)
    run: Call = lambda_svc._execute_function_with_config_scope

    def run_with_named_errors(*arguments: Any, **options: Any) -> Any:
        result = run(*arguments, **options)
        if result.get("error") and result["body"].get("errorType") == "Runtime.HandlerError":
            result["body"] = _error_object(result["body"])
        return result

    lambda_svc._execute_function_with_config_scope = run_with_named_errors


def mend_environments() -> None:
    """An execution environment outlives its handler's exception, as on AWS, and serves the next invocation.

    The emulator ends the process at every error, which makes the next call a cold
    start. The mended worker reports an exception as an answer; here it becomes the
    error again, once the process has been kept. AWS: "Understanding the Lambda
    execution environment lifecycle".
    """
    from ministack.core import lambda_runtime

    invoke: Call = lambda_runtime.Worker.invoke

    def invoke_and_keep(*arguments: Any, **options: Any) -> Any:
        response = invoke(*arguments, **options)
        return {**response, "status": "error"} if response.get("raised") else response

    lambda_runtime.Worker.invoke = invoke_and_keep


def mend_sns_attributes() -> None:
    """`sns:publish` from a state machine delivers its MessageAttributes, and filters see them.

    The emulator's own publish reads them flattened, as in a query request.
    """
    from ministack.services import stepfunctions

    resource = "arn:aws:states:::sns:publish"
    publish: Call = stepfunctions._SERVICE_DISPATCH[resource]

    def publish_with_attributes(name: str, arguments: dict[str, Any]) -> Any:
        flat = {key: value for key, value in arguments.items() if key != "MessageAttributes"}
        for number, (key, attribute) in enumerate((arguments.get("MessageAttributes") or {}).items(), start=1):
            entry = f"MessageAttributes.entry.{number}"
            flat[f"{entry}.Name"] = key
            flat[f"{entry}.Value.DataType"] = attribute["DataType"]
            flat[f"{entry}.Value.StringValue"] = attribute["StringValue"]
        return publish(name, flat)

    stepfunctions._SERVICE_DISPATCH[resource] = publish_with_attributes


def _error_object(body: dict[str, Any]) -> dict[str, Any]:
    """Takes the error object out of the message that the mended worker reports."""
    try:
        reported = json.loads(body["errorMessage"])
    except ValueError:
        return body  # not a handler's exception: the worker itself failed
    return reported if isinstance(reported, dict) and "errorType" in reported else body

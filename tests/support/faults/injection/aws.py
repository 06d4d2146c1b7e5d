"""Lets AWS be as bad as the conditions say, in front of the emulator and in its sending of events."""

import asyncio
import json
import threading
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any, Final

from tests.support.faults.injection.conditions import CALLS, read_conditions

Scope = Mapping[str, Any]
App = Callable[[Scope, Callable[[], Awaitable[Any]], Callable[[Any], Awaitable[None]]], Awaitable[None]]
_THROTTLES: Final = {
    "AWSStepFunctions": "ThrottlingException",
    "DynamoDB_20120810": "com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException",
    "AmazonSQS": "RequestThrottled",
}
"""By the service that `X-Amz-Target` names, the error by which it refuses a call that comes too often."""
_ENDED: Final = ("SUCCEEDED", "FAILED", "TIMED_OUT", "ABORTED")


def _header(scope: Scope, name: bytes) -> str:
    return str(next((value.decode() for key, value in scope["headers"] if key.lower() == name), ""))


class WorstAws:
    """In front of the emulator: counts, refuses and slows the calls of the handlers, which use botocore by itself."""

    def __init__(self, app: App, folder: Path) -> None:
        self._app = app
        self._folder = folder
        self._calls = (folder / CALLS).open("a", buffering=1, encoding="utf-8")

    async def __call__(self, scope: Scope, receive: Callable[[], Awaitable[Any]], send: Any) -> None:
        """Hands a request on, unless it is refused."""
        target = _header(scope, b"x-amz-target") if scope["type"] == "http" else ""
        if not target or not _header(scope, b"user-agent").startswith("Botocore/"):
            await self._app(scope, receive, send)
            return
        service, _, operation = target.partition(".")
        self._calls.write(f"{operation}\n")
        now = read_conditions(self._folder)
        if now.slow_seconds:
            await asyncio.sleep(now.slow_seconds)
        if operation not in now.throttled:
            await self._app(scope, receive, send)
            return
        body = json.dumps({"__type": _THROTTLES[service], "message": "Rate exceeded"}).encode()
        headers = [(b"content-type", b"application/x-amz-json-1.0")]
        await send({"type": "http.response.start", "status": 400, "headers": headers})
        await send({"type": "http.response.body", "body": body})


def change_events(stepfunctions: Any, folder: Path) -> None:
    """Lets events of ended executions be lost, late or sent twice."""
    emit = stepfunctions._emit_execution_status_event

    def emit_as_aws_may(execution: Mapping[str, Any]) -> None:
        now = read_conditions(folder)
        if execution["status"] not in _ENDED or now.events == "sent":
            emit(execution)
        elif now.events == "twice":
            emit(execution)
            emit(execution)
        elif now.events == "late":
            threading.Timer(now.late_seconds, emit, args=(execution,)).start()

    stepfunctions._emit_execution_status_event = emit_as_aws_may


def show_ends_late(stepfunctions: Any, folder: Path) -> None:
    """Lets DescribeExecution show an execution as running for some time after its end."""
    describe = stepfunctions._describe_execution
    ended: dict[str, float] = {}

    def describe_as_aws_may(data: Mapping[str, Any]) -> Any:
        now = read_conditions(folder)
        execution = stepfunctions._executions.get(data.get("executionArn"))
        if not now.end_shown_late or not execution or execution["status"] not in _ENDED:
            return describe(data)
        arn = execution["executionArn"]
        if arn not in ended:
            ended[arn] = 0.0
            threading.Timer(now.late_seconds, ended.__setitem__, args=(arn, 1.0)).start()
        if ended[arn]:
            return describe(data)
        shown = {**execution, "status": "RUNNING", "stopDate": None, "output": None, "error": None, "cause": None}
        return stepfunctions.json_response(
            {name: shown[name] for name in ("executionArn", "stateMachineArn", "name", "status", "startDate", "input")}
        )

    stepfunctions._describe_execution = describe_as_aws_may

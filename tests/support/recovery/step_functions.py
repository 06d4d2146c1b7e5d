"""Simulates Step Functions in this process: boto3's client checks each request, and answers come from memory."""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any, Final

from tests.support.recovery.executions import MACHINE_ARN, History

_CALLS: Final = "before-call.sfn.*"
_EXISTS: Final = "ExecutionAlreadyExists"
_GONE: Final = "ExecutionDoesNotExist"


class _Refusal(Exception):
    """A call is refused with this code."""


@dataclass(kw_only=True)
class Stored:
    """An execution in memory."""

    arn: str
    status: str
    started: datetime
    stopped: datetime | None = None
    input: str = "{}"
    error: str = ""
    history: Sequence[History] = ()
    """Its pages."""


@dataclass
class _Refusals:
    code: str
    times: float
    after: int
    calls: int = 0

    def next_code(self) -> str | None:
        self.calls += 1
        return self.code if self.after < self.calls <= self.after + self.times else None


@dataclass
class StepFunctions:
    """The executions in memory, and the requests.

    Attributes:
        client: The boto3 client whose requests are answered here.
        executions: By their ARN.
        calls: How often each operation was called.
        asked: The requests, in order.
    """

    client: Any
    executions: dict[str, Stored] = field(default_factory=dict)
    calls: Counter[str] = field(default_factory=Counter)
    asked: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    _refusals: dict[str, _Refusals] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Answers the client's calls from now on."""
        self.client.meta.events.register(_CALLS, self._answer, unique_id="simulated")

    def forget(self) -> None:
        """Stops answering the client's calls."""
        self.client.meta.events.unregister(_CALLS, unique_id="simulated")

    def refuse(self, operation: str, code: str, *, times: float = float("inf"), after: int = 0) -> None:
        """Refuses the next calls of an operation, after some that it answers."""
        self._refusals[operation] = _Refusals(code, times, after)

    def serve(self, operation: str) -> None:
        """Answers an operation again."""
        self._refusals.pop(operation, None)

    def has(self, name: str, status: str, *, started: float = 0, stopped: float | None = 0, **more: Any) -> str:
        """Adds an execution that started and stopped some seconds ago; returns its ARN."""
        now = datetime.now(UTC)
        ended = None if stopped is None else now - timedelta(seconds=stopped)
        arn = name if name.startswith("arn:") else f"{MACHINE_ARN.replace(':stateMachine:', ':execution:')}:{name}"
        begun = now - timedelta(seconds=started)
        self.executions[arn] = Stored(arn=arn, status=status, started=begun, stopped=ended, **more)
        return arn

    def ends(self, arn: str, status: str, error: str = "") -> None:
        """Ends an execution."""
        found = self.executions[arn]
        found.status, found.stopped, found.error = status, datetime.now(UTC), error

    def _answer(self, model: Any, params: dict[str, Any], **_: object) -> tuple[Any, dict[str, Any]]:
        asked = json.loads(params["body"])
        self.calls[model.name] += 1
        self.asked.append((model.name, asked))
        try:
            refusals = self._refusals.get(model.name)
            if refusals and (code := refusals.next_code()):
                raise _Refusal(code)
            return SimpleNamespace(status_code=200), getattr(self, f"_{model.name}")(asked)
        except _Refusal as refusal:
            return SimpleNamespace(status_code=400), {"Error": {"Code": str(refusal), "Message": "no"}}

    def _StartExecution(self, asked: dict[str, Any]) -> dict[str, Any]:  # noqa: N802  # AWS's name for it
        machine = ":".join(asked["stateMachineArn"].split(":")[:7])
        arn = f"{machine.replace(':stateMachine:', ':execution:')}:{asked['name']}"
        if arn in self.executions:
            raise _Refusal(_EXISTS)
        self.has(arn, "RUNNING", stopped=None, input=asked["input"])
        return {"executionArn": arn, "startDate": datetime.now(UTC)}

    def _DescribeExecution(self, asked: dict[str, Any]) -> dict[str, Any]:  # noqa: N802  # AWS's name for it
        found = self._found(asked)
        failed = {"error": found.error} if found.error else {}
        return {**_facts(found), "input": found.input, **failed}

    def _GetExecutionHistory(self, asked: dict[str, Any]) -> dict[str, Any]:  # noqa: N802  # AWS's name for it
        assert asked["includeExecutionData"] is False
        page, pages = int(asked.get("nextToken", 0)), self._found(asked).history
        following = {"nextToken": str(page + 1)} if page + 1 < len(pages) else {}
        return {"events": [dict(one) for one in pages[page]], **following}

    def _ListExecutions(self, asked: dict[str, Any]) -> dict[str, Any]:  # noqa: N802  # AWS's name for it
        prefix = asked["stateMachineArn"].replace(":stateMachine:", ":execution:") + ":"
        found = [one for one in self.executions.values() if one.arn.startswith(prefix)]
        found = sorted(
            (one for one in found if one.status == asked["statusFilter"]), key=lambda one: one.started, reverse=True
        )
        start, size = int(asked.get("nextToken", 0)), asked["maxResults"]
        following = {"nextToken": str(start + size)} if start + size < len(found) else {}
        return {"executions": [_facts(one) for one in found[start : start + size]], **following}

    def _found(self, asked: dict[str, Any]) -> Stored:
        if asked["executionArn"] not in self.executions:
            raise _Refusal(_GONE)
        return self.executions[asked["executionArn"]]


def _facts(one: Stored) -> dict[str, Any]:
    stopped = {"stopDate": one.stopped} if one.stopped else {}
    machine = one.arn.replace(":execution:", ":stateMachine:").rpartition(":")[0]
    name = one.arn.rpartition(":")[2]
    return {
        "executionArn": one.arn,
        "stateMachineArn": machine,
        "name": name,
        "status": one.status,
        "startDate": one.started,
        **stopped,
    }

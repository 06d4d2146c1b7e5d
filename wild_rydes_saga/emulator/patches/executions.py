"""Executions of a machine's version."""

import contextvars
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

Call = Callable[..., Any]
Pinned = contextvars.ContextVar[str | None]
PINNED: Final[Pinned] = contextvars.ContextVar("pinned", default=None)
"""The version that the execution of this thread runs, if it was started by one."""

_WHICH_VERSION: Final = ("stateMachineVersionArn", "stateMachineAliasArn")


def patch_executions_of_versions() -> None:
    """An execution that was started by a version or an alias runs the version's definition, and says which it is.

    AWS: "How Step Functions associates executions with a version or alias". The
    emulator runs the machine's newest definition, whatever was started.
    """
    from ministack.services import stepfunctions

    calls = _Calls(stepfunctions, PINNED, stepfunctions._start_execution, stepfunctions._describe_execution)
    stepfunctions._start_execution = calls.start
    stepfunctions._describe_execution = calls.describe
    stepfunctions._state_machines = _pinned_machines(stepfunctions, PINNED)


@dataclass(frozen=True)
class _Calls:
    """The emulator's calls, which know the version of an execution."""

    emulator: Any
    pinned: Pinned
    start_newest: Call
    describe_machine: Call

    def start(self, data: dict[str, Any]) -> Any:
        """Starts an execution of the version that is asked for."""
        asked = data.get("stateMachineArn", "")
        version = self.emulator._execution_version_arn(asked)
        # The execution's own thread takes the context over from here.
        token = self.pinned.set(version)
        try:
            answer = self.start_newest(data)
        finally:
            self.pinned.reset(token)
        execution = self.emulator._executions.get(json.loads(answer[2]).get("executionArn"))
        if version and execution:
            execution["stateMachineVersionArn"] = version
            execution["stateMachineAliasArn"] = asked if asked != version else None
        return answer

    def describe(self, data: dict[str, Any]) -> Any:
        """Describes an execution with its version and alias."""
        status, headers, body = self.describe_machine(data)
        execution = self.emulator._executions.get(data.get("executionArn")) or {}
        known = {name: execution[name] for name in _WHICH_VERSION if execution.get(name)}
        return status, headers, json.dumps({**json.loads(body), **known}).encode() if known else body


def _pinned_machines(emulator: Any, pinned: Pinned) -> Any:
    """The emulator's table of machines, as an execution of a version sees it."""
    table: Any = type(emulator._state_machines)

    class PinnedMachines(table):  # type: ignore[misc]
        """The machines, of which an execution sees its own as it was when the version was published."""

        __slots__ = ()

        def get(self, arn: str, default: Any = None) -> Any:
            """The machine, or the default."""
            machine = super().get(arn, default)
            version = emulator._state_machine_versions.get(pinned.get() or "")
            if machine and version and version["stateMachineArn"] == arn:
                return {**machine, "definition": version["definition"]}
            return machine

    return PinnedMachines()

"""Express executions: their ids, what may be asked of them, and when AWS ends them."""

import contextvars
import os
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from wild_rydes_saga.emulator.patches.executions import PINNED

Call = Callable[..., Any]

LONGEST_SECONDS: Final = "EXPRESS_SECONDS"
"""Environment variable: after how many seconds an execution is ended. On AWS, five minutes; a test waits less."""
_FIVE_MINUTES: Final = "300"
_EXPRESS: Final = "EXPRESS"
_RUNS: Final = "RUNNING"
_ARN: Final = ":express:"
_OF_STANDARD: Final = (
    "_describe_execution",
    "_stop_execution",
    "_get_execution_history",
    "_describe_state_machine_for_execution",
)
_ATTEMPT: Final = "TaskScheduled"


def patch_express() -> None:
    """Express executions are AWS's, in six ways that the emulator's differ in.

    AWS ("Choosing workflow type in Step Functions", and the API's reference of each action): an execution's ARN
    has a part of its own for each start, so that a name may return; `StartSyncExecution` runs Express machines
    alone, by an alias or a version too; no action but a start knows an Express execution; it sends no status
    events; it ends as TIMED_OUT after five minutes. An asynchronous one may be delivered twice: `deliver` does that,
    for tests.
    """
    from ministack.services import stepfunctions

    express = ExpressExecutions(
        stepfunctions,
        stepfunctions._start_execution,
        stepfunctions._list_executions,
        float(os.environ.get(LONGEST_SECONDS, _FIVE_MINUTES)),
    )
    express.install()


@dataclass(frozen=True)
class ExpressExecutions:
    """The Express executions of an emulator.

    Attributes:
        emulator: Its Step Functions.
        start_standard: Its own start of an execution.
        list_standard: Its own list of executions.
        longest_seconds: After so many seconds an execution is ended.
    """

    emulator: Any
    start_standard: Call
    list_standard: Call
    longest_seconds: float

    def install(self) -> None:
        """Changes the emulator's actions."""
        self.emulator._start_execution = self.start
        self.emulator._start_sync_execution = self.start_sync
        self.emulator._list_executions = self.list
        for action in _OF_STANDARD:
            setattr(self.emulator, action, self._of_standard(getattr(self.emulator, action)))
        add = self.emulator._add_event

        def add_unless_ended(execution: Any, event_type: str, details: Any = None) -> Any:
            """The emulator enters no further state by itself, and would go on to retry the one that it is in."""
            if event_type == _ATTEMPT and execution.get("express") and execution["status"] != _RUNS:
                raise SystemExit("this thread runs an execution that AWS has ended")
            return add(execution, event_type, details)

        self.emulator._add_event = add_unless_ended

    def start(self, data: dict[str, Any]) -> Any:
        """Starts an execution, and does not wait for its end."""
        machine = self._machine(data)
        if machine is None or machine["type"] != _EXPRESS:
            return self.start_standard(data)
        execution = self.begin(data, machine)
        answer = {"executionArn": execution["executionArn"], "startDate": execution["startDate"]}
        self._in_thread(self.run, execution)
        return self.emulator.json_response(answer)

    def start_sync(self, data: dict[str, Any]) -> Any:
        """Starts an execution, and answers with its end."""
        machine = self._machine(data)
        if machine is None:
            return self._refused("StateMachineDoesNotExist", f"State Machine Does Not Exist: '{_asked(data)}'")
        if machine["type"] != _EXPRESS:
            return self._refused(
                "StateMachineTypeNotSupported", "This operation is not supported by this type of state machine"
            )
        execution = self.begin(data, machine)
        self.run(execution)
        names = ("executionArn", "stateMachineArn", "name", "startDate", "stopDate", "status", "input")
        more = ("output",) if execution["status"] == "SUCCEEDED" else ("error", "cause")
        known = {name: execution[name] for name in (*names, *more) if execution.get(name) is not None}
        included = {"inputDetails": {"included": True}, "outputDetails": {"included": True}}
        return self.emulator.json_response({**known, **included})

    def list(self, data: dict[str, Any]) -> Any:
        """Lists the executions of a Standard machine."""
        machine = self._machine(data)
        if machine is not None and machine["type"] == _EXPRESS:
            return self._refused(
                "StateMachineTypeNotSupported", "This operation is not supported by this type of state machine"
            )
        return self.list_standard(data)

    def begin(self, data: dict[str, Any], machine: dict[str, Any], *, started: str | None = None) -> dict[str, Any]:
        """Makes an execution, which does not run yet: another one for each delivery."""
        name = data.get("name") or self.emulator.new_uuid()
        own = machine["stateMachineArn"].replace(":stateMachine:", _ARN)
        given, moment = data.get("input", "{}"), started or self.emulator.now_iso()
        begun = {"input": given, "roleArn": machine["roleArn"]}
        execution = {
            "executionArn": f"{own}:{name}:{self.emulator.new_uuid()}",
            "stateMachineArn": machine["stateMachineArn"],
            "stateMachineVersionArn": self.emulator._execution_version_arn(_asked(data)),
            "name": name,
            "status": _RUNS,
            "startDate": moment,
            "stopDate": None,
            "input": given,
            "output": None,
            "testCase": "",
            "mockAttempts": {},
            "encryptionConfiguration": machine.get("encryptionConfiguration") or {"type": "AWS_OWNED_KEY"},
            "events": [
                {"id": 1, "type": "ExecutionStarted", "timestamp": moment, "executionStartedEventDetails": begun}
            ],
            "sync": True,  # the emulator's mark of an execution without status events
            "express": True,
        }
        self.emulator._executions[execution["executionArn"]] = execution
        return execution

    def run(self, execution: dict[str, Any]) -> None:
        """Runs an execution to its end, which is after five minutes at the latest."""
        token = PINNED.set(execution["stateMachineVersionArn"])
        try:
            runs = self._in_thread(self.emulator._run_execution, execution["executionArn"])
        finally:
            PINNED.reset(token)
        runs.join(self.longest_seconds)
        if execution["status"] == _RUNS:
            self.cut_off(execution)

    def cut_off(self, execution: dict[str, Any]) -> None:
        """Ends an execution as AWS does after five minutes: a call that it has made goes on."""
        execution.update(
            status="TIMED_OUT",
            stopDate=self.emulator.now_iso(),
            error="States.Timeout",
            cause="the execution ran for longer than an Express execution may",
        )

    def _machine(self, data: dict[str, Any]) -> dict[str, Any] | None:
        base = self.emulator._resolve_state_machine_arn(_asked(data))
        machine: dict[str, Any] | None = self.emulator._state_machines.get(base) if base else None
        return machine

    def _of_standard(self, action: Call) -> Call:
        """An action that knows Standard executions alone."""

        def refuse_express(data: dict[str, Any]) -> Any:
            arn = str(data.get("executionArn", ""))
            if _ARN in arn:
                return self._refused("InvalidArn", "Invalid Arn: 'Resource type not valid in this context: express'")
            return action(data)

        return refuse_express

    def _refused(self, error: str, message: str) -> Any:
        return self.emulator.error_response_json(error, message, 400)

    @staticmethod
    def _in_thread(work: Call, argument: Any) -> threading.Thread:
        # A new thread begins without the account and the region of the request, which are context variables.
        thread = threading.Thread(target=contextvars.copy_context().run, args=(work, argument), daemon=True)
        thread.start()
        return thread


def _asked(data: dict[str, Any]) -> str:
    return str(data.get("stateMachineArn", ""))

"""Ends of executions as AWS has them: an end is final, until the execution is redriven."""

import contextvars
import copy
import json
import threading
from collections.abc import Mapping
from typing import Any, Final

_REDRIVABLE: Final = ("FAILED", "TIMED_OUT", "ABORTED")
_RUNS: Final = "RUNNING"
_BEGINS: Final = ("StateEntered", "TaskScheduled")


_REDRIVES: Final[contextvars.ContextVar[int]] = contextvars.ContextVar("redrives", default=0)
"""How often the execution of this thread was redriven when the thread began: an earlier one runs it no more."""


def make_ends_final(stepfunctions: Any) -> None:
    """An execution that was stopped stays ABORTED: its history ends there, and no call is made for it any more.

    AWS: "StopExecution". In the emulator its task goes on: it is tried again, what it meets is written to the
    history, and it may turn ABORTED into FAILED. A call that is under way goes on, as on AWS.
    """
    add, fail = stepfunctions._add_event, stepfunctions._fail_execution

    def is_over(execution: Any) -> bool:
        return bool(execution["status"] != _RUNS or execution.get("redrives", 0) != _REDRIVES.get())

    def add_unless_over(execution: Any, event_type: str, details: Any = None) -> Any:
        if event_type.startswith("Execution") or not is_over(execution):
            return add(execution, event_type, details)
        if event_type.endswith(_BEGINS):
            raise SystemExit("this thread runs an execution that ended")
        return {}

    def fail_unless_over(execution: Any, error: str, cause: str) -> None:
        if not is_over(execution):
            fail(execution, error, cause)

    stepfunctions._add_event = add_unless_over
    stepfunctions._fail_execution = fail_unless_over


class Redrives:
    """RedriveExecution, which the emulator lacks.

    AWS ("Restarting state machine executions with redrive"): the execution runs again under its own ARN, from the
    state that did not succeed, with that state's input and the variables. A Fail state is entered again, and fails.
    """

    def __init__(self, stepfunctions: Any) -> None:
        self._emulator = stepfunctions
        self._contexts: dict[str, dict[str, Any]] = {}

    def install(self) -> None:
        """Adds the operation to the emulator."""
        execute, handle = self._emulator._execute_task, self._emulator.handle_request

        def execute_and_remember(state_def: Any, raw_input: Any, execution: Any, ctx: Any) -> Any:
            self._contexts[execution["executionArn"]] = ctx
            return execute(state_def, raw_input, execution, ctx)

        async def handle_redrives_too(method: str, path: str, headers: Any, body: Any, query_params: Any) -> Any:
            if headers.get("x-amz-target", "").endswith(".RedriveExecution"):
                return self.redrive(json.loads(body)["executionArn"])
            return await handle(method, path, headers, body, query_params)

        self._emulator._execute_task = execute_and_remember
        self._emulator.handle_request = handle_redrives_too

    def redrive(self, arn: str) -> Any:
        """Lets an execution run again from the state that did not succeed."""
        execution = self._emulator._executions.get(arn)
        if not execution or execution["status"] not in _REDRIVABLE or arn not in self._contexts:
            return self._emulator.error_response_json("ExecutionNotRedrivable", "it did not fail", 400)
        entered = [one["stateEnteredEventDetails"] for one in execution["events"] if "stateEnteredEventDetails" in one]
        redrives = execution.get("redrives", 0) + 1
        execution.update(status=_RUNS, redrives=redrives, stopDate=None, output=None, error=None, cause=None)
        self._emulator._add_event(execution, "ExecutionRedriven", {"executionRedrivenEventDetails": {}})
        self._emulator._emit_execution_status_event(execution)
        ctx = copy.deepcopy(self._contexts[arn])
        ctx["Execution"]["RedriveCount"] = redrives
        own = contextvars.copy_context()
        own.run(_REDRIVES.set, redrives)
        threading.Thread(target=own.run, args=(self._run, execution, entered[-1], ctx), daemon=True).start()
        return self._emulator.json_response({"redriveDate": self._emulator.time.time()})

    def _run(self, execution: dict[str, Any], entered: Mapping[str, str], ctx: dict[str, Any]) -> None:
        """Runs a machine's states from one on, to the end."""
        states = json.loads(self._emulator._state_machines[execution["stateMachineArn"]]["definition"])["States"]
        name: str | None = entered["name"]
        given = json.loads(entered["input"])
        try:
            while name and execution["status"] == _RUNS:
                name, given = self._step(states[name], name, given, execution, ctx)
        except self._emulator._ExecutionError as error:
            self._emulator._fail_execution(execution, error.error, error.cause)
            return
        if execution["status"] == _RUNS:
            execution.update(status="SUCCEEDED", output=json.dumps(given), stopDate=self._emulator.now_iso())
            self._emulator._add_event(execution, "ExecutionSucceeded", {"executionSucceededEventDetails": {}})
            self._emulator._emit_execution_status_event(execution)

    def _step(self, state: Any, name: str, given: Any, execution: Any, ctx: dict[str, Any]) -> tuple[str | None, Any]:
        """Runs a state; returns the next one's name, and its input."""
        ctx["State"] = {"Name": name, "EnteredTime": self._emulator.now_iso(), "RetryCount": 0}
        entered = {"name": name, "input": json.dumps(given)}
        kind = state["Type"]
        self._emulator._add_event(execution, f"{kind}StateEntered", {"stateEnteredEventDetails": entered})
        match kind:
            case "Fail":
                raise self._emulator._ExecutionError(*self._emulator._fail_state_error(state, given, ctx))
            case "Succeed":
                return None, given
            case "Task":
                given, following = self._emulator._execute_task(state, given, execution, ctx)
            case _:
                given, following = getattr(self._emulator, f"_execute_{kind.lower()}")(state, given, ctx)
        exited = {"name": name, "output": json.dumps(given)}
        self._emulator._add_event(execution, f"{kind}StateExited", {"stateExitedEventDetails": exited})
        return following, given

"""The local cloud with faults: `python -m tests.support.faults.injection.engine PORT`.

Wraps the emulator's call of a task. A fault strikes a state of one of the two
machines, for one fare, at some of its attempts. Faults are read from the folder
named by FAULTS_FOLDER, a JSON file a fare, at every call; see `fault.py`.
"""

import contextvars
import json
import os
import sys
import threading
import uuid
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.support.bill.recorder import BILLED, Recorder
from tests.support.faults.injection.aws import WorstAws, change_events, show_ends_late
from tests.support.faults.injection.deliveries import Deliveries, NoDeliveries, saga_of
from tests.support.faults.injection.executions import Redrives, make_ends_final
from tests.support.faults.injection.fault import SAGA, Fault, called_mark, file_of, held_mark, struck_mark
from wild_rydes_saga.emulator.patches import patch_all
from wild_rydes_saga.emulator.server import serve

LONGEST_HOLD_SECONDS = 20


@dataclass(frozen=True)
class Call:
    """A task's call: of which machine, in which state, for which saga and fare."""

    execution_arn: str
    machine: str
    state: str
    saga_id: str
    fare_id: str


CALL: contextvars.ContextVar[Call | None] = contextvars.ContextVar("call", default=None)


@dataclass
class Engine:
    """Lets faults strike. One for each emulator."""

    emulator: Any
    folder: Path
    express: NoDeliveries = field(default_factory=NoDeliveries)
    struck: dict[str, int] = field(default_factory=dict)
    done: set[tuple[str, str, str]] = field(default_factory=set)
    waiting: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    changed: threading.Condition = field(default_factory=threading.Condition)

    def install(self) -> None:
        """Wraps the emulator's running of a task, to know its state, and its calling of a resource."""
        execute, invoke = self.emulator._execute_task, self.emulator._invoke_resource

        def execute_knowing_the_state(state_def: Any, raw_input: Any, execution: Any, ctx: Any) -> Any:
            CALL.set(self.identify(execution, ctx))
            return execute(state_def, raw_input, execution, ctx)

        def invoke_with_faults(resource: str, arguments: Any) -> Any:
            call = CALL.get()

            def make(changed: Any = None) -> Any:
                try:
                    return invoke(resource, changed or arguments)
                finally:
                    self.note(call)

            fault = self.fault_for(call)
            return self.strike(fault, call, arguments, make) if fault and call else make()

        self.emulator._execute_task = execute_knowing_the_state
        self.emulator._invoke_resource = invoke_with_faults

    def identify(self, execution: dict[str, Any], ctx: dict[str, Any]) -> Call | None:
        """Finds out which saga and fare a task is about; None if it is about none."""
        machine = execution["stateMachineArn"].rpartition("-")[2]
        saga: dict[str, Any] | None = execution
        if machine == "recovery":
            given = json.loads(execution["input"])
            arn = given.get("executionArn") if isinstance(given, dict) else None
            saga = self.emulator._executions.get(arn if isinstance(arn, str) else None) or self.express.of(arn)
        fare = json.loads(saga["input"]) if saga else None
        if not saga or not isinstance(fare, dict):
            return None
        names = {"completed": "saga", "express": "saga", "recovery": "recovery"}
        saga_id = saga_of(saga["executionArn"]) if saga.get("express") else saga["executionArn"]
        kind, state = names.get(machine, machine), ctx["State"]["Name"]
        return Call(execution["executionArn"], kind, state, saga_id, str(fare.get("fareId")))

    def fault_for(self, call: Call | None) -> Fault | None:
        """The first fault set for the call that has not struck often enough yet."""
        if call is None:
            return None
        try:
            written = file_of(self.folder, call.fare_id).read_text(encoding="utf-8")
        except FileNotFoundError:
            return None
        for fault in (Fault(**one) for one in json.loads(written)):
            if fault.machine in (None, call.machine) and fault.state == call.state and self.counts(fault, call.fare_id):
                return fault
        return None

    def counts(self, fault: Fault, fare_id: str) -> bool:
        """Counts a strike; returns whether the fault still had one left."""
        mark = struck_mark(self.folder, fare_id, fault)
        with self.changed:
            count = self.struck[mark.name] = self.struck.get(mark.name, 0) + 1
        strikes = fault.times is None or count <= fault.times
        if strikes:
            mark.touch()
        return strikes

    def strike(self, fault: Fault, call: Call, arguments: Any, make: Any) -> Any:
        """Lets the fault strike; returns what the state then sees, or raises it."""
        error = self.emulator._ExecutionError(fault.error, "injected")
        match fault.kind:
            case "error":
                return self.fail(fault, error, make)
            case "clean":
                return self.refuse(fault, error, arguments, make)
            case "stop":
                return self.stop(fault, call, error, make)
            case "hold":
                return self.hold(fault, call, make)
            case "late":
                threading.Thread(
                    target=contextvars.copy_context().run, args=(self.hold, fault, call, make), daemon=True
                ).start()
                raise error
            case "twice":
                with ThreadPoolExecutor(2) as pool:
                    calls = [pool.submit(contextvars.copy_context().run, make) for _ in range(2)]
                return calls[1].result()
            case "twin" | "beside" | "rerun":
                return self.deliver_again(fault, call, make)
        raise ValueError(f"there is no fault of the kind {fault.kind}")

    def fail(self, fault: Fault, error: Exception, make: Any) -> Any:
        """The call fails: it is not made, or made and its answer is lost, whatever it was."""
        if fault.after:
            self.swallow(make)
        raise error

    def refuse(self, fault: Fault, error: Exception, arguments: Any, make: Any) -> Any:
        """The real handler refuses, as a customerId's suffix asks it to; its answer arrives, or is lost."""
        asked = json.loads(json.dumps(arguments))
        asked["Payload"]["customerId"] += fault.suffix
        if not fault.after:
            return make(asked)
        self.swallow(lambda: make(asked))
        raise error

    def stop(self, fault: Fault, call: Call, error: Exception, make: Any) -> Any:
        """The execution is stopped before the call, after it, or while it is under way."""
        if fault.until is not None:
            self.end(call)
            return self.hold(fault, call, make)
        if not fault.after:
            self.end(call)
            raise error
        answer = make()
        self.end(call)
        return answer

    def deliver_again(self, fault: Fault, call: Call, make: Any) -> Any:
        """AWS delivers an Express execution a second time: before the call, or after it."""
        execution = self.emulator._executions[call.execution_arn]
        answer = make() if fault.after else None
        if fault.kind == "rerun":
            self.express.cut_off(execution)
        second = self.express.again(execution)
        if fault.kind == "twin":
            second.join()
        if fault.after:
            return answer
        if fault.kind == "rerun":
            raise self.emulator._ExecutionError("States.Timeout", "the execution was cut off")
        return make()

    def end(self, call: Call) -> None:
        """Stops the execution, as StopExecution does; cuts off one on Express, which nobody can stop."""
        execution = self.emulator._executions.get(call.execution_arn)
        if execution and execution.get("express"):
            self.express.cut_off(execution)
        else:
            self.emulator._stop_execution({"executionArn": call.execution_arn})

    def hold(self, fault: Fault, call: Call, make: Any) -> Any:
        """Makes the call right after another state's call, or when that has not come for long."""
        mark = held_mark(self.folder, uuid.uuid4().hex)
        mark.touch()
        key = (call.saga_id, *(fault.until or ("", "")))
        try:
            with self.changed:
                self.waiting[key] += 1
                self.changed.wait_for(lambda: key in self.done, timeout=LONGEST_HOLD_SECONDS)
            return make()
        finally:
            with self.changed:
                self.waiting[key] -= 1
                self.changed.notify_all()
            mark.unlink()

    def note(self, call: Call | None) -> None:
        """Notes that a call was made, and lets those that wait for it make theirs before anything else happens."""
        if call is None:
            return
        key = (call.saga_id, call.machine, call.state)
        if call.machine == SAGA:
            called_mark(self.folder, call.saga_id, call.state).touch()
        with self.changed:
            self.done.add(key)
            self.changed.notify_all()
            self.changed.wait_for(lambda: self.waiting[key] == 0, timeout=LONGEST_HOLD_SECONDS)

    @staticmethod
    def swallow(make: Any) -> None:
        """Makes a call whose answer is lost."""
        try:
            make()
        except Exception as lost:  # whatever it is
            del lost


def inject_faults() -> None:
    """Patches the emulator, then lets the faults of the folder strike."""
    patch_all()
    from ministack import app
    from ministack.services import stepfunctions

    folder = Path(os.environ["FAULTS_FOLDER"])
    make_ends_final(stepfunctions)
    Recorder(folder / BILLED).install()
    Redrives(stepfunctions).install()
    deliveries = Deliveries(stepfunctions._start_sync_execution.__self__, folder)
    deliveries.install()
    Engine(stepfunctions, folder, deliveries).install()
    change_events(stepfunctions, folder)
    show_ends_late(stepfunctions, folder)
    app.app = WorstAws(app.app, folder)


if __name__ == "__main__":
    serve(int(sys.argv[1]), before=inject_faults)

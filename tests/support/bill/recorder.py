"""Records what AWS would bill, in the emulator's own process: a JSON line a call in the folder of the faults."""

import contextvars
import functools
import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

BILLED: Final = "billed.jsonl"
"""The file of the lines, in the folder of the faults."""
EVENT_BYTES: Final = 26
"""What CloudWatch Logs adds to each event (AWS, "PutLogEvents")."""
_WRITES: Final = ("put_item", "update_item", "delete_item", "transact_write_items")
_READS: Final = ("get_item", "batch_get_item", "transact_get_items")
_SCHEDULED_ROWS: Final = "lock#"
"""How the keys begin of rows that a schedule writes, whatever rides there are."""
_START_SLEEP_SECONDS: Final = 0.15
"""The emulator sleeps so long before it begins an execution."""
_ENDED_BADLY: Final = ("Failed", "TimedOut", "Aborted")
_TIME: Final = "handler took ms: "
_GET_HANDLER: Final = "handler_fn = getattr(mod, handler_name)"
_TIMED: Final = f"""
        def timed(handler):
            def run_timed(event, context):
                began = time.perf_counter()
                try:
                    return handler(event, context)
                finally:
                    print("{_TIME}" + str((time.perf_counter() - began) * 1000))
            return run_timed
        handler_fn = timed(getattr(mod, handler_name))"""
"""What the emulator's worker runs instead: the time of the handler, and of nothing that the emulator adds."""
_DATA: Final = frozenset({"input", "output", "parameters", "inputDetails", "outputDetails"})
"""Parts of an event that a log without execution data leaves out."""

_ours: Final[contextvars.ContextVar[bool]] = contextvars.ContextVar("ours", default=True)
"""Whether a call is a handler's or a machine's, and not a test's."""


@dataclass(frozen=True)
class Recorder:
    """Writes the lines."""

    file: Path
    lock: threading.Lock = field(default_factory=threading.Lock)

    def write(self, of: str, **facts: object) -> None:
        """Writes what AWS bills for one call."""
        with self.lock, self.file.open("a", encoding="utf-8") as lines:
            lines.write(json.dumps({"of": of, **facts}) + "\n")

    def install(self) -> None:
        """Wraps the emulator's functions that do what AWS bills."""
        from ministack.core import lambda_runtime  # noqa: PLC0415  # see pyproject
        from ministack.services import dynamodb, eventbridge, lambda_svc, sns, sqs, stepfunctions  # noqa: PLC0415  # see pyproject

        for name in (*_WRITES, *_READS):
            setattr(dynamodb, f"_{name}", self._capacity(name, getattr(dynamodb, f"_{name}")))
        dynamodb.handle_request = _knowing_the_caller(dynamodb.handle_request)
        sqs.handle_request = _knowing_the_caller(sqs.handle_request)
        lambda_runtime._PYTHON_WORKER_SCRIPT = _with_times(lambda_runtime._PYTHON_WORKER_SCRIPT)
        lambda_svc._execute_function_warm = self._invocations(lambda_svc._execute_function_warm)
        sns._publish = self._counted("sns", sns._publish)
        sns._deliver_to_sqs = self._counted("sqs", sns._deliver_to_sqs)
        eventbridge._dispatch_to_sqs = self._counted("sqs", eventbridge._dispatch_to_sqs)
        sqs._act_send_message = self._counted("sqs", sqs._act_send_message)
        sqs._HANDLERS["SendMessage"] = sqs._act_send_message
        stepfunctions._run_execution = self._executions(stepfunctions, stepfunctions._run_execution)

    def _counted(self, of: str, call: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(call)
        def counted(*arguments: Any, **options: Any) -> Any:
            if _ours.get():
                self.write(of)
            return call(*arguments, **options)

        return counted

    def _capacity(self, name: str, call: Callable[..., Any]) -> Callable[..., Any]:
        """Asks each call for its capacity, and takes it out of the answer again."""
        kind = "write" if name in _WRITES else "read"
        operation = "".join(part.capitalize() for part in name.split("_"))

        def recorded(data: dict[str, Any]) -> Any:
            if not _ours.get() or "ReturnConsumedCapacity" in data or _is_of_schedule(data):
                return call(data)
            status, headers, body = call({**data, "ReturnConsumedCapacity": "INDEXES"})
            answer = json.loads(body) if body else {}
            found = answer.pop("ConsumedCapacity", None)
            units = _units(found) if found else _units_without_report(data)
            for table, count in units.items():
                self.write("dynamodb", operation=operation, table=table, kind=kind, units=count)
            return status, headers, json.dumps(answer).encode() if found else body

        return recorded

    def _invocations(self, call: Callable[..., Any]) -> Callable[..., Any]:
        def recorded(func: dict[str, Any], event: Any, *more: Any) -> Any:
            result = call(func, event, *more)
            log = str(result.get("log") or "").splitlines()
            times = [float(line.removeprefix(_TIME)) for line in log if line.startswith(_TIME)]
            lines = [line for line in log if not line.startswith(_TIME)]
            result["log"] = "\n".join(lines)
            config = func.get("config") or func
            self.write(
                "lambda",
                function=config["FunctionName"],
                memory_mb=int(config.get("MemorySize", 128)),
                ms=times[-1] if times else None,
                messages=len(event.get("Records", ())) if isinstance(event, dict) else 0,
                lines=len(lines),
                bytes=sum(len(line.encode()) + EVENT_BYTES for line in lines),
            )
            return result

        return recorded

    def _executions(self, emulator: Any, run: Callable[[str], None]) -> Callable[[str], None]:
        def recorded(arn: str) -> None:
            _ours.set(True)
            began = time.perf_counter()
            run(arn)
            seconds = time.perf_counter() - began - _START_SLEEP_SECONDS
            execution = emulator._executions[arn]
            machine = emulator._state_machines.get(execution["stateMachineArn"], {})
            events = execution.get("events", [])
            self.write(
                "execution",
                machine=machine.get("name", ""),
                express=machine.get("type") == "EXPRESS",
                ms=seconds * 1000,
                transitions=_transitions(events),
                logged_all=sum(_logged(arn, events, all_of_them=True)),
                logged_errors=sum(_logged(arn, events, all_of_them=False)),
            )

        return recorded


def _knowing_the_caller(handle: Callable[..., Any]) -> Callable[..., Any]:
    """Handlers use botocore by itself; tests use boto3."""

    async def handled(method: str, path: str, headers: Mapping[str, str], *more: Any) -> Any:
        _ours.set(headers.get("user-agent", "").startswith("Botocore/"))
        return await handle(method, path, headers, *more)

    return handled


def _with_times(worker: str) -> str:
    if worker.count(_GET_HANDLER) != 1:
        raise RuntimeError("the emulator's Python worker has changed: install the pinned ministack")
    return worker.replace(_GET_HANDLER, _TIMED.strip())


def _is_of_schedule(data: Mapping[str, Any]) -> bool:
    return any(next(iter(value.values())).startswith(_SCHEDULED_ROWS) for value in data.get("Key", {}).values())


def _units(capacity: Any) -> dict[str, float]:
    """By table, the units that an answer reports, its indexes included."""
    reports = capacity if isinstance(capacity, list) else [capacity]
    return {report["TableName"]: float(report["CapacityUnits"]) for report in reports}


def _units_without_report(data: Mapping[str, Any]) -> dict[str, float]:
    """A write that its condition refuses costs as much: rows here are below a kilobyte (AWS, "Condition expressions").

    A transaction costs double for each of its items, and a consistent read one unit for each of its keys.
    """
    units = {table: float(len(asked["Keys"])) for table, asked in data.get("RequestItems", {}).items()}
    writes = [next(iter(item.values())) for item in data.get("TransactItems", [])]
    for write in writes:
        units[write["TableName"]] = units.get(write["TableName"], 0.0) + 2.0
    return units or ({data["TableName"]: 1.0} if "TableName" in data else {})


def _transitions(events: list[dict[str, Any]]) -> int:
    """States entered, and each retry of a task, as Step Functions bills them."""
    entered = sum("stateEnteredEventDetails" in event for event in events)
    tasks = sum(event["type"] == "TaskStateEntered" for event in events)
    scheduled = sum(event["type"].endswith("Scheduled") for event in events)
    retries: int = max(0, scheduled - tasks)
    return entered + retries


def _logged(arn: str, events: list[dict[str, Any]], *, all_of_them: bool) -> Iterator[int]:
    """The bytes of the events that a machine logs, as AWS writes them, without execution data."""
    for event in events:
        if not all_of_them and not event["type"].endswith(_ENDED_BADLY):
            continue
        parts = [value for name, value in event.items() if name.endswith("Details") and isinstance(value, dict)]
        details = {name: value for part in parts for name, value in part.items() if name not in _DATA}
        line = {
            "id": str(event.get("id")),
            "type": event["type"],
            "details": details,
            "previous_event_id": str(event.get("previousEventId", 0)),
            "event_timestamp": "1700000000000",
            "execution_arn": arn,
            "redrive_count": "0",
        }
        yield len(json.dumps(line, separators=(",", ":"), default=str).encode()) + EVENT_BYTES

"""What can go wrong with a task, as data: written by the tests, read by the engine."""

import hashlib
import json
import uuid
from dataclasses import asdict, dataclass, field
from pathlib import Path

SAGA = "saga"
RECOVERY = "recovery"


@dataclass(frozen=True, kw_only=True)
class Fault:
    """One fault of one state.

    Attributes:
        state: The state that it strikes.
        kind: `error`: the call fails. `clean`: the real handler refuses. `stop`: the execution is
            stopped. `late`: the call is made when it is too late. `hold`: the call is made, and waited for, when
            another was made. `twice`: the call is made twice at once. Of an Express execution, which is delivered
            again: `twin`: the first delivery waits for the second one's end. `beside`: it does not. `rerun`: it is
            cut off first.
        error: The error's name, where the state sees one.
        after: Whether the effect has happened when the fault strikes.
        times: How many attempts it strikes; None for every one.
        machine: `saga` or `recovery`; None for both.
        suffix: What a `clean` fault adds to the customerId.
        until: For `late`, `hold`, and a `stop` while the call is under way: machine and state of the call that
            comes first.
        fault_id: Its own.
    """

    state: str
    kind: str = "error"
    error: str = "RuntimeError"
    after: bool = False
    times: int | None = None
    machine: str | None = SAGA
    suffix: str = ""
    until: tuple[str, str] | None = None
    fault_id: str = field(default_factory=lambda: uuid.uuid4().hex)


def new_fare_id() -> str:
    """A fare that no ride has had."""
    return f"fare-{uuid.uuid4().hex[:16]}"


def file_of(folder: Path, fare_id: str) -> Path:
    """Where the faults of a fare are kept."""
    return folder / f"{hashlib.sha256(fare_id.encode()).hexdigest()[:32]}.json"


def set_faults(folder: Path, fare_id: str, *faults: Fault) -> None:
    """Sets a fare's faults, in place of those set before."""
    new = folder / f"{uuid.uuid4().hex}.new"
    new.write_text(json.dumps([asdict(fault) for fault in faults]), encoding="utf-8")
    new.replace(file_of(folder, fare_id))


def held_mark(folder: Path, call_id: str) -> Path:
    """The mark of a call that is being held."""
    return folder / f"{call_id}.held"


def struck_mark(folder: Path, fare_id: str, fault: Fault) -> Path:
    """The mark of a fault that has struck a ride of the fare."""
    return file_of(folder, fare_id).with_suffix(f".{fault.fault_id}.struck")


def called_mark(folder: Path, saga_id: str, state: str) -> Path:
    """The mark of a ride whose own machine has made a state's call."""
    return folder / f"{hashlib.sha256(saga_id.encode()).hexdigest()[:32]}.{state}.called"


def calls_are_held(folder: Path) -> bool:
    """Returns whether a call is being held."""
    return any(folder.glob("*.held"))

"""A ride's execution: what a list of AWS has of it, and what its description says."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from lambda_src.fare import FARE_FIELDS
from lambda_src.recovery.work.open_ride import INVALID

RUNNING: Final = "RUNNING"


@dataclass(frozen=True)
class Execution:
    """A ride's execution, as AWS lists it."""

    saga_id: str
    machine: str
    status: str
    started: datetime
    stopped: datetime | None

    @property
    def name(self) -> str:
        """Its name."""
        return self.saga_id.removesuffix(INVALID).rpartition(":")[2]

    @property
    def is_running(self) -> bool:
        """Whether it runs."""
        return self.status == RUNNING


@dataclass(frozen=True, kw_only=True)
class Described:
    """What an execution's description says, without its card: it is read once, since an ended one never changes."""

    status: str
    fare: Mapping[str, str]
    error: str
    cause: str


def execution_of(answer: Mapping[str, Any]) -> Execution:
    """Reads one from an answer of AWS."""
    return Execution(
        saga_id=answer["executionArn"],
        machine=answer["stateMachineArn"],
        status=answer["status"],
        started=answer["startDate"],
        stopped=answer.get("stopDate"),
    )


def described(answer: Mapping[str, Any]) -> Described:
    """Reads a description, and keeps no more of the input than the valid fields of the fare."""
    try:
        given = json.loads(answer.get("input", ""))
    except (ValueError, RecursionError):
        given = None
    return Described(
        status=str(answer["status"]),
        fare=fare_of(given if isinstance(given, dict) else {}),
        error=str(answer.get("error") or ""),
        cause=str(answer.get("cause") or ""),
    )


def fare_of(fields: Mapping[str, Any]) -> Mapping[str, str]:
    """The fare's fields of an input or of a row."""
    return {name: str(fields[name]) for name in FARE_FIELDS if isinstance(fields.get(name), str)}

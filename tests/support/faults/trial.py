"""A ride to start with what must go wrong, and a ride that was started."""

import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from tests.support.faults.injection.fault import Fault

OTHER_SAGA: Final = "another"
"""The id of a saga that no machine runs: rows that are there before a ride starts are its own."""


@dataclass(frozen=True, kw_only=True)
class Trial:
    """A ride to start, with what must go wrong.

    Attributes:
        label: What goes wrong, for a person.
        faults: What goes wrong.
        fare_id: The fare; a new one if empty.
        customer_id: The customer; a new one if empty.
        changed: Fields of the input that differ from the lab's; None leaves one out.
        rows_before: By output that names a table, a row to write before the ride starts, made from the fareId.
        by_itself: Whether the ride must end without its recovery.
        may_park: Whether the recovery may give up.
        must_report: The error that the message of the failure must name; empty for any.
        crowd: How many rides of that fare start at once.
        again: Whether every call of the ride is made once more after its end.
        delivered_again: Whether the execution is delivered once more after the ride's end, with another start time.
        express: By ride of the crowd, whether it is on Express; empty for all on the campaign's machine.
        recovered_meanwhile: Whether a recovery is started by hand while the ride runs.
    """

    label: str
    faults: Sequence[Fault] = ()
    fare_id: str = ""
    customer_id: str = ""
    changed: Mapping[str, Any] = field(default_factory=dict)
    rows_before: Mapping[str, Callable[[str], Mapping[str, str]]] = field(default_factory=dict)
    by_itself: bool = False
    may_park: bool = False
    must_report: str = ""
    crowd: int = 1
    again: bool = False
    delivered_again: bool = False
    express: Sequence[bool] = ()
    recovered_meanwhile: bool = False


@dataclass(frozen=True, kw_only=True)
class StartedRide:
    """A ride that was started, and what it was asked for.

    Attributes:
        saga_id: Its execution's ARN.
        fare_id: The fare.
        customer_id: The customer whose account is credited.
        amount_minor: The fare's amount.
        label: What went wrong with it, for a person.
        by_itself: Whether its own machine must have finished it, without its recovery.
        may_park: Whether its recovery may have given up.
        must_report: The error that the message of its failure must name; empty for any.
    """

    saga_id: str
    fare_id: str
    customer_id: str
    amount_minor: int
    label: str = ""
    by_itself: bool = False
    may_park: bool = False
    must_report: str = ""


def _locked(fare_id: str) -> dict[str, str]:
    """The row of a fare that another saga rides."""
    return {"fareId": fare_id, "sagaId": OTHER_SAGA, "fareStatus": "pending", "startTime": "2026-01-01T00:00:00.000Z"}


def declined() -> Trial:
    """The card is declined."""
    return Trial(label="declined", customer_id=f"{uuid.uuid4().hex}_fail_auth", by_itself=True)


def refused() -> Trial:
    """Another saga rides the fare."""
    return Trial(label="refused", rows_before={"FaresTableName": _locked}, by_itself=True)


def rolled_back() -> Trial:
    """The account refuses the credit, and the charge is undone."""
    return Trial(label="rolled back", customer_id=f"{uuid.uuid4().hex}_fail_credit", by_itself=True)

"""What a judge of a step declares: how to read its service's rows, and how to force its clean failures."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from tests.support.faults.trial import StartedRide

Row = Mapping[str, Any]
Tables = Mapping[str, Sequence[Row]]
"""Rows, by the stack's output that names their table."""


class Effect(StrEnum):
    """What a step has left of itself for one ride."""

    NOTHING = "nothing"
    """There is no trace of the step."""
    DONE = "done"
    UNDONE = "undone"
    """It was undone, or its row is closed and it can never be done."""


@dataclass(frozen=True)
class Problem:
    """Something in a service's rows that must not be, whatever the ride came to."""

    rule: str
    what: str


@dataclass(frozen=True)
class Evidence:
    """All that a judge may read.

    Attributes:
        ride: The ride.
        rows: The ride's rows in the tables of the judge.
        outcome: What the messages report: `completed`, `failed`, `refused`; None if they report nothing, or two things.
        parked: What an operator was sent, if the ride's recovery gave up.
    """

    ride: StartedRide
    rows: Tables
    outcome: str | None = None
    parked: Sequence[Row] = ()

    def row(self, table: str) -> Row | None:
        """The ride's row of a table that has one row for each saga."""
        return next(iter(self.rows.get(table, ())), None)


@dataclass(frozen=True)
class Judgement:
    """What a judge says of a step and a ride.

    Attributes:
        effect: What the step has left; None if the service's rows do not say it.
        kept_minor: The money that the service keeps for the ride, in minor units; None if it moves no money.
        problems: What else is wrong with the rows.
    """

    effect: Effect | None
    kept_minor: int | None = None
    problems: Iterable[Problem] = ()


@dataclass(frozen=True)
class CustomerSuffix:
    """The real handler refuses a call whose customerId ends like this."""

    text: str


@dataclass(frozen=True)
class WrongInput:
    """The step refuses a ride whose input has these fields."""

    fields: Mapping[str, Any]


@dataclass(frozen=True)
class RowBefore:
    """The step refuses a ride that finds this row, made from the fareId, in a table."""

    table: str
    row: Callable[[str], Mapping[str, str]]


Forced = CustomerSuffix | WrongInput | RowBefore
"""What brings a clean failure about."""


def _no_totals(tables: Tables) -> Iterable[Problem]:
    del tables
    return ()


@dataclass(frozen=True, kw_only=True)
class StepJudge:
    """How to judge one step of the saga. Each module of this folder holds one, as `JUDGE`.

    Attributes:
        action: State name of the step's action.
        tables: The stack's outputs that name the tables which its judgement is read from.
        judge: Says what the step has left of a ride.
        forces: By clean failure, as the ride reports it, what brings it about.
        totals: Says what is wrong with the tables as a whole.
    """

    action: str
    tables: Sequence[str]
    judge: Callable[[Evidence], Judgement]
    forces: Mapping[str, Forced] = field(default_factory=dict)
    totals: Callable[[Tables], Iterable[Problem]] = _no_totals

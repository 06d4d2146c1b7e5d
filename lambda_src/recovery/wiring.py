"""What the recovery's functions read and start, put together from their environment."""

import functools
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from botocore.exceptions import ClientError

from lambda_src import dynamodb, environment
from lambda_src.dynamodb import Row
from lambda_src.errors import NotAnExecution
from lambda_src.recovery.execution import Event
from lambda_src.sdk import make_client

_READ_TIMEOUT_SECONDS: Final = 4
_EVENTS_A_PAGE: Final = 1000
_PARTS_OF_AN_ARN: Final = 7
"""Of a machine's; an eighth is its version or alias."""
_NAME: Final = re.compile(r"[^:\s]{1,80}")


def _unqualified(machine_arn: str) -> str:
    return ":".join(machine_arn.split(":")[:_PARTS_OF_AN_ARN])


def _is_of(machine_arn: str, arn: object) -> bool:
    start = machine_arn.replace(":stateMachine:", ":execution:") + ":"
    return isinstance(arn, str) and arn.startswith(start) and _NAME.fullmatch(arn.removeprefix(start)) is not None


@functools.cache
def step_functions() -> Any:
    """The one Step Functions client of this execution environment."""
    return make_client("stepfunctions", read_timeout_seconds=_READ_TIMEOUT_SECONDS)


class Asked(NamedTuple):
    """What an ARN stands for.

    Attributes:
        arn: The saga's execution; the recovery itself if it handed over.
        recoveries: How many recoveries in a row it names.
        handed_over: Whether it is a recovery's that ended on purpose: a person goes on.
    """

    arn: str
    recoveries: int
    handed_over: bool


@dataclass(frozen=True)
class Executions:
    """The executions of the saga, and those of its recovery.

    Attributes:
        machine_arn: The saga's machine.
        recovery_arn: The recovery's machine.
    """

    machine_arn: str
    recovery_arn: str

    def saga(self, arn: object, handed_over: Sequence[str] = ()) -> "Asked":
        """Finds the saga's execution that an ARN stands for.

        It is that execution's own, or that of a recovery which was given it, or
        which was given a recovery's in turn.

        Args:
            arn: The ARN.
            handed_over: Errors with which a recovery ends on purpose: of what such a one was given, nothing is asked.

        Raises:
            NotAnExecution: It is neither, or the recovery was not given one.
        """
        recoveries: set[str] = set()
        while _is_of(self.recovery_arn, arn) and arn not in recoveries:
            recovery = self._described(str(arn)) or {}
            if not recoveries and recovery.get("error") in handed_over:
                return Asked(str(arn), 0, handed_over=True)
            recoveries.add(str(arn))
            arn = _given_to(recovery)
        if _is_of(self.machine_arn, arn):
            return Asked(str(arn), len(recoveries), handed_over=False)
        raise NotAnExecution(f"executionArn must be the ARN of an execution of {self.machine_arn.rpartition(':')[2]}")

    def find(self, arn: str) -> tuple[dict[str, Any], Sequence[Event]] | None:
        """Returns an execution's description and all its history, oldest first; None if it is not there."""
        description = self._described(arn)
        if description is None:
            return None
        try:
            return description, list(self._history(arn))
        except ClientError as error:
            if error.response["Error"]["Code"] == "ExecutionDoesNotExist":
                return None
            raise

    @staticmethod
    def _described(arn: str) -> dict[str, Any] | None:
        """An execution's description; None if it is not there."""
        try:
            description: dict[str, Any] = step_functions().describe_execution(executionArn=arn)
        except ClientError as error:
            if error.response["Error"]["Code"] == "ExecutionDoesNotExist":
                return None
            raise
        return description

    @staticmethod
    def _history(arn: str) -> list[Event]:
        pages = step_functions().get_paginator("get_execution_history")
        found = pages.paginate(
            executionArn=arn, includeExecutionData=False, PaginationConfig={"PageSize": _EVENTS_A_PAGE}
        )
        return [event for page in found for event in page["events"]]


def _given_to(recovery: Mapping[str, Any]) -> object:
    """What a recovery was asked to look at, by its description."""
    try:
        given = json.loads(recovery["input"])
    except (KeyError, ValueError, RecursionError):
        return None
    return given.get("executionArn") if isinstance(given, dict) else None


@dataclass(frozen=True)
class Books:
    """What the tables say of a ride; read strongly consistent."""

    fares: str
    payments: str
    accounts: str

    def fare(self, fare_id: str) -> Row | None:
        """The fare's row."""
        return dynamodb.read(self.fares, {"fareId": fare_id})

    def payment(self, saga_id: str) -> Row | None:
        """The saga's row in the payments ledger."""
        return dynamodb.read(self.payments, {"sagaId": saga_id})

    def account(self, saga_id: str) -> Row | None:
        """The saga's row in the accounts ledger."""
        return dynamodb.read(self.accounts, {"accountKey": f"saga#{saga_id}"})


def executions(machine_arn: str, recovery_arn: str) -> Executions:
    """The executions of the two machines; their ARNs may name a version or an alias, which is none of its matter."""
    return Executions(_unqualified(machine_arn), _unqualified(recovery_arn))


def books() -> Books:
    """The services' tables."""
    return Books(
        environment.required(environment.FARES_TABLE),
        environment.required(environment.PAYMENTS_TABLE),
        environment.required(environment.ACCOUNTS_TABLE),
    )

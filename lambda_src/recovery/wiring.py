"""What the recovery's functions read and start, put together from their environment."""

import functools
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from botocore.exceptions import ClientError

from lambda_src import dynamodb, environment
from lambda_src.dynamodb import Row
from lambda_src.errors import NotAnExecution
from lambda_src.recovery.execution import Event
from lambda_src.recovery.work.open_ride import INVALID
from lambda_src.recovery.work.work_list import WorkList
from lambda_src.sdk import busy_named, make_client

_READ_TIMEOUT_SECONDS: Final = 4
_EVENTS_A_PAGE: Final = 1000
_PARTS_OF_AN_ARN: Final = 7
"""Of a machine's; an eighth is its version or alias."""
_EXPRESS: Final = ":express:"
_NAME: Final = re.compile(r"[^:\s]{1,80}")


def unqualified(machine_arn: str) -> str:
    """The ARN of a machine without its version or alias."""
    return ":".join(machine_arn.split(":")[:_PARTS_OF_AN_ARN])


def is_execution_of(machine_arn: str, arn: object) -> bool:
    """Tells whether an ARN is that of an execution of a machine; of an Express machine's, without its last part."""
    if not isinstance(arn, str):
        return False
    start = machine_arn.replace(":stateMachine:", _EXPRESS if is_express(arn) else ":execution:") + ":"
    name = arn.removesuffix(INVALID).removeprefix(start)
    return arn.startswith(start) and _NAME.fullmatch(name) is not None


def is_express(saga_id: str) -> bool:
    """Tells whether a saga runs, or ran, on an Express machine: Step Functions does not know its execution."""
    return _EXPRESS in saga_id


@functools.cache
def step_functions() -> Any:
    """The one Step Functions client of this execution environment."""
    return make_client("stepfunctions", read_timeout_seconds=_READ_TIMEOUT_SECONDS)


@functools.cache
def sqs() -> Any:
    """The one SQS client of this execution environment."""
    return make_client("sqs")


def messages_to_record() -> bool:
    """Tells whether messages of rides that ended badly wait for their reader.

    Those that it is reading do not count: on a busy day there always are some, and a ride waits for longer than
    reading takes anyway.
    """
    name = "ApproximateNumberOfMessages"
    answer = sqs().get_queue_attributes(
        QueueUrl=environment.required(environment.OUTCOMES_QUEUE_URL), AttributeNames=[name]
    )
    return int(answer["Attributes"][name]) > 0


@dataclass(frozen=True)
class Executions:
    """The executions of the machines that ride.

    Attributes:
        machine_arns: Those machines, without a version or an alias.
    """

    machine_arns: Sequence[str]

    def checked(self, arn: object) -> str:
        """Returns the ARN; raises `NotAnExecution` if it is not that of an execution of these machines."""
        if isinstance(arn, str) and any(is_execution_of(machine, arn) for machine in self.machine_arns):
            return arn
        names = " or ".join(machine.rpartition(":")[2] for machine in self.machine_arns)
        raise NotAnExecution(f"executionArn must be the ARN of an execution of {names}")

    def find(self, arn: str) -> tuple[dict[str, Any], Sequence[Event]] | None:
        """Returns an execution's description and all its history, oldest first; None if AWS does not have it.

        Raises:
            ServiceBusy: Step Functions refused the call for now, or did not answer in time.
        """
        try:
            with busy_named():
                return step_functions().describe_execution(executionArn=arn), list(self._history(arn))
        except ClientError as error:
            if error.response["Error"]["Code"] == "ExecutionDoesNotExist":
                return None
            raise

    @staticmethod
    def _history(arn: str) -> list[Event]:
        pages = step_functions().get_paginator("get_execution_history")
        found = pages.paginate(
            executionArn=arn, includeExecutionData=False, PaginationConfig={"PageSize": _EVENTS_A_PAGE}
        )
        return [event for page in found for event in page["events"]]


@dataclass(frozen=True)
class Books:
    """What the tables say of a ride; read strongly consistent."""

    fares: str
    payments: str
    accounts: str
    outcomes: str

    def fare(self, fare_id: str) -> Row | None:
        """The fare's row."""
        return dynamodb.read(self.fares, {"fareId": fare_id})

    def payment(self, saga_id: str) -> Row | None:
        """The saga's row in the payments ledger."""
        return dynamodb.read(self.payments, {"sagaId": saga_id})

    def account(self, saga_id: str) -> Row | None:
        """The saga's row in the accounts ledger."""
        return dynamodb.read(self.accounts, {"accountKey": f"saga#{saga_id}"})

    def ride(self, saga_id: str) -> Row | None:
        """The saga's row in the outcomes table."""
        return dynamodb.read(self.outcomes, {"sagaId": saga_id})


def executions(machine_arns: Sequence[str]) -> Executions:
    """The executions of machines; their ARNs may name a version or an alias, which an execution's does not."""
    return Executions([unqualified(one) for one in machine_arns])


def execution_machines() -> Sequence[str]:
    """The machines whose executions are recovered."""
    return environment.required(environment.MACHINE_ARNS).split(",")


def work_list() -> WorkList:
    """The list of rides to recover."""
    return WorkList(environment.required(environment.OUTCOMES_TABLE), environment.required(environment.WORK_INDEX))


def books() -> Books:
    """The services' tables."""
    return Books(
        environment.required(environment.FARES_TABLE),
        environment.required(environment.PAYMENTS_TABLE),
        environment.required(environment.ACCOUNTS_TABLE),
        environment.required(environment.OUTCOMES_TABLE),
    )

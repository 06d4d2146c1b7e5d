"""Reports on one ride: its execution, its recovery, the tables and the gateway's book. Never its card."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from wild_rydes_saga.deployed.account import Account
from wild_rydes_saga.deployed.errors import OperatorError
from wild_rydes_saga.deployed.operations.executions import Run, describe, read_run
from wild_rydes_saga.deployed.operations.express_runs import express_run, is_express
from wild_rydes_saga.deployed.operations.open_rides import scan_fares
from wild_rydes_saga.deployed.operations.parked import Parked, parked_rides
from wild_rydes_saga.deployed.rides import Rides
from wild_rydes_saga.deployed.stacks import Outputs

RIDDEN: Final = ("FareSagaArn", "StartHereArn")
"""The outputs that name the machines whose executions are rides."""
EXPRESS: Final = "ExpressSagaArn"
"""The output that names the Express machine."""
_NAME: Final = re.compile(r"[^:\s]{1,80}")

Row = Mapping[str, str]


@dataclass(frozen=True, kw_only=True)
class RideReport:
    """The facts about a ride.

    Attributes:
        saga_id: Its execution.
        run: The history of the execution; None if AWS does not keep it any more.
        recovery: The history of the last recovery, if it is known.
        fare: The row of its fare, also if another ride holds it now; empty if it does not exist.
        payment: Its row in the payments' ledger.
        account: Its row in the accounts' ledger.
        gateway: Which gateway it is paid through.
        book: The gateway's amounts for it, in minor units by operation.
        parked: The message of the recovery that parked the ride, if it is still in the queue.
    """

    saga_id: str
    run: Run | None
    recovery: Run | None
    fare: Row
    payment: Row | None
    account: Row | None
    gateway: str
    book: Mapping[str, int]
    parked: Parked | None

    @property
    def name(self) -> str:
        """Its execution's name."""
        return self.saga_id.rpartition(":")[2]

    @property
    def own_fare(self) -> Row:
        """The row of its fare; empty if another ride holds it now."""
        return self.fare if self.fare.get("sagaId") == self.saga_id else {}

    @property
    def is_parked(self) -> bool:
        """Whether a recovery has parked it for a person."""
        return self.parked is not None or "parkedAt" in self.own_fare

    @property
    def paid_minor(self) -> int:
        """The amount that the gateway has captured and not refunded."""
        return self.book.get("capture", 0) - self.book.get("refund", 0)


def read_ride(account: Account, outputs: Outputs, ride: str) -> RideReport:
    """Reads all facts about a ride; changes nothing. Raises `OperatorError` if the ride is unknown."""
    saga_id, rides = find_ride(account, outputs, ride), Rides(account, outputs)
    run = express_run(account, outputs, saga_id) if is_express(saga_id) else read_run(account, saga_id)
    fare = _fare(account, outputs, saga_id, run)
    parked = parked_rides(account, outputs["ParkedQueueUrl"]).get(saga_id)
    recovered_by = fare.get("recoveredBy") if fare.get("sagaId") == saga_id else None
    recovery_arn = recovered_by or (parked.recovery_arn if parked else None)
    payment = rides.row("PaymentsTableName", {"sagaId": saga_id})
    return RideReport(
        saga_id=saga_id,
        run=run,
        recovery=read_run(account, recovery_arn) if recovery_arn else None,
        fare=fare,
        payment=payment,
        account=rides.row("AccountsTableName", {"accountKey": f"saga#{saga_id}"}),
        gateway=rides.gateway.name,
        book=rides.gateway.book(saga_id, payment),
        parked=parked,
    )


def find_ride(account: Account, outputs: Outputs, ride: str) -> str:
    """Returns a ride's saga id, from the id or the execution's name; raises `OperatorError` if the ride is unknown.

    AWS keeps an execution for 90 days. An older ride is found by its row, or by its parked message.
    """
    starts = [
        *(outputs[one].replace(":stateMachine:", ":execution:") + ":" for one in RIDDEN),
        outputs[EXPRESS].replace(":stateMachine:", ":express:") + ":",
    ]
    given = next((start for start in starts if ride.startswith(start)), "")
    name = ride.removeprefix(given)
    if not _NAME.fullmatch(name):
        machines = " or ".join(outputs[one].rpartition(":")[2] for one in (*RIDDEN, EXPRESS))
        raise OperatorError(f"{ride!r} is not an execution of {machines}: give its ARN or its name")
    for saga_id in [start + name for start in ([given] if given else starts)]:
        known = express_run(account, outputs, saga_id) if is_express(saga_id) else describe(account, saga_id)
        if known or _left_traces(account, outputs, saga_id):
            return saga_id
    raise OperatorError(f"there is no ride {ride}: `make rides ALL=1` lists those that are not settled")


def _left_traces(account: Account, outputs: Outputs, saga_id: str) -> bool:
    return (
        Rides(account, outputs).row("PaymentsTableName", {"sagaId": saga_id}) is not None
        or saga_id in parked_rides(account, outputs["ParkedQueueUrl"])
        or any(scan_fares(account, outputs, "sagaId = :saga", saga=saga_id))
    )


def _fare(account: Account, outputs: Outputs, saga_id: str, run: Run | None) -> Row:
    fare_id = run.fare.get("fareId") if run else None
    if fare_id:
        return Rides(account, outputs).row("FaresTableName", {"fareId": fare_id}) or {}
    return next(scan_fares(account, outputs, "sagaId = :saga", saga=saga_id), {})

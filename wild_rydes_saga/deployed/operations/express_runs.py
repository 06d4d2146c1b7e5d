"""Reads a ride on Express from its row in the outcomes table: Step Functions knows nothing of its execution."""

from collections.abc import Mapping
from typing import Final

from lambda_src.fare import FARE_FIELDS
from lambda_src.fare_status import COMPLETED
from lambda_src.recovery.wiring import is_express
from lambda_src.recovery.work import open_ride as names
from wild_rydes_saga.deployed.account import Account
from wild_rydes_saga.deployed.operations.executions import Run
from wild_rydes_saga.deployed.rides import Rides
from wild_rydes_saga.deployed.stacks import Outputs

__all__ = ["express_run", "is_express"]

OPEN: Final = "open"
HANDED_OVER: Final = "handed over to the recovery"


def express_run(account: Account, outputs: Outputs, saga_id: str) -> Run | None:
    """What is known of a ride's execution; None if the ride has no row."""
    row = Rides(account, outputs).row("OutcomesTableName", {"sagaId": saga_id})
    if row is None:
        return None
    completed = row.get("fareStatus") == COMPLETED
    message = "NotifySuccess" if completed else "NotifyFailure"
    return Run(
        arn=saga_id,
        fare={name: str(row[name]) for name, rule in FARE_FIELDS.items() if rule.accepts(row.get(name))},
        status=_status(row),
        error=None if completed else row.get(names.ERROR),
        path=(),
        notified=(message,) if "fareStatus" in row else (),
        failures={},
    )


def _status(row: Mapping[str, object]) -> str:
    if row.get("fareStatus") == COMPLETED:
        return "SUCCEEDED"
    if names.HANDED_OVER_AT in row:
        return HANDED_OVER
    return "FAILED" if "fareStatus" in row else OPEN

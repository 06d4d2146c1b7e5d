"""The sweep: finds fares that stayed unsettled for longer than their saga can run, and starts their recovery."""

import hashlib
import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from aws_lambda_powertools import Logger, Metrics
from botocore.exceptions import ClientError

from lambda_src import dynamodb, environment
from lambda_src.errors import SweepIncomplete
from lambda_src.metric_names import Counted
from lambda_src.observability import count
from lambda_src.recovery.execution import iso_millis
from lambda_src.recovery.wiring import step_functions

logger = Logger()
metrics = Metrics()


@logger.inject_lambda_context(log_event=False, clear_state=True)
@metrics.log_metrics
def handler(event: dict[str, Any], context: Any) -> dict[str, int]:
    """Sweeps once; returns how many fares were `overdue`, and how many recoveries it `started` or found running."""
    del event, context
    swept = sweep()
    count(Counted.FARES_OVERDUE, swept["overdue"])
    logger.info("swept", overdue=swept["overdue"], started=swept["started"])
    return swept


def sweep() -> dict[str, int]:
    """Starts a recovery for each fare that is unsettled for too long and not parked.

    A recovery that it started and that still runs is not started again: its name
    is the saga's and the period in which it would run.

    Raises:
        SweepIncomplete: Some recoveries could not be started; all others were.
    """
    patience = int(environment.required(environment.UNSETTLED_AFTER_SECONDS))
    cutoff = iso_millis(datetime.now(UTC) - timedelta(seconds=patience))
    overdue = sorted(_unsettled_since(cutoff))
    outcomes = [_start(saga_id) for saga_id in overdue]
    if None in outcomes:
        raise SweepIncomplete(f"{outcomes.count(None)} of {len(overdue)} recoveries could not be started")
    return {"overdue": len(overdue), "started": outcomes.count(True)}


def _unsettled_since(cutoff: str) -> Iterator[str]:
    pages = dynamodb.client().get_paginator("scan")
    found = pages.paginate(
        TableName=environment.required(environment.FARES_TABLE),
        IndexName=environment.required(environment.UNSETTLED_INDEX),
        FilterExpression="unsettledSince < :cutoff",
        ExpressionAttributeValues=dynamodb.typed({":cutoff": cutoff}),
    )
    for page in found:
        for item in page["Items"]:
            yield str(dynamodb.untyped(item)["sagaId"])


def _start(saga_id: str) -> bool | None:
    """Starts a recovery; False if it was started before, None if it could not be."""
    period = int(time.time() // int(environment.required(environment.RECOVERY_PERIOD_SECONDS)))
    name = f"sweep-{hashlib.sha256(saga_id.encode()).hexdigest()[:40]}-{period}"
    try:
        step_functions().start_execution(
            stateMachineArn=environment.required(environment.RECOVERY_ARN),
            name=name,
            input=json.dumps({"executionArn": saga_id}),
        )
    except ClientError as error:
        if error.response["Error"]["Code"] == "ExecutionAlreadyExists":
            return False
        logger.warning("a recovery could not be started", saga_id=saga_id, error=error.response["Error"]["Code"])
        return None
    return True

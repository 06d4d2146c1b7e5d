"""Parks a ride that no recovery can finish: a message for a person, and marks that keep anything from being started."""

import json
from typing import Final

from aws_lambda_powertools import Logger

from lambda_src import dynamodb, environment, fare_status
from lambda_src.dynamodb import Refused
from lambda_src.metric_names import Counted
from lambda_src.moments import now
from lambda_src.observability import count
from lambda_src.recovery.wiring import sqs
from lambda_src.recovery.work.listed_ride import Work
from lambda_src.recovery.work.work_list import WorkList
from lambda_src.sdk import CALL_FAILED

logger = Logger()

_NEXT: Final = "see docs/runbook.md"


def park(ride: Work, work: WorkList, why: str) -> bool:
    """Parks a ride; returns whether it did.

    Guarantee: nothing is started for the ride any more, also if the message cannot be sent: then only the parking
    is tried again, and `ParkingFailed` is counted, which rings an alarm. The message may be sent more than once.
    """
    parked_at = now()
    message = {
        "sagaId": ride.saga_id,
        **({"fareId": ride.fare_id} if ride.fare_id else {}),
        "failure": {},
        "stillToDo": [],
        "trouble": {"state": "StartRecoveries", "error": "RecoveryFailed", "cause": f"{why}: {_NEXT}"},
        "recoveryArn": ride.recovery_arn,
        "parkedAt": parked_at,
    }
    try:
        sqs().send_message(QueueUrl=environment.required(environment.PARKED_QUEUE_URL), MessageBody=json.dumps(message))
    except CALL_FAILED as error:
        count(Counted.PARKING_FAILED)
        logger.warning("a ride could not be parked", saga_id=ride.saga_id, error=type(error).__name__)
        return False
    if ride.fare_id:
        mark_fare(ride.saga_id, ride.fare_id, parked_at)
    return work.park(ride)


def mark_fare(saga_id: str, fare_id: str, parked_at: str) -> None:
    """Takes the fare of a parked ride out of the index of unsettled fares, if it is still that saga's.

    The message is sent by now: where the fare cannot be marked, the ride is parked all the same.
    """
    try:
        dynamodb.update(
            TableName=environment.required(environment.FARES_TABLE),
            Key=dynamodb.typed({"fareId": fare_id}),
            UpdateExpression="SET parkedAt = :now REMOVE unsettledSince",
            ConditionExpression="sagaId = :saga AND fareStatus IN (:pending, :recovering)",
            ExpressionAttributeValues=dynamodb.typed(
                {
                    ":saga": saga_id,
                    ":now": parked_at,
                    ":pending": fare_status.PENDING,
                    ":recovering": fare_status.RECOVERING,
                }
            ),
        )
    except Refused:
        return
    except CALL_FAILED as error:
        count(Counted.PARKING_FAILED)
        logger.warning("a parked ride's fare stays unmarked", saga_id=saga_id, error=type(error).__name__)

"""StartRides: rides what callers put into the rides queue, on Express, and repeats a ride until it has an answer.

A message is a ride with a `paymentToken`. One with a card is deleted unread: it goes into no execution, log or error.
"""

import functools
import json
import re
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

from aws_lambda_powertools import Logger

from lambda_src import environment
from lambda_src.express.answer import is_answer
from lambda_src.fare import CARD_FIELDS, FARE_FIELDS, TOKEN
from lambda_src.metric_names import Counted
from lambda_src.observability import count, writes_metrics
from lambda_src.sdk import CALL_FAILED, make_client

NAME_ATTRIBUTE: Final = "RideName"
"""Message attribute: a name by which its sender may send the ride twice; without it, the message's own id."""
_NAME: Final = re.compile(r"[A-Za-z0-9_-]{1,80}")
_ANSWER_SECONDS: Final = 20
_AT_ONCE: Final = 10

logger = Logger()


@logger.inject_lambda_context(log_event=False, clear_state=True)
@writes_metrics
def handler(event: dict[str, Any], context: Any) -> dict[str, list[dict[str, str]]]:
    """Rides a batch of messages; answers with those that have to come again."""
    del context
    rides = [(record, ride) for record in event.get("Records", []) if (ride := _ride_in(record))]
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        answered = list(pool.map(lambda one: _has_answer(*one), rides))
    again = [record["messageId"] for (record, _), done in zip(rides, answered, strict=True) if not done]
    return {"batchItemFailures": [{"itemIdentifier": one} for one in again]}


@functools.cache
def step_functions() -> Any:
    """The one Step Functions client of this execution environment."""
    return make_client("stepfunctions", read_timeout_seconds=_ANSWER_SECONDS)


def _has_answer(record: Mapping[str, Any], ride: Mapping[str, Any]) -> bool:
    """Rides a message; returns whether nothing is left to do for it."""
    try:
        answer = step_functions().start_sync_execution(
            stateMachineArn=environment.required(environment.EXPRESS_ARN), name=_name_of(record), input=json.dumps(ride)
        )
    except CALL_FAILED as error:
        logger.warning("a ride comes again", message_id=record["messageId"], error=type(error).__name__)
        return False
    return is_answer(answer["status"], str(answer.get("error", "")))


def _ride_in(record: Mapping[str, Any]) -> dict[str, Any] | None:
    """The fields of the ride in a message; None, which is counted, if it has no token, or the fields of a card."""
    try:
        given = json.loads(record["body"])
    except (ValueError, RecursionError):
        given = None
    if not isinstance(given, dict) or TOKEN not in given or any(name in given for name in CARD_FIELDS):
        count(Counted.RIDES_UNREADABLE)
        logger.warning("a message without a token, or with a card, is deleted", message_id=record["messageId"])
        return None
    return {name: given[name] for name in (*FARE_FIELDS, TOKEN) if name in given}


def _name_of(record: Mapping[str, Any]) -> str:
    given = record.get("messageAttributes", {}).get(NAME_ATTRIBUTE, {}).get("stringValue", "")
    return given if _NAME.fullmatch(given) else str(record["messageId"])

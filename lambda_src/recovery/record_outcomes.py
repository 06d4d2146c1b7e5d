"""RecordOutcomes: notes in the outcomes table that the message of a ride that failed, or was refused, was sent.

A saga sends its message last, so the record proves that nothing is left to do.
"""

import json
from collections.abc import Mapping
from typing import Any

from aws_lambda_powertools import Logger, Metrics

from lambda_src.batches import Answer, for_each
from lambda_src.dynamodb import is_key
from lambda_src.metric_names import Counted
from lambda_src.observability import count
from lambda_src.recovery.wiring import work_list
from lambda_src.recovery.work_list import WorkList

logger = Logger()
metrics = Metrics()


@logger.inject_lambda_context(log_event=False, clear_state=True)
@metrics.log_metrics
def handler(event: dict[str, Any], context: Any) -> Answer:
    """Records a batch of messages; answers with those that have to come again."""
    del context
    records = work_list()
    return for_each(event, lambda body: _record(body, records), logger)


def _record(body: str, records: WorkList) -> None:
    message = _message(body)
    if message is None:
        count(Counted.MESSAGES_UNREADABLE)
        return
    records.record_sent(message["sagaId"], event_id=message["eventId"], fare_status=message["fareStatus"])


def _message(body: str) -> Mapping[str, str] | None:
    """A saga's message; None if it is something else: whoever may publish to the topic can publish anything."""
    try:
        message = json.loads(body)
        fields = {name: message[name] for name in ("sagaId", "eventId", "fareStatus")}
    except (ValueError, TypeError, KeyError, RecursionError):
        return None
    return fields if all(is_key(value) for value in fields.values()) else None

"""RecordOutcomes: notes in the outcomes table that the message of a ride that failed, or was refused, was sent.

A saga sends its message last, so the record means that nothing is left to do.
"""

import json
from collections.abc import Mapping
from typing import Any

from aws_lambda_powertools import Logger

from lambda_src.dynamodb import is_key
from lambda_src.metric_names import Counted
from lambda_src.observability import count, writes_metrics
from lambda_src.recovery.wiring import execution_machines, is_execution_of, work_list
from lambda_src.recovery.work.batches import Answer, for_each
from lambda_src.recovery.work.work_list import WorkList

logger = Logger()


@logger.inject_lambda_context(log_event=False, clear_state=True)
@writes_metrics
def handler(event: dict[str, Any], context: Any) -> Answer:
    """Records a batch of messages; answers with those that have to come again."""
    records = work_list()
    return for_each(event, lambda body: _record(body, records), logger, context)


def _record(body: str, records: WorkList) -> None:
    message = _message(body)
    if message is None:
        count(Counted.MESSAGES_UNREADABLE)
        return
    records.record_sent(message["sagaId"], event_id=message["eventId"], fare_status=message["fareStatus"])


def _message(body: str) -> Mapping[str, str] | None:
    """The message of an execution of these machines; None if it is something else.

    A publisher of the topic can publish anything, also in the name of a saga.
    """
    try:
        message = json.loads(body)
        fields = {name: message[name] for name in ("sagaId", "eventId", "fareStatus")}
    except (ValueError, TypeError, KeyError, RecursionError):
        return None
    is_ours = any(is_execution_of(machine, fields["sagaId"]) for machine in execution_machines())
    return fields if is_ours and all(is_key(value) for value in fields.values()) else None

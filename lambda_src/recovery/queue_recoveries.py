"""QueueRecoveries: puts executions that ended badly, and left something to do, on the list of rides to recover.

It asks the outcomes table alone: it makes no call of Step Functions.
"""

import json
from typing import Any

from aws_lambda_powertools import Logger

from lambda_src import environment
from lambda_src.dynamodb import is_key
from lambda_src.metric_names import Counted
from lambda_src.moments import at
from lambda_src.observability import count, writes_metrics
from lambda_src.recovery.wiring import execution_machines, is_execution_of, work_list
from lambda_src.recovery.work.batches import Answer, for_each
from lambda_src.recovery.work.work_list import EVENT, WorkList

logger = Logger()


@logger.inject_lambda_context(log_event=False, clear_state=True)
@writes_metrics
def handler(event: dict[str, Any], context: Any) -> Answer:
    """Sorts a batch of executions that ended badly; answers with the messages that have to come again."""
    records = work_list()
    named = [_arn(one["body"]) for one in event.get("Records", [])]
    known = records.known([arn for arn in named if arn])
    return for_each(event, lambda body: queue(_arn(body), known, records), logger, context)


def queue(saga_id: str | None, known: set[str], records: WorkList) -> None:
    """Puts an execution on the list unless its message was sent, or it is there already.

    It is due after the time that the record of its message may take: if that comes meanwhile, the row is done.
    """
    if saga_id is None:
        count(Counted.EVENTS_UNREADABLE)
    elif saga_id not in known:
        grace = int(environment.required(environment.RECOVERY_GRACE_SECONDS))
        if records.add(saga_id, found_by=EVENT, start_at=at(grace)):
            count(Counted.RIDES_TO_RECOVER)


def _arn(body: str) -> str | None:
    """The execution of these machines that a message names; None if it names none."""
    try:
        arn = json.loads(body)["executionArn"]
    except (ValueError, TypeError, KeyError, RecursionError):
        return None
    is_ours = is_key(arn) and any(is_execution_of(machine, arn) for machine in execution_machines())
    return str(arn) if is_ours else None

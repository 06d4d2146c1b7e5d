"""Works through a batch of SQS messages: only the messages that fail are received again."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from aws_lambda_powertools import Logger

from lambda_src.errors import Busy

Answer = dict[str, list[dict[str, str]]]
"""The messages to receive again (AWS, "Implementing partial batch responses")."""
_MARGIN_MILLIS: Final = 8_000


def for_each(event: Mapping[str, Any], do: Callable[[str], None], logger: Logger, context: Any) -> Answer:
    """Does the work of each message; returns the messages whose work failed, and logs their errors.

    When time runs out or AWS is busy, the remaining messages are returned too. If the function were stopped instead,
    AWS would send the entire batch again.
    """
    failed: list[str] = []
    go_on = True
    for record in event.get("Records", []):
        go_on = go_on and context.get_remaining_time_in_millis() > _MARGIN_MILLIS
        if not go_on:
            failed.append(record["messageId"])
            continue
        try:
            do(record["body"])
        except Exception as error:  # the failure of one message must not stop the others
            logger.warning("a message comes again", error=type(error).__name__)
            failed.append(record["messageId"])
            go_on = not isinstance(error, Busy)
    return {"batchItemFailures": [{"itemIdentifier": one} for one in failed]}

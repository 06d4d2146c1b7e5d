"""A batch of SQS messages: one that fails comes again, and keeps none of the others from being done."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from aws_lambda_powertools import Logger

from lambda_src.errors import Busy

Answer = dict[str, list[dict[str, str]]]
"""The messages that have to come again (AWS, "Implementing partial batch responses")."""
_MARGIN_MILLIS: Final = 8_000


def for_each(event: Mapping[str, Any], do: Callable[[str], None], logger: Logger, context: Any) -> Answer:
    """Hands each message's body on; a message whose work fails is in the answer, and its error in the log.

    Where time runs out, or AWS is busy, all that is left is in the answer as well: a function that is stopped would
    have its whole batch come again.
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
        except Exception as error:  # one message's failure is its own
            logger.warning("a message comes again", error=type(error).__name__)
            failed.append(record["messageId"])
            go_on = not isinstance(error, Busy)
    return {"batchItemFailures": [{"itemIdentifier": one} for one in failed]}

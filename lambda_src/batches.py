"""A batch of SQS messages: one that fails comes again, and keeps none of the others from being done."""

from collections.abc import Callable, Mapping
from typing import Any

from aws_lambda_powertools import Logger

Answer = dict[str, list[dict[str, str]]]
"""The messages that have to come again (AWS, "Implementing partial batch responses")."""


def for_each(event: Mapping[str, Any], do: Callable[[str], None], logger: Logger) -> Answer:
    """Hands each message's body on; a message whose work fails is in the answer, and its error in the log."""
    failed = []
    for record in event.get("Records", []):
        try:
            do(record["body"])
        except Exception as error:  # one message's failure is its own
            logger.warning("a message comes again", error=type(error).__name__)
            failed.append(record["messageId"])
    return {"batchItemFailures": [{"itemIdentifier": one} for one in failed]}

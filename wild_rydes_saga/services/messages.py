"""Text of messages as JSONata: whatever is in it, SNS and SQS accept it."""

from typing import Final

from lambda_src.text import NOT_CARRIED

_IN_ITS_PLACE: Final = r"\ufffd"
"""What Unicode has for a character that cannot be shown."""


def message_of(fields: str) -> str:
    """A JSONata expression for a message with an object's fields, as JSON.

    An error's name or cause, or the input of a recovery, may have characters that SQS refuses. JSON need not escape
    them all, and what is escaped differs from engine to engine.
    """
    return f"$replace($string({fields}), /{NOT_CARRIED}/, '{_IN_ITS_PLACE}')"

"""Which end of an Express execution is the answer to its ride."""

from typing import Final

_IN_DOUBT: Final = ("SagaInDoubt", "States.")
"""How the errors begin after which the ride is started again, under its name: it may have no row yet."""


def is_answer(status: str, error: str) -> bool:
    """Tells whether the end of an execution is its ride's answer. After any other end, the ride is started again.

    Args:
        status: The execution's status: `SUCCEEDED`, `FAILED` or `TIMED_OUT`.
        error: Its error, empty if there is none.
    """
    return status == "SUCCEEDED" or (status == "FAILED" and not error.startswith(_IN_DOUBT))

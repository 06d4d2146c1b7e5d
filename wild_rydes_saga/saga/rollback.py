"""The rollback that a saga and its recovery share: every compensation, newest first, and the settling at its end."""

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

from aws_cdk import aws_stepfunctions as sfn

from sagalint.plan import CleanFailure, SagaPlanError
from wild_rydes_saga.saga.retries import ANY_ERROR
from wild_rydes_saga.saga.step import SagaTask

FAILURE: Final = "failure"
"""Variable: the `step` that failed, its `error` and its `cause`."""
OUTCOME: Final = "outcome"
"""Variable: the outcome for the caller, a clean failure's `outcome` or `failed`."""
NOT_UNDONE: Final = "notUndone"
"""Variable: names of the compensations that gave up; empty if none did."""
_BACKSLASH: Final = r"\u005c"
"""For a regular expression: JSONata takes one before a bracket or a slash for its escape, even if it is escaped."""
# What JSON writes differently in a string: it, and itself, as JSONata's own strings. A backslash waits as NUL, which
# the text of JSON cannot have.
_ESCAPES: Final = (
    (r"\\\\", r"\u0000"),
    (r"\\\"", r"\""),
    (r"\\/", "/"),
    *((rf"\\{letter}", rf"\{letter}") for letter in "bfnrt"),
    (r"\u0000", r"\\"),
)
# No `.`: what it does not match differs from engine to engine.
_MESSAGE: Final = rf'"errorMessage": *"([^"{_BACKSLASH}]*(?:{_BACKSLASH}[^\u0000-\u001f][^"{_BACKSLASH}]*)*)'


def _unescaped(text: str) -> str:
    """A JSONata expression for a text of which another has the JSON; what JSON writes as a number stays so."""
    for escaped, itself in _ESCAPES:
        text = f"$replace({text}, '{escaped}', '{itself}')"
    return text


# A failed function's Cause is JSON with a stack trace: only its message is reported.
# A Cause may be missing (a timeout has none): joining an empty string makes it text.
READABLE_CAUSE: Final = (
    "($cause := '' & $states.errorOutput.Cause;"
    f" $message := $match($cause, /{_MESSAGE}/, 1);"
    f" $exists($message) ? {_unescaped('$message[0].groups[0]')} : $cause)"
)


def failure_of(state: str, failure: CleanFailure | None = None) -> dict[str, str]:
    """The value of `FAILURE` in a Catch of a state: of a clean failure, or of any other error."""
    return {
        "step": state,
        "error": (failure and failure.reported_as) or "{% $states.errorOutput.Error %}",
        "cause": (failure and failure.cause) or f"{{% {READABLE_CAUSE} %}}",
    }


def chain_rollback(
    compensations: Sequence[SagaTask],
    *,
    then: sfn.IChainable,
    gives_up: sfn.IChainable,
    noting: Mapping[str, Any] | None = None,
) -> None:
    """Chains the compensations newest first.

    A compensation that gives up is noted in `NOT_UNDONE` and passed. The first step's
    settles the saga, so it must refuse (`$assert`) when anything was noted; its
    `refusals` mean that it has nothing to settle.

    Args:
        compensations: In the order of their steps, so that the settling one comes first.
        then: The state after a complete rollback.
        gives_up: The state after an incomplete rollback.
        noting: More variables to assign when a compensation gives up.

    Raises:
        SagaPlanError: The settling one does not check the others.
    """
    following = then
    for position, compensation in enumerate(compensations):
        compensation.state.next(following)
        if position == 0:
            _refuse_blind_settling(compensation)
            if compensation.refusals:
                compensation.state.add_catch(then, errors=list(compensation.refusals), outputs={})
        compensation.state.add_catch(
            gives_up if position == 0 else following,
            errors=[ANY_ERROR],
            assign={NOT_UNDONE: f"{{% $append(${NOT_UNDONE}, ['{compensation.name}']) %}}", **(noting or {})},
            outputs={},
        )
        following = compensation.state


def _refuse_blind_settling(settling: SagaTask) -> None:
    if f"${NOT_UNDONE}" not in json.dumps(settling.state.to_state_json(), default=str):
        raise SagaPlanError(
            f"{settling.name} settles the saga without checking the other compensations: "
            f"let its arguments $assert that ${NOT_UNDONE} is empty"
        )

"""What every handler does around its work: one line of log with its metrics, and no card in it."""

import functools
import os
import re
import sys
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final, TypeVar

from aws_lambda_powertools import Metrics
from aws_lambda_powertools.metrics import MetricUnit
from botocore.exceptions import ClientError

from lambda_src import errors
from lambda_src.metric_names import Counted, errors_of

_GIVEN_CARDS: Final = ("Encrypt", "Decrypt")
"""Operations of the key, which are given cards or give them."""
_WHOLE_TRACE: Final = 1000
"""Frames of a stack trace: all there are."""
REDACTED: Final = "[card data]"
_TRACE: Final = re.compile(r"Root=([^;]+)")
_LIKE_A_CARD: Final = re.compile(r"[0-9](?:[ -]*[0-9]){11,18}")

_revealed: Final[list[str]] = []
"""Secrets that the running step has come to know."""

Answer = TypeVar("Answer", bound=Mapping[str, Any])
Step = Callable[[dict[str, Any]], Answer]
LambdaHandler = Callable[[dict[str, Any], Any], Answer]


def keep_secret(*values: str) -> None:
    """Lets none of the values out in the error of the step that runs: secrets that its event does not have."""
    _revealed.extend(values)


def writes_metrics(handler: LambdaHandler[Answer]) -> LambdaHandler[Answer]:
    """Lets a handler write what it counted, in one line, once it has ended; and nothing if it counted nothing.

    Powertools' own decorator logs a warning then: two lines without JSON, once in each execution environment.
    """
    metrics = Metrics()

    @functools.wraps(handler)
    def writing(event: dict[str, Any], context: Any) -> Answer:
        try:
            return handler(event, context)
        finally:
            if metrics.metric_set:
                metrics.flush_metrics()

    return writing


def count(metric: Counted, value: int = 1) -> None:
    """Counts something in the metrics of the step that runs; the only dimension is the service.

    Money in minor units (`...Minor`) is counted by the call that recorded its move, and left
    out if that call dies right after: for dashboards, while the ledgers are the truth.
    """
    Metrics().add_metric(name=metric.value, unit=MetricUnit.Count, value=value)


def saga_step(
    name: str, *, secret_fields: Iterable[str] = (), saga_id_field: str | None = "sagaId"
) -> Callable[[Step[Answer]], LambdaHandler[Answer]]:
    """Makes a Lambda handler of a step: its logs have the saga's id, its outcome is counted, its errors are clean.

    Guarantee: neither the event nor a value of its secret fields is logged or raised, nor what `keep_secret` was given.
    If there are secret fields, an error that is not our own is raised again under its
    own name, without its text. Our own keep their text without what looks like a secret.

    Args:
        name: The step's state name; prefixes its metrics.
        secret_fields: Fields of the event whose values must not come out.
        saga_id_field: Field of the event with the saga's id; None if it has none.
    """
    secrets = tuple(secret_fields)

    def decorate(step: Step[Answer]) -> LambdaHandler[Answer]:
        metrics = Metrics()

        @writes_metrics
        @functools.wraps(step)
        def handler(event: dict[str, Any], context: Any) -> Answer:
            _revealed.clear()
            for fact, value in _facts_of_call(event, context, saga_id_field).items():
                metrics.add_metadata(key=fact, value=value)
            try:
                result = step(event)
            except Exception as error:
                failure = error
            else:
                metrics.add_metric(name=f"{name}Done", unit=MetricUnit.Count, value=1)
                _log(metrics, "INFO", "step done", step=name)
                return result
            # Outside the except block: a stream that fails prints the exception being handled, card and all.
            _report(failure, name, metrics)
            raise _without_secrets(failure, event, secrets) from None

        return handler

    return decorate


def _facts_of_call(event: object, context: Any, saga_id_field: str | None) -> dict[str, str]:
    """The ids by which a call is found in the logs: its saga's, Lambda's and X-Ray's."""
    saga_id = event.get(saga_id_field) if isinstance(event, dict) and saga_id_field else None
    traced = _TRACE.match(os.environ.get("_X_AMZN_TRACE_ID", ""))
    return {
        **({"correlation_id": saga_id} if isinstance(saga_id, str) else {}),
        "function_request_id": str(getattr(context, "aws_request_id", "")),
        **({"xray_trace_id": traced[1]} if traced else {}),
    }


def _log(metrics: Metrics, level: str, message: str, **facts: object) -> None:
    """Writes the call's one line: its metrics have it beside them, for a line of its own costs as much as a write."""
    for fact, value in {"level": level, "message": message, **facts}.items():
        metrics.add_metadata(key=fact, value=value)


def _report(failure: Exception, step: str, metrics: Metrics) -> None:
    """Counts and logs a failure, without its text."""
    clean = isinstance(failure, errors.Refusal)
    metrics.add_metric(name=f"{step}Refused" if clean else errors_of(step), unit=MetricUnit.Count, value=1)
    _log(metrics, "WARNING", "step failed", step=step, error=type(failure).__name__, clean=clean)
    # Lambda puts the trace into its answer: a refusal is an answer, and says all in its message.
    sys.tracebacklimit = 0 if clean else _WHOLE_TRACE


def _without_secrets(error: Exception, event: object, secret_fields: tuple[str, ...]) -> Exception:
    if isinstance(error, (errors.InvalidFare, errors.InvalidCard)):
        return error  # these quote nothing, and their rules have digits of their own
    name, speaks = type(error).__name__, not secret_fields or _may_speak(error)
    text = _redacted(str(error), event, secret_fields) if speaks else f"{REDACTED} may be in its text"
    if text == str(error):
        return error
    same_name: type[Exception] = type(name, (Exception,), {})
    return same_name(text)


def _may_speak(error: Exception) -> bool:
    """Tells whether the text is our own, or DynamoDB's, which is never given the card; anybody else's may quote it."""
    if isinstance(error, ClientError):
        return error.operation_name not in _GIVEN_CARDS
    return type(error).__module__ == errors.__name__


def _redacted(text: str, event: object, secret_fields: tuple[str, ...]) -> str:
    given = [str(event[field]) for field in secret_fields if field in event] if isinstance(event, dict) else []
    for value in filter(None, [*given, *_revealed]):
        text = text.replace(value, REDACTED)
    return _LIKE_A_CARD.sub(REDACTED, text) if secret_fields else text

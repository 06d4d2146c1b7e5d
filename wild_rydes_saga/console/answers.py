"""What the console answers: JSON without card data, and an error with its fix, never a stack trace."""

import json
import logging
from collections.abc import Awaitable, Callable
from typing import Any, Final

from botocore.exceptions import BotoCoreError, ClientError
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from wild_rydes_saga.console.facts.redaction import redacted
from wild_rydes_saga.deployed.errors import OperatorError

Handler = Callable[[Request], Awaitable[Response]]

_THROTTLED: Final = ("ThrottlingException", "TooManyRequestsException", "RequestLimitExceeded", "Throttling")
_FORBIDDEN: Final = ("AccessDeniedException", "AccessDenied", "UnrecognizedClientException", "ExpiredTokenException")
logger: Final = logging.getLogger("console")


class Mistake(Exception):
    """The page sent something that cannot be done. Says why, and the fix."""


def answer(data: object, account_id: str = "", *, status: int = 200) -> Response:
    """An answer as JSON. Everything that is shown passes here, and card data does not."""
    text = json.dumps(redacted(data, account_id), ensure_ascii=False)
    return Response(text, status, media_type="application/json")


def unredacted_definition(data: object) -> Response:
    """An answer with a definition, which names the card's fields and is edited and sent back to the letter."""
    return Response(json.dumps(data, ensure_ascii=False), media_type="application/json")


def plainly(handler: Handler) -> Handler:
    """The handler, with each error as JSON that says what to do."""

    async def handle(request: Request) -> Response:
        try:
            return await handler(request)
        except Exception as error:
            status, text = in_words(error)
            return answer({"error": text}, status=status)

    return handle


def in_words(error: Exception) -> tuple[int, str]:
    """The HTTP status for an error, and what to do about it."""
    match error:
        case Mistake():
            return 400, str(error)
        case OperatorError():
            return 409, str(error)
        case ClientError():
            return _of_aws(error)
        case BotoCoreError() | OSError():
            return 503, "The stack does not answer. If `make up` has ended, start it again; on AWS, sign in again."
        case ClientDisconnect():
            return 400, "The request ended early. Reload the page."
    logger.error("%s", type(error).__name__, exc_info=error)
    return 500, f"The console failed ({type(error).__name__}). Reload the page; its log has the details."


def _of_aws(error: ClientError) -> tuple[int, str]:
    code, operation = error.response["Error"]["Code"], error.operation_name
    if code in _THROTTLED:
        return 429, "AWS is throttling. The console waits longer between reads; nothing is lost."
    if code in _FORBIDDEN:
        return 403, f"AWS refuses {operation} ({code}): sign in again, or ask for the right (docs/production.md)."
    return 400, f"AWS refuses {operation}: {code}: {error.response['Error'].get('Message', '')}"


async def given(request: Request) -> dict[str, Any]:
    """The JSON object that a change came with; raises `Mistake` if it is none."""
    try:
        body = json.loads(await request.body() or b"{}")
    except (ValueError, RecursionError):
        raise Mistake("The request is not JSON. Reload the page.") from None
    if not isinstance(body, dict):
        raise Mistake("The request is not a JSON object. Reload the page.")
    return body


def text_of(body: dict[str, Any], name: str) -> str:
    """A text field of a request; raises `Mistake` if it is missing."""
    value = body.get(name)
    if not isinstance(value, str):
        raise Mistake(f"The field {name} is missing. Reload the page.")
    return value

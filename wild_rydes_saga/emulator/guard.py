"""Stands in front of the emulator: it obeys those who have the local cloud's own access key, and no browser.

The emulator itself takes any request that reaches its port, and runs code that it is given. Without the guard, any
web page that is open in the user's browser, and any other user of the machine, could run code as the user.
"""

import hashlib
import json
from collections.abc import Awaitable, Callable, Collection, MutableMapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import parse_qs

from ministack.core import sigv4

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]
SecretOf = Callable[[str], str | None]

_HEX_DIGEST: Final = 64
_FORBIDDEN: Final = 403
_CLOSED: Final = 1008
"""WebSocket's code for a policy that was violated (RFC 6455)."""


@dataclass(frozen=True)
class Guard:
    """An ASGI application around the emulator's.

    Guarantee: a request reaches the emulator only if its Host is the local cloud's own, nothing in it is a
    browser's, and its signature (AWS Signature Version 4, in a header or a link) is made with a secret of the
    local cloud: its own access key's, or that of a session which it gave to somebody who had that key. This holds
    for every path, and no other protocol is let through.

    Attributes:
        app: The emulator.
        hosts: The values of Host that are its own.
        secret_of: Finds the secret of an access key, if the local cloud has given it.
    """

    app: App
    hosts: Collection[str]
    secret_of: SecretOf

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes a request on, or refuses it."""
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
        elif scope["type"] != "http":
            await send({"type": "websocket.close", "code": _CLOSED})
        elif wrong := self._wrong_sender(scope):
            await _refuse(send, wrong)
        else:
            body = await _body_of(receive)
            if wrong := self._wrong_signature(scope, body):
                await _refuse(send, wrong)
            else:
                await self.app(scope, _again(body, receive), _without_cors(send))

    def _wrong_sender(self, scope: Scope) -> str | None:
        headers = _headers_of(scope)
        if headers.get("host") not in self.hosts:
            return "its Host is not the local cloud's own"
        if (
            scope["method"] == "OPTIONS"
            or "origin" in headers
            or any(name.startswith("sec-fetch-") for name in headers)
        ):
            return "it comes from a browser"
        return None

    def _wrong_signature(self, scope: Scope, body: bytes) -> str | None:
        headers, query = _headers_of(scope), parse_qs(scope["query_string"].decode("latin-1"), keep_blank_values=True)
        presigned = "authorization" not in headers
        parsed = sigv4.parse_query_signature(query) if presigned else sigv4.parse_header_signature(headers)
        if isinstance(parsed, tuple) or parsed.region_set is not None:
            return "it is not signed with the local cloud's access key"
        secret = self.secret_of(parsed.access_key_id)
        if secret is None:
            return "it is signed with an access key that is not the local cloud's"
        digest = headers.get("x-amz-content-sha256", "")
        if len(digest) == _HEX_DIGEST and digest != hashlib.sha256(body).hexdigest():
            return "its body is not the one that was signed"
        if _too_old(parsed, query, presigned=presigned):
            return "its signature has expired"
        # A proxy that a test puts in front may pass its own Host on, or the emulator's: the caller signed either.
        signed = (
            not sigv4.header_signature_failure(
                parsed,
                secret,
                scope["method"],
                _path_of(scope),
                query,
                {**headers, "host": host},
                body,
                presigned=presigned,
            )
            for host in (headers["host"], *self.hosts)
        )
        return None if any(signed) else "its signature is wrong"


def _too_old(signature: sigv4.HeaderSignature, query: dict[str, list[str]], *, presigned: bool) -> bool:
    if not presigned:
        return sigv4.request_time_failure(signature) is not None
    try:
        return bool(sigv4.presigned_request_is_expired(signature.amz_date, query["X-Amz-Expires"][0]))
    except (KeyError, ValueError):
        return True


def _headers_of(scope: Scope) -> dict[str, str]:
    return {name.decode("latin-1").lower(): sigv4.decode_header_value(value) for name, value in scope["headers"]}


def _path_of(scope: Scope) -> str:
    raw: bytes = scope.get("raw_path") or scope["path"].encode()
    return raw.decode("latin-1").partition("?")[0]


async def _body_of(receive: Receive) -> bytes:
    parts = []
    while True:
        message = await receive()
        parts.append(message.get("body", b""))
        if not message.get("more_body"):
            return b"".join(parts)


def _again(body: bytes, receive: Receive) -> Receive:
    """Gives the body that was read for the signature once more, and then what follows."""
    given = False

    async def read() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return read


def _without_cors(send: Send) -> Send:
    """Leaves out what would let a page of another origin read the answer."""

    async def answer(message: Message) -> None:
        if message["type"] == "http.response.start":
            kept = [one for one in message.get("headers", []) if not one[0].lower().startswith(b"access-control-")]
            message = {**message, "headers": kept}
        await send(message)

    return answer


async def _refuse(send: Send, why: str) -> None:
    refusal = {"__type": "AccessDeniedException", "message": f"The local cloud refuses this request: {why}."}
    body = json.dumps(refusal).encode()
    headers = [(b"content-type", b"application/x-amz-json-1.0"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": _FORBIDDEN, "headers": headers})
    await send({"type": "http.response.body", "body": body})

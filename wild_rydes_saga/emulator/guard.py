"""Stands in front of the emulator: it obeys those who have the local cloud's own access key, and no browser.

The emulator itself takes any request that reaches its port, and runs code that it is given. Without the guard, any
web page that is open in the user's browser, and any other user of the machine, could run code as the user.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable, Collection, Mapping, MutableMapping
from dataclasses import dataclass
from typing import Any, Final

from wild_rydes_saga.emulator.signature import FindKey, Refused, Scope, headers_of, signed_request

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

_OF_BROWSERS: Final = ("origin", "sec-", "access-control-request-")
"""How the names of headers begin that browsers send, and no SDK of AWS."""
_VERSIONS: Final = ("1.0", "1.1")
"""Of HTTP. No SDK of AWS speaks HTTP/2 without TLS, and in it a request can name its host in two places."""
_LARGEST_BODY: Final = 70_167_211
"""In bytes: a function of 50 MB, the most that AWS takes directly, as base64 in JSON, and some room."""
_BODY_SECONDS: Final = 30
_FORBIDDEN: Final = 403
_CLOSED: Final = 1008
"""WebSocket's code for a policy that was violated (RFC 6455)."""


@dataclass(frozen=True)
class Guard:
    """An ASGI application around the emulator's.

    Guarantee: a request reaches the emulator only if its Host is the local cloud's own, nothing in it is a
    browser's, and its signature (AWS Signature Version 4, in a header or a link) is made with a secret of the
    local cloud: its own access key's, or that of a session which it gave to somebody who had that key. This holds
    for every path, and no other protocol is let through. The body is read only of a request whose headers are in
    order and name such a key, and only up to a limit.

    Attributes:
        app: The emulator.
        hosts: The values of Host that are its own.
        find_key: Finds an access key by its id, if the local cloud has given it.
    """

    app: App
    hosts: Collection[str]
    find_key: FindKey

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes a request on, or refuses it."""
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
        elif scope["type"] != "http":
            await send({"type": "websocket.close", "code": _CLOSED})
        else:
            try:
                body = await self._checked_body(scope, receive)
            except Refused as refused:
                await _refuse(scope, send, str(refused))
            else:
                if body is not None:
                    await self.app(scope, _again(body, receive), _without_cors(send))

    async def _checked_body(self, scope: Scope, receive: Receive) -> bytes | None:
        """The body of a request that may pass; None if the sender went away before its end."""
        headers = headers_of(scope)
        self._check_sender(scope, headers)
        request = signed_request(scope, headers)
        key = request.check_head(self.find_key)
        body = await _body_of(headers, receive)
        if body is not None:
            request.check_body(key, self.hosts, body)
        return body

    def _check_sender(self, scope: Scope, headers: Mapping[str, str]) -> None:
        if scope["http_version"] not in _VERSIONS:
            raise Refused("it is not HTTP/1.1")
        if headers.get("host") not in self.hosts:
            raise Refused("its Host is not the local cloud's own")
        if scope["method"] == "OPTIONS" or any(name.startswith(_OF_BROWSERS) for name in headers):
            raise Refused("it comes from a browser")


async def _body_of(headers: Mapping[str, str], receive: Receive) -> bytes | None:
    too_large = Refused(f"its body has more than {_LARGEST_BODY} bytes")
    if int(headers.get("content-length", "0")) > _LARGEST_BODY:
        raise too_large
    parts = bytearray()
    try:
        async with asyncio.timeout(_BODY_SECONDS):
            while True:
                message = await receive()
                if message["type"] != "http.request":
                    return None
                parts += message.get("body", b"")
                if len(parts) > _LARGEST_BODY:
                    raise too_large
                if not message.get("more_body"):
                    return bytes(parts)
    except TimeoutError:
        raise Refused(f"its body did not arrive within {_BODY_SECONDS} s") from None


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


async def _refuse(scope: Scope, send: Send, why: str) -> None:
    refusal = {"__type": "AccessDeniedException", "message": f"The local cloud refuses this request: {why}."}
    body = json.dumps(refusal).encode()
    headers = [(b"content-type", b"application/x-amz-json-1.0"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": _FORBIDDEN, "headers": headers})
    await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else body})

"""Stands in front of the console: it answers its own page, opened with the key that its start printed, and no other.

The key is in the fragment of that address, which a browser sends to nobody. The page's script keeps it for its own
origin and sends it in a header. There is no cookie: a browser sends cookies to every port of 127.0.0.1, and a foreign
page's request has none of the page's headers.
"""

import hmac
import json
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass, field
from typing import Any, Final

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

KEY_HEADER: Final = "x-console-key"
TARGET_HEADER: Final = "x-console-target"
"""Names the account and the stack that the page showed when a change was made."""
API: Final = "/api/"
_READS: Final = ("GET", "HEAD")
_METHODS: Final = (*_READS, "POST")
_VERSIONS: Final = ("1.0", "1.1")
_LARGEST_BODY: Final = 1_200_000
"""In bytes: a definition has 1 MB at most (AWS, "Step Functions service quotas")."""
_POLICY: Final = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self'",
        "connect-src 'self'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
        "form-action 'none'",
    )
)
HEADERS: Final = {
    "content-security-policy": _POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "x-frame-options": "DENY",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
    "cache-control": "no-store",
}
"""Sent with every answer."""
_REFUSED: Final = 403
_CLOSED: Final = 1008
"""WebSocket's code for a policy that was violated (RFC 6455)."""


class _Refused(Exception):
    """The request may not pass. Says why, and the fix."""


@dataclass(frozen=True)
class Guard:
    """An ASGI application around the console's.

    Guarantee: a request reaches the console only if its Host is the console's own, which no name that was rebound to
    127.0.0.1 is, and no other site's page sent it. Beyond the page's own files it also carries the key. A change
    carries it as JSON from the console's own origin, and names the account and stack that it is for.

    Attributes:
        app: The console.
        port: Where it listens.
        key: The key, new for each process.
        target: Returns what a change must name; see `Source.target`.
    """

    app: App
    port: int
    key: str = field(repr=False)
    target: Callable[[], str]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes a request on, or refuses it."""
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
        elif scope["type"] != "http":
            await send({"type": "websocket.close", "code": _CLOSED})
        else:
            try:
                self._check(scope)
            except _Refused as refused:
                await _refuse(_with_headers(send), str(refused))
            else:
                await self.app(scope, _limited(receive), _with_headers(send))

    def _check(self, scope: Scope) -> None:
        headers = _headers_of(scope)
        hosts = [f"127.0.0.1:{self.port}", f"localhost:{self.port}"]
        if scope["http_version"] not in _VERSIONS or scope["method"] not in _METHODS:
            raise _Refused("This is not a request of the console's page. Open the address that `make console` prints.")
        host = headers.get("host")
        if host not in hosts:
            raise _Refused("The address is not the console's own. Open the address that `make console` prints.")
        if headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
            raise _Refused("Another page sent this request. Open the address that `make console` prints.")
        if "origin" in headers and headers["origin"] != f"http://{host}":
            raise _Refused("Another page sent this request. Open the address that `make console` prints.")
        if not scope["path"].startswith(API):
            if scope["method"] not in _READS:
                raise _Refused("Nothing can be changed here.")
            return
        given = headers.get(KEY_HEADER, "").encode("latin-1", "replace")
        if not hmac.compare_digest(given, self.key.encode()):
            raise _Refused("The key is missing or old. Open the address that `make console` prints.")
        if scope["method"] not in _READS:
            self._check_change(headers)

    def _check_change(self, headers: dict[str, str]) -> None:
        if headers.get("content-type", "").partition(";")[0].strip() != "application/json":
            raise _Refused("A change is sent as JSON. Reload the page.")
        if "origin" not in headers:
            raise _Refused("A change names its origin. Use the console's page.")
        try:
            length = int(headers.get("content-length", "0"))
        except ValueError:
            length = _LARGEST_BODY + 1
        if length > _LARGEST_BODY:
            raise _Refused("The text is too long: a definition has 1 MB at most.")
        if headers.get(TARGET_HEADER) != self.target():
            raise _Refused("The change does not name the account and stack that the console shows. Reload the page.")


def _headers_of(scope: Scope) -> dict[str, str]:
    """The headers by name. One that comes twice is refused: two programs may read it in two ways."""
    found: dict[str, str] = {}
    for name, value in scope["headers"]:
        text = name.decode("latin-1").lower()
        if text in found:
            raise _Refused(f"The header {text} comes twice.")
        found[text] = value.decode("latin-1")
    return found


def _limited(receive: Receive) -> Receive:
    """Reads a body up to the limit; a longer one looks as if its sender had gone away."""
    read = 0

    async def limited() -> Message:
        nonlocal read
        message = await receive()
        read += len(message.get("body", b""))
        return message if read <= _LARGEST_BODY else {"type": "http.disconnect"}

    return limited


def _with_headers(send: Send) -> Send:
    async def answer(message: Message) -> None:
        if message["type"] == "http.response.start":
            added = [(name.encode(), value.encode()) for name, value in HEADERS.items()]
            kept = [one for one in message.get("headers", []) if one[0].lower().decode() not in HEADERS]
            message = {**message, "headers": [*kept, *added]}
        await send(message)

    return answer


async def _refuse(send: Send, why: str) -> None:
    body = json.dumps({"error": why}).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": _REFUSED, "headers": headers})
    await send({"type": "http.response.body", "body": body})

"""The double over HTTP, on 127.0.0.1 alone: `python -m wild_rydes_saga.emulator.stripe_double PORT`."""

import contextlib
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final
from urllib.parse import parse_qsl, urlsplit

from wild_rydes_saga.emulator.stripe_double.double import StripeDouble
from wild_rydes_saga.emulator.stripe_double.faults import Dropped
from wild_rydes_saga.emulator.stripe_double.objects import StripeError

HOST: Final = "127.0.0.1"
CONTROL: Final = "/_double/"
_MOST_BYTES: Final = 100_000
_UNAUTHORIZED: Final = StripeError(401, "invalid_request_error", "api_key_missing")
_FORBIDDEN: Final = StripeError(403, "invalid_request_error", "not_from_here")


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, port: int, double: StripeDouble) -> None:
        super().__init__((HOST, port), _Handler)
        self.double = double


class _Handler(BaseHTTPRequestHandler):
    """One request. A browser cannot ask: it sends an Origin, another Host, or no key."""

    protocol_version = "HTTP/1.1"
    server: _Server

    def do_GET(self) -> None:
        """A request that reads."""
        self._serve("GET")

    def do_POST(self) -> None:
        """A request that does something."""
        self._serve("POST")

    def log_message(self, format: str, *args: Any) -> None:  # its name in the base class
        """Logs nothing: a request may have anything in it."""

    def _serve(self, method: str) -> None:
        body = self.rfile.read(min(int(self.headers.get("Content-Length") or 0), _MOST_BYTES))
        replayed = False
        try:
            self._check_caller()
            url = urlsplit(self.path)
            if url.path.startswith(CONTROL):
                given = json.loads(body or b"{}")
                status, answer = 200, self.server.double.control(url.path.removeprefix(CONTROL), given)
            else:
                query = parse_qsl(url.query, keep_blank_values=True)
                form = parse_qsl(body.decode(), keep_blank_values=True)
                key = self.headers.get("Idempotency-Key") if method == "POST" else None
                answered = self.server.double.answer(method, url.path, [*query, *form], key)
                (status, answer), replayed = answered.reply, answered.replayed
        except StripeError as error:
            status, answer = error.status, error.body
        except Dropped:
            self.close_connection = True
            return
        self._send(status, answer, replayed=replayed)

    def _check_caller(self) -> None:
        port = self.server.server_address[1]
        if self.headers.get("Host") not in (f"{HOST}:{port}", f"localhost:{port}") or self.headers.get("Origin"):
            raise _FORBIDDEN
        if not self.server.double.knows(self.headers.get("Authorization", "")):
            raise _UNAUTHORIZED

    def _send(self, status: int, answer: dict[str, Any], *, replayed: bool) -> None:
        content = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        if replayed:
            self.send_header("Idempotent-Replayed", "true")
        self.end_headers()
        with contextlib.suppress(ConnectionError):
            self.wfile.write(content)


def serve(port: int, double: StripeDouble) -> None:
    """Serves the double until the process is ended."""
    with _Server(port, double) as server:
        server.serve_forever()


@contextlib.contextmanager
def serving(double: StripeDouble) -> Iterator[str]:
    """Serves the double on a free port for as long as the block lasts; yields where it answers."""
    with _Server(0, double) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        try:
            yield f"http://{HOST}:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()

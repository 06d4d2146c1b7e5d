"""How Stripe is reached: with its certificate checked, by one request, and without a word of it or of the key."""

import http.server
import json
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Final, NoReturn

import pytest
import stripe
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from lambda_src.errors import GatewayError, GatewayKeyRefused
from lambda_src.observability import saga_step
from lambda_src.payments.stripe import key as keys
from lambda_src.payments.stripe.api import StripeApi
from lambda_src.payments.stripe.gateway import StripeGateway
from lambda_src.payments.stripe.http import InTime
from lambda_src.payments.stripe.key import RestrictedKey
from tests.support.gateways.stripe_double import KnownKey, StripeSubject
from wild_rydes_saga.emulator.process import HOST
from wild_rydes_saga.emulator.stripe_double.faults import Fault

FOREIGN: Final = "/of-another-host"


sent: Final[list[set[str]]] = []
"""The names of the headers of each request to the last server."""


@pytest.fixture
def seen() -> list[str]:
    """The paths that a server was asked for."""
    return []


@contextmanager
def server(seen: list[str], answer: tuple[int, dict[str, str], bytes], tls: Path | None = None) -> Iterator[str]:
    """A server that answers every request in the same way; yields its address."""
    sent.clear()

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers.get("content-length", "0")))
            seen.append(self.path)
            sent.append({name.lower() for name in self.headers})
            status, headers, body = answer
            self.send_response(status)
            for name, value in {**headers, "Content-Length": str(len(body))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    made = http.server.ThreadingHTTPServer((HOST, 0), Handler)
    if tls:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(tls)
        made.socket = context.wrap_socket(made.socket, server_side=True)
    thread = threading.Thread(target=made.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"{'https' if tls else 'http'}://{HOST}:{made.server_port}"
    finally:
        made.shutdown()
        made.server_close()
        thread.join()


@pytest.fixture
def own_certificate(tmp_path: Path) -> Path:
    """A certificate for this machine that nobody but the server has signed, with its key."""
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, HOST)])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address(HOST))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    file = tmp_path / "server.pem"
    file.write_bytes(private + certificate.public_bytes(pem))
    return file


def test_a_server_that_is_not_stripes_gets_no_request(own_certificate: Path, seen: list[str]) -> None:
    with server(seen, (200, {}, b"{}"), own_certificate) as url, pytest.raises(stripe.APIConnectionError):
        InTime().request("post", f"{url}/v1/payment_intents", {"Authorization": "Bearer a-key"})
    assert seen == []


def test_no_redirect_is_followed_with_the_key(seen: list[str]) -> None:
    with server(seen, (307, {"Location": FOREIGN}, b"")) as url:
        _, status, _ = InTime().request("post", f"{url}/v1/payment_intents", {"Authorization": "Bearer a-key"})
    assert (status, seen) == (307, ["/v1/payment_intents"])


@pytest.mark.parametrize("status", [409, 429, 500, 503])
def test_an_error_is_not_asked_for_again_by_the_sdk(status: int, seen: list[str]) -> None:
    """The machine repeats the step: a repeat here would take the time of the calls that follow."""
    body = json.dumps({"error": {"type": "api_error", "message": "no"}}).encode()
    with server(seen, (status, {"Stripe-Should-Retry": "true"}, body)) as url, pytest.raises(Exception):  # noqa: B017, PT011
        StripeGateway(StripeApi(KnownKey("a-key"), url), "usd").prepare("saga", 2000)
    assert len(seen) == 1


def test_stripe_gets_no_telemetry(seen: list[str]) -> None:
    """The SDK would send how long the request before took, and what machine this is."""
    with server(seen, (200, {"Request-Id": "req_1"}, b'{"id": "pi_1", "object": "payment_intent"}')) as url:
        gateway = StripeGateway(StripeApi(KnownKey("a-key"), url), "usd")
        for _ in range(2):
            gateway.prepare("saga", 2000)
    assert len(sent) == 2
    assert not [name for names in sent for name in names if "telemetry" in name]


def test_no_error_of_a_step_quotes_the_key() -> None:
    def quoting(_: stripe.StripeClient) -> NoReturn:
        raise RuntimeError("Bearer a-key")

    @saga_step("Step")
    def step(_: dict[str, Any]) -> dict[str, str]:
        return StripeApi(KnownKey("a-key"), f"http://{HOST}:9").ask(quoting)

    with pytest.raises(Exception, match="Bearer") as raised:
        step({}, None)
    assert "a-key" not in str(raised.value)


def test_no_text_of_stripes_comes_out_as_a_code(stripe_double: StripeSubject) -> None:
    stripe_double.double.faults.set(Fault(".*", status=400, code="your card 4242 4242 4242 4242"))
    with pytest.raises(GatewayError) as refused:
        stripe_double.gateway.prepare("saga", 2000)
    assert "4242" not in str(refused.value)


def kept(text: str, monkeypatch: pytest.MonkeyPatch) -> RestrictedKey:
    """The key of a secret with this text."""
    secret = SimpleNamespace(get_secret_value=lambda **_: {"SecretString": text})
    monkeypatch.setattr(keys, "secrets_manager", lambda: secret)
    return RestrictedKey("secret")


@pytest.mark.parametrize("text", ["a-key\nof two lines", "a key", "ключ", "", '{"key": "a-key"}'], ids=range(5))
def test_what_no_header_can_carry_is_refused_and_not_quoted(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(GatewayKeyRefused) as refused:
        StripeGateway(StripeApi(kept(text, monkeypatch), "http://127.0.0.1:9"), "usd").prepare("saga", 2000)
    assert not text or text not in str(refused.value)


def test_a_line_break_around_the_key_in_its_secret_does_no_harm(monkeypatch: pytest.MonkeyPatch) -> None:
    assert kept(" a-key\n", monkeypatch).value() == "a-key"

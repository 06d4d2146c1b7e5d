"""Requests to the local cloud, from its owner and from strangers."""

import http.client
import re
import socket
from collections.abc import Mapping
from typing import Final

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from wild_rydes_saga.emulator import process as emulator
from wild_rydes_saga.emulator.access_key import REGION, AccessKey
from wild_rydes_saga.emulator.process import Emulator

REFUSED: Final = 403
FUNCTIONS: Final = "/2015-03-31/functions"
HEALTH: Final = "/_ministack/health"


def ask(
    cloud: Emulator, path: str, *, method: str = "GET", body: bytes = b"", headers: Mapping[str, str] | None = None
) -> http.client.HTTPResponse:
    connection = http.client.HTTPConnection(emulator.HOST, cloud.port, timeout=20)
    connection.request(method, path, body=body, headers=dict(headers or {}))
    answer = connection.getresponse()
    answer.read()
    connection.close()
    return answer


def signed(
    cloud: Emulator,
    path: str,
    key: AccessKey | None = None,
    *,
    method: str = "GET",
    body: bytes = b"",
    headers: Mapping[str, str] | None = None,
) -> dict[str, str]:
    """The headers of a request that is signed with a key, the cloud's own if None."""
    own = key or cloud.key
    request = AWSRequest(method=method, url=f"{cloud.endpoint_url}{path}", data=body, headers=dict(headers or {}))
    SigV4Auth(Credentials(own.key_id, own.secret), "lambda", REGION).add_auth(request)
    return dict(request.headers.items())


def send_raw(cloud: Emulator, *parts: bytes, seconds: float = 5) -> bytes:
    """Sends bytes unchanged; returns the answer until the cloud closes, or is silent for `seconds`."""
    received = b""
    with socket.create_connection((emulator.HOST, cloud.port), timeout=seconds) as connection:
        try:
            for part in parts:
                connection.sendall(part)
            while chunk := connection.recv(65536):
                received += chunk
        except (TimeoutError, ConnectionError):
            pass
    return received


def raw(target: str, headers: Mapping[str, str] | list[tuple[str, str]], method: str = "GET") -> bytes:
    """The head of a request over HTTP/1.1, byte by byte."""
    pairs = list(headers.items()) if isinstance(headers, Mapping) else headers
    lines = [f"{method} {target} HTTP/1.1", *(f"{name}: {value}" for name, value in pairs), "", ""]
    return "\r\n".join(lines).encode("latin-1")


def statuses(answer: bytes) -> list[int]:
    """The status of each answer in the received bytes."""
    return [int(code) for code in re.findall(rb"HTTP/1\.1 (\d{3})", answer)]

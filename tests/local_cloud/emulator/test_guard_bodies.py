"""A stranger's body is not read: a large one takes no memory, and a slow one blocks no other request."""

import http.client
import socket
import time
from pathlib import Path
from typing import Final

import pytest

from tests.local_cloud.emulator.outsiders import FUNCTIONS, REFUSED, raw, signed, statuses
from wild_rydes_saga.emulator import process as emulator
from wild_rydes_saga.emulator.access_key import AccessKey
from wild_rydes_saga.emulator.process import Emulator

MEGABYTE: Final = 1024 * 1024
SENT: Final = 300 * MEGABYTE
AT_MOST_GAINED: Final = 40 * MEGABYTE
TOO_LARGE: Final = 71 * 1000 * 1000


def reset_the_peak(cloud: Emulator) -> int:
    """Resets the peak of the emulator's memory; returns its current memory, in bytes."""
    Path(f"/proc/{cloud.pid}/clear_refs").write_text("5")
    return memory(cloud)


def memory(cloud: Emulator) -> int:
    """The peak of the emulator's memory since the last reset, in bytes."""
    [line] = [one for one in Path(f"/proc/{cloud.pid}/status").read_text().splitlines() if one.startswith("VmHWM")]
    return int(line.split()[1]) * 1024


def stranger(cloud: Emulator, who: str) -> dict[str, str]:
    """The headers of a stranger."""
    host = {"Host": f"{emulator.HOST}:{cloud.port}"}
    return {
        "without a signature": host,
        "with another key": {**host, **signed(cloud, FUNCTIONS, AccessKey("LOCAL0", "x"), method="POST")},
        "of another host": {**signed(cloud, FUNCTIONS, method="POST"), "Host": "evil.example"},
        "in a browser": {**host, **signed(cloud, FUNCTIONS, method="POST"), "Origin": "http://evil.example"},
    }[who]


STRANGERS = pytest.mark.parametrize(
    "who", ["without a signature", "with another key", "of another host", "in a browser"]
)


def push(cloud: Emulator, head: bytes, *, chunked: bool) -> bytes:
    """Sends a head, and then a large body until the cloud stops reading; returns the answer, if there is one."""
    block = b"x" * MEGABYTE
    part = b"%x\r\n%b\r\n" % (len(block), block) if chunked else block
    answer = b""
    with socket.create_connection((emulator.HOST, cloud.port), timeout=20) as connection:
        try:
            connection.sendall(head)
            for _ in range(SENT // MEGABYTE):
                connection.sendall(part)
            answer = connection.recv(65536)
        except (ConnectionError, TimeoutError):
            pass
    return answer


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="reads a process's memory as Linux shows it")
@pytest.mark.parametrize("chunked", [False, True], ids=["of a length", "in chunks"])
@STRANGERS
def test_a_strangers_large_body_takes_no_memory(running: Emulator, who: str, *, chunked: bool) -> None:
    before = reset_the_peak(running)
    length = {"Transfer-Encoding": "chunked"} if chunked else {"Content-Length": str(SENT)}
    push(running, raw(FUNCTIONS, {**stranger(running, who), **length}, "POST"), chunked=chunked)
    assert memory(running) - before < AT_MOST_GAINED


@STRANGERS
def test_a_stranger_is_refused_before_the_body_arrives(running: Emulator, who: str) -> None:
    """Without any body, the answer comes at once, and then the connection ends."""
    head = raw(FUNCTIONS, {**stranger(running, who), "Content-Length": "1000"}, "POST")
    with socket.create_connection((emulator.HOST, running.port), timeout=5) as connection:
        connection.sendall(head + b"{")
        received = b""
        while chunk := connection.recv(65536):
            received += chunk
    assert statuses(received) == [REFUSED]


def test_the_owners_body_is_refused_by_its_length_if_it_is_too_large(running: Emulator) -> None:
    headers = {"Host": f"{emulator.HOST}:{running.port}", **signed(running, FUNCTIONS, method="POST")}
    head = raw(FUNCTIONS, {**headers, "Content-Length": str(TOO_LARGE)}, "POST")
    with socket.create_connection((emulator.HOST, running.port), timeout=5) as connection:
        connection.sendall(head)
        assert statuses(connection.recv(65536)) == [REFUSED]


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="reads a process's memory as Linux shows it")
def test_a_body_of_no_known_length_is_read_up_to_the_limit(running: Emulator) -> None:
    """With the key's id but not its secret: the body is needed for the signature, up to the limit."""
    before = reset_the_peak(running)
    key = AccessKey(running.key.key_id, "wrong")
    headers = {"Host": f"{emulator.HOST}:{running.port}", **signed(running, FUNCTIONS, key, method="POST")}
    push(running, raw(FUNCTIONS, {**headers, "Transfer-Encoding": "chunked"}, "POST"), chunked=True)
    assert memory(running) - before < 200 * MEGABYTE


def test_a_slow_body_does_not_keep_the_owner_waiting(running: Emulator) -> None:
    key = AccessKey(running.key.key_id, "wrong")
    headers = {"Host": f"{emulator.HOST}:{running.port}", **signed(running, FUNCTIONS, key, method="POST")}
    slow = []
    try:
        for _ in range(50):
            connection = socket.create_connection((emulator.HOST, running.port), timeout=5)
            slow.append(connection)
            connection.sendall(raw(FUNCTIONS, {**headers, "Content-Length": "1000"}, "POST") + b"{")
        began = time.monotonic()
        mine = http.client.HTTPConnection(emulator.HOST, running.port, timeout=5)
        mine.request("GET", FUNCTIONS + "/", headers=signed(running, FUNCTIONS + "/"))
        assert mine.getresponse().status != REFUSED
        mine.close()
        assert time.monotonic() - began < 5
    finally:
        for connection in slow:
            connection.close()
